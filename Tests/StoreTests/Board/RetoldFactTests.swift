import Events
import Foundation
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// What is told again after a recovery, while what was told before it is on its way still.
struct RetoldFactTests {
  private static func recover(_ fixture: StoreFixture) async throws {
    try await fixture.store.suspend(because: "the bus is ahead", comparedIn: 1)
    let evidence = BusEvidence(
      zone: "nord", desired: [:],
      record: ZoneRecord(
        zone: "nord", epoch: 1, sequence: 1, at: Timestamp(microseconds: 1), count: 0, offsets: [], buckets: []))
    let plan = try await fixture.store.recoveryPlan([evidence])
    _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, despiteUnverified: true, context: someone)
  }

  private static func acks(_ claims: [FactClaim]) -> [FactAck] {
    claims.map { FactAck(of: $0, partition: 0, offset: $0.id) }
  }

  /// Publishes all that waits; what was claimed last of each thing.
  private static func publishAll(_ fixture: StoreFixture) async throws -> [String: FactClaim] {
    var last: [String: FactClaim] = [:]
    while true {
      let claims = try await fixture.store.claimFacts(limit: 1000)
      guard !claims.isEmpty else { return last }
      for claim in claims { last[claim.key] = claim }
      try await fixture.store.markPublished(facts: acks(claims))
    }
  }

  @Test func `an acknowledgement of what was sent before a recovery is none of what is told after it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let store = fixture.store
      let sent = try await store.claimFacts(limit: 1000)
      #expect(!sent.isEmpty)
      try await Self.recover(fixture)
      #expect(try await store.markPublished(facts: Self.acks(sent)) == 0)
      let again = try await store.claimFacts(limit: 1000)
      #expect(Set(again.map(\.key)).isSuperset(of: sent.map(\.key)), "each is to be told as of the new epoch")
      #expect(Set(again.map(\.event)).isDisjoint(with: sent.map(\.event)))
    }
  }

  @Test func `what is acknowledged late may lie over what was told after the recovery, which is told once more`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let old = try await Self.publishAll(fixture)
      try await Self.recover(fixture)
      let new = try await Self.publishAll(fixture)
      let (key, sent) = try #require(old.first { $0.key != "epoch" })
      let told = try #require(new[key])
      #expect(told.id == sent.id && told.event != sent.event)
      #expect(try await fixture.store.markPublished(facts: Self.acks([told])) == 0, "nothing lies over itself")
      #expect(try await fixture.store.markPublished(facts: Self.acks([sent])) == 1)
      #expect(try await fixture.store.claimFacts(limit: 1000).map(\.event) == [told.event])
    }
  }

  @Test func `a recovery waits for who comments on a proposal before it has the epoch for itself`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.propose(StoreFixture.boardPolicy(rules: ["autre"]))
      try await fixture.pool.withConnection { commenter in
        try await commenter.script("BEGIN; SELECT FROM policy_proposals FOR UPDATE")
        async let recovery: Void = Self.recover(fixture)
        let waits = try await eventually { try await fixture.waiting() == 1 }
        #expect(waits)
        let isFree = (try? await commenter.query("SELECT epoch FROM epoch FOR SHARE NOWAIT")) != nil
        #expect(isFree, "each waits for the other")
        try await commenter.script("ROLLBACK")
        try await recovery
      }
      #expect(try await fixture.store.epoch() == 2)
    }
  }

  @Test func `what was about to be sent before a recovery is waited out after it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await Self.publishAll(fixture)
      #expect(try await fixture.store.factsMayBeInFlight(within: .seconds(60)) == false)
      try await Self.recover(fixture)
      #expect(try await fixture.store.factsMayBeInFlight(within: .seconds(60)))
    }
  }
}
