import Crypto
import Events
import Foundation
import Model
import Reconciler
import Testing

struct DesiredFeedTests {
  let signer = EventSigner(Curve25519.Signing.PrivateKey())

  private func feed() throws -> DesiredFeed {
    DesiredFeed(zone: "z1", verifier: try EventVerifier(JSONWebKeySet([signer.publicKey])))
  }

  private func event(_ state: DesiredState, signer other: EventSigner? = nil) throws -> CloudEvent {
    try BusCodec.event(
      desired: state, signer: other ?? signer, source: "/regie", id: "1", time: Fixtures.start.after(1))
  }

  private func take(_ event: CloudEvent, _ feed: inout DesiredFeed, key: String? = nil) -> String {
    take(
      feed.take(
        key: Array((key ?? event.subject).utf8), headers: event.headers, value: event.data, now: Fixtures.start))
  }

  private func take(_ verdict: DesiredFeed.Verdict) -> String {
    switch verdict {
    case .newer(let state, let publishedAt): "newer \(state.version) \(publishedAt == Fixtures.start.after(1))"
    case .nothing: "nothing"
    case .repeated(let state): "repeated \(state.version)"
    case .zoneRecord: "zone's record"
    case .refused(let rejection): "refused \(rejection.reason.rawValue)"
    }
  }

  @Test func `only what is newer counts, in whatever order it comes`() throws {
    var feed = try feed()
    #expect(take(try event(Fixtures.desired(2)), &feed) == "newer 1.2 true")
    #expect(take(try event(Fixtures.desired(2)), &feed) == "repeated 1.2")
    #expect(take(try event(Fixtures.desired(1)), &feed) == "nothing")
    #expect(take(try event(Fixtures.desired(3)), &feed) == "newer 1.3 true")
    #expect(take(try event(Fixtures.desired(1, epoch: 2)), &feed) == "newer 2.1 true")
    #expect(take(try event(Fixtures.desired(9)), &feed) == "nothing")
    #expect(feed.refusedRecords == 0 && feed.lastRefusal == nil)
  }

  @Test func `what is older and stands after a newer state was played again, and is refused aloud`() throws {
    var feed = try feed()
    let (old, new) = (try event(Fixtures.desired(9)), try event(Fixtures.desired(1, epoch: 2)))
    func take(_ event: CloudEvent, _ offset: Int64, partition: Int32 = 0) -> String {
      self.take(
        feed.take(
          key: Array(event.subject.utf8), headers: event.headers, value: event.data,
          at: RecordPlace(partition: partition, offset: offset), now: Fixtures.start))
    }
    #expect(take(old, 3) == "newer 1.9 true" && take(new, 5) == "newer 2.1 true")
    #expect(feed.refusedRecords == 0)
    #expect(take(old, 6) == "refused replayed")
    #expect(feed.refusedRecords == 1 && feed.lastRefusal?.hasPrefix("replayed: version 1.9 of") == true)
    // The topic is read again from its start.
    #expect(take(old, 3) == "nothing" && take(new, 5) == "repeated 2.1" && take(old, 6) == "refused replayed")
    #expect(take(new, 8) == "repeated 2.1" && take(old, 7) == "nothing", "it was published once more")
    #expect(take(old, 9, partition: 1) == "nothing", "of two partitions nobody knows which was first")
    // Another topic of that name: its offsets say nothing about those before.
    _ = feed.note(.readingBegins, at: Fixtures.start)
    #expect(take(old, 9) == "nothing" && take(new, 10) == "repeated 2.1" && take(old, 11) == "refused replayed")
    // So does one whose partition begins anew under the reader, for what was read there.
    _ = feed.note(.partitionBegins(1), at: Fixtures.start)
    #expect(take(old, 12) == "refused replayed")
    _ = feed.note(.partitionBegins(0), at: Fixtures.start)
    #expect(take(old, 13) == "nothing")
  }

  @Test func `two contents of one version are refused`() throws {
    var feed = try feed()
    _ = take(try event(Fixtures.desired(2)), &feed)
    #expect(take(try event(Fixtures.desired(2, cpu: 99)), &feed) == "refused mismatch")
    #expect(feed.refusedRecords == 1 && feed.lastRefusal?.contains("1.2") == true)
  }

  @Test func `the same state in other bytes is no news, and is what the zone's record is compared with from then on`()
    throws
  {
    var feed = try feed()
    let state = Fixtures.desired(2)
    _ = take(try event(state), &feed)
    let rewritten = try rewritten(state)
    #expect(rewritten.data != (try event(state)).data)
    #expect(take(rewritten, &feed) == "repeated 1.2" && feed.refusedRecords == 0)
    var truth = DigestBook()
    truth.set(state.placement, version: state.version, content: ContentDigest(of: rewritten.data))
    #expect(feed.digests == truth.buckets)
    #expect(feed.knows(state.placement) && !feed.knows(UUID()))
  }

