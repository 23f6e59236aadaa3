import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// A database that is older than the bus, and how it is brought up to it.
struct RecoveryTests {
  private func evidence(_ claims: [OutboxClaim], sequence: Int64 = 7) throws -> BusEvidence {
    let seen = try claims.map {
      BusEvidence.Seen(
        state: $0.state, content: ContentDigest(of: try BusCodec.encode($0.state)), partition: 1, offset: 5)
    }
    return BusEvidence(
      zone: "nord", desired: Dictionary(uniqueKeysWithValues: seen.map { ($0.state.placement, $0) }),
      record: ZoneRecord(
        zone: "nord", epoch: 1, sequence: sequence, at: Timestamp(microseconds: 1), count: claims.count, offsets: [],
        buckets: []))
  }

  private func claims(_ fixture: StoreFixture) async throws -> [OutboxClaim] {
    let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
    return try await fixture.store.claimOutbox(term: lease.term, limit: 1000)
  }

  @Test func `while suspended nothing is decided or claimed, no plea is used up, and reports are still stored`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let alpha = try #require(try await fixture.place("alpha").placements.first)
      #expect(try await fixture.store.suspension() == nil)
      try await fixture.store.suspend(because: "the bus is ahead")
      try await fixture.store.suspend(because: "once more")
      #expect(try await fixture.store.suspension()?.because == "the bus is ahead")
      #expect(try await fixture.store.counts().suspension?.because == "the bus is ahead")

      await #expect(throws: PostgresError.self) { _ = try await fixture.place("beta") }
      await #expect(throws: PostgresError.self) {
        _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      }
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      #expect(try await fixture.store.claimOutbox(term: lease.term, limit: 10).isEmpty)
      let plea = UUID()
      let asked = [Heartbeats.record(zone: "nord", sequence: 1, plea: plea), fixture.observe(alpha, sequence: 2)]
      let result = try await fixture.store.apply(asked, topic: "t", zone: "nord")
      #expect(result.applied == [alpha.spec.id] && result.republished == 0)
      #expect(try await fixture.count("SELECT count(*) FROM republications") == 0)
    }
  }

  @Test func `a database that knows nothing of it adopts all that the bus holds, and goes on above`() async throws {
    var published: [OutboxClaim] = []
    try await StoreFixture.run { lost in
      try await lost.offer()
      _ = try await lost.place("alpha")
      _ = try await lost.place("alpha", quota: Offered.quota(cpu: 4))
      _ = try await lost.place("beta", environments: ["dev", "prod"])
      published = try await claims(lost)
    }
    #expect(published.count == 3)
    let evidence = try evidence(published)
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.store.suspend(because: "the bus is ahead")
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.changes.map(\.action) == [.adopted, .adopted, .adopted] && plan.nextEpoch == 2)
      #expect(
        try await refusal { _ = try await fixture.store.recover([evidence], agreedTo: "?", context: someone) }?
          .kind == .conflict)
      #expect(try await fixture.store.suspension() != nil, "what was refused changes nothing")

      let done = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(done.digest == plan.digest)
      #expect(try await fixture.store.epoch() == 2)
      #expect(try await fixture.store.suspension() == nil)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.count("SELECT committed_cpu FROM capacity_ledger") == 8000)
      #expect(try await fixture.count("SELECT sequence FROM zone_records WHERE zone = 'nord'") == 7)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'recovered'") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE recovered_at IS NOT NULL") == 3)
      let again = try await claims(fixture).map(\.state)
      #expect(Set(again.map(\.placement)) == Set(published.map(\.state.placement)))
      for state in again {
        let before = try #require(published.first { $0.state.placement == state.placement }).state
        #expect(state.epoch == 2 && state.revision == before.revision + 1)
        #expect(state.quota == before.quota && state.namespace == before.namespace && state.phase == before.phase)
      }
      // The same wish finds what was adopted, and another one changes it.
      #expect(try await fixture.place("alpha", quota: Offered.quota(cpu: 4)).changed == false)
      let next = try #require(try await fixture.place("alpha", quota: Offered.quota(cpu: 5)).placements.first)
      #expect(next.spec.epoch == 2 && next.spec.revision == 4)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.store.recoveryPlan([try self.evidence([])]).signs.isEmpty)
    }
  }

  @Test func `recovery ends the relay's term, so that the next one compares again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let evidence = try evidence(try await fixture.store.claimOutbox(term: lease.term, limit: 10))
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(!plan.signs.isEmpty && plan.changes.isEmpty && plan.unchanged == 1)
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      let ended = try await refusal { _ = try await fixture.store.claimOutbox(term: lease.term, limit: 10) }
      #expect(ended?.kind == .leaseLost)
      #expect(try await fixture.store.publishedStates().map(\.offset) == [5], "what stands is known to be published")
    }
  }

  @Test func `buckets that an agent asks for are published whole, and no others`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var placements: [PlacementRecord] = []
      for number in 0..<8 { placements += try await fixture.place("p\(number)").placements }
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: lease.term, limit: 100)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })
      let wanted = Set(placements.prefix(2).map { DigestBook.bucket(of: $0.spec.id) })
      let plea = UUID()
      let expected = Set(placements.map(\.spec.id).filter { wanted.contains(DigestBook.bucket(of: $0)) })
      #expect(
        try await fixture.store.requestRepublication(
          zone: "nord", request: plea, reason: "differs", buckets: wanted.sorted()) == expected.count)
      #expect(
        try await fixture.store.requestRepublication(
          zone: "nord", request: plea, reason: "differs", buckets: wanted.sorted()) == 0)
      let states = try await fixture.store.claimOutbox(term: lease.term, limit: 100).map(\.state.placement)
      #expect(Set(states) == expected)
    }
  }

  @Test func `what the bus took is noted with its digest, and nothing older comes over it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      func publish(at offset: Int64) async throws -> OutboxAck {
        let claim = try #require(try await fixture.store.claimOutbox(term: lease.term, limit: 10).first)
        return OutboxAck(
          ids: claim.ids, topic: "t", partition: 2, offset: offset,
          state: PublishedState(
            placement: claim.state.placement, zone: claim.state.zone, version: claim.state.version,
            content: ContentDigest(of: try BusCodec.encode(claim.state)), partition: 2, offset: offset))
      }
      let first = try await publish(at: 3)
      try await fixture.store.markPublished([first])
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 4))
      let second = try await publish(at: 4)
      try await fixture.store.markPublished([second])
      #expect(try await fixture.store.publishedStates() == [try #require(second.state)])
      try await fixture.store.markPublished([first])
      #expect(try await fixture.store.publishedStates() == [try #require(second.state)])
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
      // As an earlier version of the program would leave it.
      _ = try await fixture.count("DELETE FROM published_states RETURNING 1::bigint")
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 1)
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
    }
  }

  @Test func `each record of a zone has a number of its own, and none is given under an ended term`() async throws {
    try await StoreFixture.run { fixture in
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      for sequence: Int64 in 1...3 {
        let number = try #require(try await fixture.store.numberZoneRecords(["nord"], term: lease.term).first)
        #expect(number.sequence == sequence && number.epoch == 1 && number.zone == "nord")
      }
      _ = try await fixture.store.acquireRelayLease(holder: "b", backendPID: 1)
      let ended = try await refusal { _ = try await fixture.store.numberZoneRecords(["nord"], term: lease.term) }
      #expect(ended?.kind == .leaseLost)
      #expect(try await fixture.store.account(of: "nord").sequence == 3)
    }
  }
}
