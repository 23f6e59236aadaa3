import Crypto
import Events
import Foundation
import Testing

@testable import Trail

/// What single entries and records say, read value by value.
struct TrailValuesTests {
  @Test(arguments: [
    ("oidc:ada", true), ("https://idp/ada", true), ("keyring", true), ("a key:1", true), ("governance", true),
    ("localhost", true), ("person:1", true), ("key:1", false), ("key:", false), ("governance:clock", false),
    ("governance:", false), ("local", false), ("", false),
  ])
  func `who is neither a key nor the service nor unknown is a person`(principal: String, isPerson: Bool) {
    #expect(AuditPerson.isPerson(principal) == isPerson)
  }

  /// The documented bytes, put together here a second time: what was sealed with others could not be verified any more.
  @Test func `a pseudonym, and what is left of a rewritten entry, are hashes of the documented bytes`() {
    let salt = [UInt8](repeating: 9, count: 16)
    let name = Array("regie.audit.person.v1".utf8) + salt + [0, 0, 0, 2, 0xC3, 0xA9]
    let pseudonym = AuditPerson(name: "é", salt: salt).pseudonym
    #expect(pseudonym == "person:" + HexText.encode(Array(SHA256.hash(data: name))))
    let entry = AuditEntry(
      id: 258, at: Timestamp(microseconds: 1_000_000), principal: "é", action: "", kind: "K", name: "n", body: [1],
      digest: [UInt8](repeating: 7, count: 32))
    var bytes = Array("regie.audit.remains.v1".utf8)
    bytes += [0, 0, 0, 0, 0, 0, 1, 2] + [0, 0, 0, 0, 0, 0x0F, 0x42, 0x40]
    bytes += [0, 0, 0, 2, 0xC3, 0xA9] + [0, 0, 0, 0] + [0, 0, 0, 1, 0x4B] + [0, 0, 0, 1, 0x6E] + entry.digest
    bytes += Array(SHA256.hash(data: [UInt8]([1])))
    #expect(AuditErasure.remains(of: entry) == Array(SHA256.hash(data: bytes)))
    let origin = AuditHead(position: 0, link: [UInt8](repeating: 0, count: 32))
    #expect(AuditHead.origin == origin)
  }