  @Test func `a tombstone means no information, and what was seen stays seen`() throws {
    var feed = try feed()
    let first = try event(Fixtures.desired(2))
    #expect(bury(first, &feed) == "nothing", "it is not known")
    _ = take(first, &feed)
    #expect(bury(first, &feed) == "refused mismatch", "it is not removed")
    #expect(feed.refusedRecords == 1 && feed.lastRefusal?.contains("tombstone") == true)
    #expect(take(feed.take(key: Array("?".utf8), headers: [], value: nil, now: Fixtures.start)) == "nothing")
    #expect(take(try event(Fixtures.desired(1)), &feed) == "nothing", "a replay after a tombstone")
    var removal = Fixtures.desired(3)
    (removal.phase, removal.notBefore) = (.removed, Fixtures.start)
    let last = try event(removal)
    _ = take(last, &feed)
    let before = feed.digests
    #expect(bury(last, &feed) == "nothing" && feed.digests == before && feed.knows(removal.placement))
    #expect(feed.takeForgotten().isEmpty, "no record of the zone says so")
    #expect(take(first, &feed) == "nothing")
  }

  /// As a later version of governance would write it: with a member that this one does not know.
  private func rewritten(_ state: DesiredState) throws -> CloudEvent {
    var members = try #require(
      try JSONSerialization.jsonObject(with: Data(BusCodec.encode(state))) as? [String: Any])
    members["later"] = true
    var event = try event(state)
    event.data = [UInt8](try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys]))
    event.extensions[BusCodec.signatureAttribute] = try signer.sign(event.data)
    return event
  }

  @Test func `what is read again before it was told as forgotten is known as what was read again`() throws {
    var feed = try feed()
    func take(_ event: CloudEvent, _ offset: Int64) -> String {
      self.take(
        feed.take(
          key: Array(event.subject.utf8), headers: event.headers, value: event.data,
          at: RecordPlace(partition: 0, offset: offset), now: Fixtures.start))
    }
    let removal = Fixtures.desired(3, phase: .removed, notBefore: Fixtures.start)
    let (old, last) = (try event(Fixtures.desired(2)), try event(removal))
    #expect(take(last, 0) == "newer 1.3 true")
    #expect(bury(last, &feed) == "nothing")
    _ = feed.note(.position(partition: 0, next: 2), at: Fixtures.start)
    _ = feed.note(.snapshotComplete, at: Fixtures.start)
    let record = ZoneRecord(
      zone: "z1", epoch: 1, sequence: 1, at: Fixtures.start, count: 0, offsets: [2], buckets: DigestBook().buckets)
    let word = try BusCodec.event(zone: record, signer: signer, source: "/regie", id: "2", time: Fixtures.start)
    #expect(take(word, 2) == "zone's record")
    #expect(!feed.knows(removal.placement))
    #expect(take(last, 3) == "newer 1.3 true", "it is as one that was never read")
    #expect(feed.takeForgotten() == [removal.placement])
    #expect(feed.takeForgotten().isEmpty, "once")
    #expect(take(old, 4) == "refused replayed")
    #expect(take(try rewritten(removal), 5) == "repeated 1.3")
  }

  private func bury(_ event: CloudEvent, _ feed: inout DesiredFeed) -> String {
    take(feed.take(key: Array(event.subject.utf8), headers: [], value: nil, now: Fixtures.start))
  }

  @Test func `records of other subjects are passed over, unknown ones are refused`() throws {
    var feed = try feed()
    let any = try event(Fixtures.desired(1))
    for key in ["cluster/c1", "agent/z1"] { #expect(take(any, &feed, key: key) == "nothing") }
    for key in ["zone/z1", "", "who/z1", "0", any.subject.uppercased()] {
      #expect(take(any, &feed, key: key) == "refused malformed")
    }
    #expect(
      take(feed.take(key: [0xFF, 0xFE], headers: any.headers, value: any.data, now: Fixtures.start))
        == "refused malformed")
    #expect(feed.refusedRecords == 6)
  }

  @Test func `what is forged, tampered with or misplaced is refused`() throws {
    let stranger = EventSigner(Curve25519.Signing.PrivateKey())
    let genuine = try event(Fixtures.desired(1))
    func changed(_ edit: (inout CloudEvent) -> Void) -> CloudEvent {
      var event = genuine
      edit(&event)
      return event
    }
    let other = UUID().uuidString.lowercased()
    let body = genuine.extensions["signature"]?.split(separator: ".").last.map(String.init) ?? ""
    func header(_ json: String) -> String { Data(json.utf8).base64EncodedString().filter { $0 != "=" } + ".." }
    let cases: [(String, CloudEvent, String?)] = [
      ("refused unknownKey", try event(Fixtures.desired(1), signer: stranger), nil),
      ("refused unsigned", changed { $0.extensions["signature"] = nil }, nil),
      ("refused badSignature", changed { $0.data += [0x20] }, nil),
      ("refused badSignature", changed { $0.extensions["signature"] = "a.b" }, nil),
      ("refused badSignature", changed { $0.extensions["signature"] = header(#"{"alg":"none","kid":"x"}"#) }, nil),
      (
        "refused badSignature",
        changed { $0.extensions["signature"] = header(#"{"alg":"HS256","kid":"\#(signer.keyID)"}"#) + body }, nil
      ),
      (
        "refused badSignature",
        changed {
          $0.extensions["signature"] = header(#"{"alg":"EdDSA","kid":"\#(signer.keyID)","crit":["b64"]}"#) + body
        },
        nil
      ),
      ("refused mismatch", genuine, other),
      ("refused mismatch", changed { $0.subject = other }, genuine.subject),
      ("refused mismatch", changed { $0.extensions["revision"] = "9" }, nil),
      ("refused mismatch", changed { $0.extensions["phase"] = nil }, nil),
      ("refused malformed", changed { $0.type = EventType.observed }, nil),
      ("refused malformed", changed { $0.data = [] }, nil),
      ("refused malformed", try event(Fixtures.desired(0)), nil),
      ("refused malformed", try event(Fixtures.desired(1, epoch: 0)), nil),
    ]
    var feed = try feed()
    for (verdict, event, key) in cases {
      let found = take(event, &feed, key: key)
      // Data that were changed no longer match their signature, whatever else is wrong with them.
      #expect(found == verdict || (event.data.isEmpty && found == "refused badSignature"), "\(verdict)")
    }
    var elsewhere = DesiredFeed(zone: "z2", verifier: try EventVerifier(JSONWebKeySet([signer.publicKey])))
    #expect(take(genuine, &elsewhere) == "refused wrongZone")
    #expect(feed.refusedRecords == Int64(cases.count))
    #expect(take(genuine, &feed) == "newer 1.1 true", "a refusal leaves no trace")
  }

  @Test func `signed data that are no state are refused`() throws {
    var feed = try feed()
    var event = try event(Fixtures.desired(1))
    for data in ["", "{}", "[", #"{"placement":1}"#] {
      event.data = Array(data.utf8)
      event.extensions["signature"] = try signer.sign(event.data)
      #expect(take(event, &feed) == "refused malformed")
    }
  }

  @Test func `garbage is refused and told in few words`() throws {
    var feed = try feed()
    var generator = SeededGenerator(7)
    let genuine = try event(Fixtures.desired(1))
    for _ in 0..<500 {
      var headers = genuine.headers
      let index = Int.random(in: 0..<headers.count, using: &generator)
      headers[index].value =
        generator.chance(10)
        ? nil
        : (0..<Int.random(in: 0..<3000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = feed.take(key: Array(genuine.subject.utf8), headers: headers, value: genuine.data, now: Fixtures.start)
      #expect((feed.lastRefusal?.count ?? 0) < 500)
    }
    #expect(feed.refusedRecords > 300, "seed 7")
  }

  @Test func `rotated keys are trusted from then on`() throws {
    var feed = try feed()
    let next = EventSigner(Curve25519.Signing.PrivateKey())
    let state = try event(Fixtures.desired(1), signer: next)
    var tampered = try event(Fixtures.desired(1))
    tampered.data += [0x20]
    let known = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    #expect(take(tampered, &feed) == "refused badSignature")
    #expect(feed.trust(known) == false, "it was not for want of a key")
    #expect(take(state, &feed) == "refused unknownKey")
    let isNews = feed.trust(known)
    #expect(isNews)
    #expect(feed.trust(known) == false, "nothing was refused since")
    #expect(take(state, &feed) == "refused unknownKey")
    let rotated = try EventVerifier(JSONWebKeySet([signer.publicKey, next.publicKey]))
    let isTrusted = feed.trust(rotated)
    #expect(isTrusted)
    #expect(take(state, &feed) == "newer 1.1 true")
  }
}
