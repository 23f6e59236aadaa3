import Events
import Foundation
import Testing

/// Public facts are believed only as governance wrote them, under the key of what they are about.
struct PublicFactTests {
  private static let verifier = Result { try EventVerifier(JSONWebKeySet([Samples.signer.publicKey])) }

  private func event<Fact: PublicFact>(_ fact: Fact, key: String? = nil) throws -> CloudEvent {
    try BusCodec.event(
      fact: BusCodec.encode(fact), type: Fact.type, key: key ?? fact.key, signer: Samples.signer, source: "/",
      id: "1", time: Samples.moment)
  }

  private func read<Fact: PublicFact>(
    _ type: Fact.Type, _ event: CloudEvent, key: String? = nil, headers: [CloudEvent.Header]? = nil
  ) throws -> Fact {
    try BusCodec.fact(
      type, key: Array((key ?? event.subject).utf8), headers: headers ?? event.headers, data: event.data,
      verifier: try Self.verifier.get()
    ).fact
  }

  private func reason(_ body: () throws -> any PublicFact) -> EventRejection.Reason? {
    (#expect(throws: EventRejection.self) { try body() })?.reason
  }

  @Test func `what was written is read`() throws {
    #expect(try read(ProposalFact.self, try event(Samples.ratifiedProposal)) == Samples.ratifiedProposal)
    #expect(try read(VoteFact.self, try event(Samples.vote)) == Samples.vote)
    #expect(try read(CommentFact.self, try event(Samples.comment)) == Samples.comment)
    #expect(try read(PolicyVersionFact.self, try event(Samples.supersededVersion)) == Samples.supersededVersion)
    #expect(try read(FindingFact.self, try event(Samples.resolvedFinding)) == Samples.resolvedFinding)
    #expect(try read(OfferFact.self, try event(Samples.offer)) == Samples.offer)
    #expect(try read(EpochFact.self, try event(Samples.epoch)) == Samples.epoch)
  }

  @Test func `a fact is the same in another epoch, but for that`() throws {
    func restated<Fact: PublicFact>(_ fact: Fact) throws -> Fact {
      let data = try BusCodec.restate(fact: BusCodec.encode(fact), epoch: 9)
      let read = try JSONDecoder().decode(Fact.self, from: Data(data))
      #expect(read.epoch == 9 && read.key == fact.key && read.revision == fact.revision)
      // And back: nothing else of it is otherwise, to the byte.
      #expect(try BusCodec.restate(fact: data, epoch: fact.epoch) == BusCodec.encode(fact))
      return read
    }
    _ = try restated(Samples.ratifiedProposal)
    _ = try restated(Samples.vote)
    _ = try restated(Samples.comment)
    _ = try restated(Samples.supersededVersion)
    _ = try restated(Samples.resolvedFinding)
    _ = try restated(Samples.offer)
    _ = try restated(Samples.lateFlow)
    #expect(throws: DecodingError.self) { try BusCodec.restate(fact: Array("[1]".utf8), epoch: 9) }
  }

  @Test func `the same fact under the same identifier is the same record, however often it is signed`() throws {
    let (first, again) = (try event(Samples.openProposal), try event(Samples.openProposal))
    #expect(first.data == again.data && first.subject == again.subject && first.time == again.time)
  }

  @Test func `one without a signature, of another type, or under another key is refused`() throws {
    let event = try event(Samples.openFinding)
    let unsigned = event.headers.filter { $0.name != "ce_signature" }
    #expect(reason { try read(FindingFact.self, event, headers: unsigned) } == .unsigned)
    #expect(reason { try read(ProposalFact.self, event) } == .malformed)
    #expect(reason { try read(FindingFact.self, event, key: "finding/other") } == .mismatch)
    let otherSubject = try self.event(Samples.openFinding, key: "finding/other")
    #expect(reason { try read(FindingFact.self, otherSubject) } == .mismatch)
    var tampered = event
    tampered.data = try BusCodec.encode(Samples.resolvedFinding)
    #expect(reason { try read(FindingFact.self, tampered) } == .badSignature)
  }

  private static let samples: [any PublicFact] = [
    Samples.openProposal, Samples.ratifiedProposal, Samples.vote, Samples.comment, Samples.awaitedVersion,
    Samples.supersededVersion, Samples.openFinding, Samples.resolvedFinding, Samples.firstOffer, Samples.offer,
    Samples.epoch, Samples.openedFlow, Samples.lateFlow, Samples.migration, Samples.plannedMove, Samples.blockedMove,
  ]

  private static var types: [any PublicFact.Type] {
    [
      ProposalFact.self, VoteFact.self, CommentFact.self, PolicyVersionFact.self, FindingFact.self, OfferFact.self,
      EpochFact.self, FlowFact.self, MigrationFact.self, MoveFact.self,
    ]
  }

  /// Whether signed data are read as a type, under the header and the key that they would have as one.
  private func passes<Fact: PublicFact>(_ data: [UInt8], as type: Fact.Type) throws -> Bool {
    guard let told = try? JSONDecoder().decode(Fact.self, from: Data(data)) else { return false }
    let event = try BusCodec.event(
      fact: data, type: Fact.type, key: told.key, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    return (try? read(type, event)) != nil
  }

  @Test func `signed data pass for no other type than their own, also where they are of a later version`() throws {
    for sample in Self.samples {
      let own = type(of: sample).type
      let data = try BusCodec.encode(sample)
      let later: [UInt8] = Array(#"{"later":{"choice":"for"},"#.utf8) + data.dropFirst()
      for other in Self.types {
        let isRead = [try passes(data, as: other), try passes(later, as: other)]
        let isOwn = other.type == own
        #expect(isRead == [isOwn, isOwn], "\(own) as \(other.type)")
      }
      let anchor = try? JSONDecoder().decode(AuditAnchor.self, from: Data(data))
      #expect(anchor == nil, "\(own)")
    }
    let anchor = try BusCodec.encode(Samples.anchor)
    for other in Self.types {
      let isRead = try passes(anchor, as: other)
      #expect(!isRead, "\(other.type)")
    }
  }

  @Test func `a vote under the header and the key of a comment is refused for what it is`() throws {
    let data = try BusCodec.encode(Samples.vote)
    let key = CommentFact(epoch: 2, revision: 4, proposal: Samples.placement, operator: "dtnum", at: Samples.moment).key
    let event = try BusCodec.event(
      fact: data, type: CommentFact.type, key: key, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
    #expect(reason { try read(CommentFact.self, event) } == .mismatch)
  }

  @Test func `of what operators say there is a record for each operator, and for each comment`() throws {
    let proposal = Samples.placement.uuidString.lowercased()
    #expect(Samples.vote.key == "vote/\(proposal)/dtnum" && Samples.comment.key == "comment/\(proposal)/5")
  }

  @Test func `numbers that no state has are refused, signed or not`() throws {
    var fact = Samples.openProposal
    fact.revision = 0
    #expect(reason { try read(ProposalFact.self, try event(fact)) } == .malformed)
  }

  @Test func `a version and a finding never go back`() {
    #expect(PolicyVersionFact.State.allCases.map(\.revision) == [1, 2, 3, 3])
    #expect(Samples.openFinding.revision < Samples.resolvedFinding.revision)
    #expect(Samples.openFinding.state == .open && Samples.resolvedFinding.state == .resolved)
  }
}