  @Test func `who did it is the name while it is known, and what the body says of them is read from it`() {
    var entry = Self.entry("person:1", #"{"reason":"r","roles":["a","b"],"traceparent":"00-1-2-01"}"#)
    #expect(entry.who == "person:1")
    entry.person = AuditPerson(name: "oidc:ada", salt: [])
    #expect(entry.who == "oidc:ada")
    let origin = entry.origin
    #expect(origin?.reason == "r" && origin?.roles == ["a", "b"] && origin?.traceparent == "00-1-2-01")
    entry.body = Array("{}".utf8)
    let none = entry.origin
    #expect(none != nil && none?.reason == nil && none?.roles == nil && none?.traceparent == nil)
    entry.body = Array("[".utf8)
    #expect(entry.origin == nil)
  }

  private static func entry(_ principal: String, kind: String = "Project", _ body: String) -> AuditEntry {
    var entry = Chain.entry(1)
    (entry.principal, entry.kind, entry.body) = (principal, kind, Array(body.utf8))
    return entry
  }

  /// The name as JSON writes it, as a whole; of an operator's entry nothing stays.
  @Test(arguments: [
    ("oidc:ada", "Project", #"{"by":"oidc:ada","to":"oidc:ada"}"#, #"{"by":"person:erased","to":"person:erased"}"#),
    ("https://idp/ada", "Project", #"{"principal":"https://idp/ada"}"#, #"{"principal":"person:erased"}"#),
    (#"a"b\c"#, "Project", #"{"principal":"a\"b\\c"}"#, #"{"principal":"person:erased"}"#),
    ("é", "Project", #"{"principal":"é"}"#, #"{"principal":"person:erased"}"#),
    ("oidc:ada", "Project", #"["oidc:adam","x oidc:ada","oidc:ada"]"#, #"["oidc:adam","x oidc:ada","person:erased"]"#),
    ("oidc:ada", "Operator", #"{"principal":"oidc:ada","detail":1}"#, "{}"),
  ])
  func `a name that was sealed in clear goes wherever it stands, and no other does`(
    name: String, kind: String, body: String, rest: String
  ) {
    let entry = Self.entry(name, kind: kind, body)
    var expected = entry
    (expected.principal, expected.body) = ("person:erased", Array(rest.utf8))
    #expect(AuditErasure.rewritten(entry) == expected)
  }

  @Test func `an entry that has no name in clear is not rewritten`() {
    let person = AuditPerson(name: "oidc:ada", salt: [1])
    var named = Self.entry("oidc:ada", "{}")
    named.person = person
    let others = [named] + ["key:1", "governance:clock", "local", "", person.pseudonym].map { Self.entry($0, "{}") }
    #expect(others.compactMap { AuditErasure.rewritten($0) } == [])
  }

  @Test(
    arguments: [
      ("names-erased", "AuditTrail", 3, 4, true), ("names-erased", "AuditTrail", 3, 3, true),
      ("names-erased", "AuditTrail", 4, 3, false), ("names-erased", "Project", 3, 4, false),
      ("changed", "AuditTrail", 3, 4, false),
    ] as [(String, String, Int64, Int64, Bool)])
  func `an entry of the rule's tells of an erasure, and no other does`(
    action: String, kind: String, from: Int64, to: Int64, isOne: Bool
  ) throws {
    let erasure = AuditErasure(
      from: from, to: to, before: Timestamp(microseconds: 1), days: 400, names: 2,
      rewritten: [.init(position: 3, remains: "00")])
    var entry = Self.entry("governance:clock", kind: kind, "")
    (entry.action, entry.body) = (action, try BusCodec.encode(["detail": erasure]))
    #expect(AuditErasure(entry) == (isOne ? erasure : nil))
    entry.body = Array("{}".utf8)
    #expect(AuditErasure(entry) == nil)
  }

  /// Sealed at position 10.
  private static func recovery(
    action: String = "recovered", kind: String = "Database",
    _ detail: String = #""epoch":1,"nextEpoch":2,"anchored":7"#, isSealed: Bool = true
  ) -> AuditRecovery? {
    var entry = Self.entry("oidc:ada", kind: kind, #"{"detail":{\#(detail)}}"#)
    entry.action = action
    if isSealed { entry.seal = AuditSeal(position: 10, previous: [], link: [], sealedAt: entry.at) }
    return AuditRecovery(entry)
  }

  @Test func `a sealed entry of a recovery that begins an epoch tells of one, and no other does`() throws {
    let told = try #require(Self.recovery())
    #expect(told.position == 10 && told.nextEpoch == 2 && told.kept == 7)
    #expect(Self.recovery(action: "changed") == nil)
    #expect(Self.recovery(kind: "Project") == nil)
    #expect(Self.recovery(isSealed: false) == nil)
    #expect(Self.recovery(#""epoch":2,"nextEpoch":2,"anchored":7"#) == nil)
    #expect(Self.recovery(#""epoch":3,"nextEpoch":2,"anchored":7"#) == nil)
    #expect(Self.recovery(#""nextEpoch":2,"anchored":7"#) == nil)
    // No further than what is before it, also where an earlier version does not say it.
    #expect(Self.recovery(#""epoch":1,"nextEpoch":2,"anchored":10"#)?.kept == 9)
    #expect(Self.recovery(#""epoch":1,"nextEpoch":2"#)?.kept == 9)
  }

  @Test(arguments: [(1, 7, false), (1, 8, true), (1, 6, false), (2, 8, false), (2, 7, false), (3, 100, false)])
  func `a recovery ends anchors of an earlier epoch beyond what was kept`(
    epoch: Int, position: Int, ends: Bool
  ) throws {
    let told = try #require(Self.recovery())
    let anchor = AuditAnchor(epoch: Int64(epoch), position: Int64(position), link: "", count: Int64(position))
    #expect(told.ends(anchor) == ends)
  }

  private static let anchorType = "fr.cloud-pi-native.regie.audit.anchor.v1"

  @Test func `a record is an anchor by its type, whatever else it carries`() {
    for (headers, isAnchor) in [
      (["ce_type", Self.anchorType], true), (["ce_id", "1", "ce_type", Self.anchorType], true),
      (["ce_id", Self.anchorType], false), (["ce_type", "fr.cloud-pi-native.regie.vote.v1"], false),
      (["ce_id", Self.anchorType, "ce_type", "x"], false), ([Self.anchorType, "ce_type"], false),
      (["x", "ce_type", Self.anchorType], false), (["ce_type"], false), ([], false),
    ] as [([String], Bool)] {
      #expect(AuditAnchorRecord(key: "k", headers: headers, payload: "{}").isAnchor == isAnchor, "\(headers)")
    }
  }

  @Test func `names and values of headers stand in turn, and a name without value is left out`() {
    let record = AuditAnchorRecord(key: "k", headers: ["a", "1", "b", "é", "c"], payload: "")
    #expect(record.pairs == [CloudEvent.Header("a", [49]), CloudEvent.Header("b", [0xC3, 0xA9])])
    #expect(AuditAnchorRecord(key: "k", headers: [], payload: "").pairs == [])
  }

  @Test func `a record is what an event becomes, and without keys says what its data say`() throws {
    let anchor = AuditAnchor(epoch: 1, position: 5, link: "ab", count: 5, pseudonymsFrom: 3)
    let event = CloudEvent(
      id: "1", source: "s", type: Self.anchorType, time: Timestamp(microseconds: 0), subject: "audit/1970-01-01",
      data: try BusCodec.encode(anchor))
    let record = AuditAnchorRecord(event)
    #expect(record.key == "audit/1970-01-01" && record.isAnchor && record.pairs == event.headers)
    #expect(Array(record.payload.utf8) == event.data)
    #expect(try record.anchor(verifier: nil) == anchor)
    #expect(throws: EventRejection.self) {
      try AuditAnchorRecord(key: "k", headers: [], payload: "{}").anchor(verifier: nil)
    }
  }

  @Test func `bytes are pairs of small hexadecimal digits, both ways`() {
    let bytes = Array(UInt8.min...UInt8.max)
    #expect(HexText.decode(HexText.encode(bytes)) == bytes)
    #expect(HexText.encode([0, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
    #expect(HexText.decode("000fa0ff") == [0, 0x0F, 0xA0, 0xFF])
    #expect(HexText.decode("") == [])
    for text in ["0", "000", "0A", "A0", "0g", "g0", "0x", " 0", "0 ", "é", "\\x00", "00/0", "00:0", "00`0"] {
      #expect(HexText.decode(text) == nil, "\(text)")
    }
  }

  @Test func `a trail is sound where nothing was found, whatever waits for its seal`() {
    var chain = Chain(3)
    func verification() -> AuditVerification {
      AuditVerification(
        chain.verified(), head: chain.head, anchoredPosition: 2, unsealed: 4, oldestUnsealedAge: .seconds(9))
    }
    let sound = verification()
    #expect(sound.isSound && sound.findings == [] && sound.entries == 3 && sound.head == chain.head)
    #expect(sound.anchoredPosition == 2 && sound.unsealed == 4 && sound.oldestUnsealedAge == .seconds(9))
    chain.entries[1].body = []
    let unsound = verification()
    #expect(!unsound.isSound && unsound.findings == [AuditFinding(.body, at: 2, id: 4)])
  }
}
