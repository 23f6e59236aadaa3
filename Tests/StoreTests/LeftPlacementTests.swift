import Board
import Events
import Foundation
import Migration
import Model
import Postgres
import Testing

@testable import Store

/// A recovery that only gives what an earlier one has left its place.
@Suite(.timeLimit(.minutes(3)))
struct LeftPlacementTests {
  @Test func `what was left takes its place, and nothing is lost of what was voted and moved since`() async throws {
    try await MoveFixture.run { fixture in
      let store = fixture.store.store
      let mine = try #require(try await fixture.store.place("alpha").placements.first)
      var lost = mine.desiredState()
      lost.placement = UUID()
      let seen = BusEvidence.Seen(
        state: lost, content: ContentDigest(of: try BusCodec.encode(lost)), partition: 1, offset: 5)
      let evidence = [BusEvidence(zone: lost.zone, desired: [lost.placement: seen])]
      let first = try await store.recoveryPlan(evidence)
      #expect(first.isRestored && first.findings.map(\.kind) == ["NamespaceInUse"])
      _ = try await store.recover(evidence, agreedTo: first.digest, context: someone)
      let removal = try await store.remove(RemovalRequest(project: "alpha"), context: someone)
      let going = try #require(removal.placements.first)
      let report = fixture.store.observe(going, sequence: 1)
      #expect(try await store.apply([report], topic: "o", zone: lost.zone).removed == [mine.spec.id])

      for name in StoreFixture.operators { try await fixture.store.represent(name, by: [.init(subject: name)]) }
      _ = try await store.put(.policy(Resource("regie", StoreFixture.boardPolicy())), context: someone)
      let vote = try await fixture.store.propose(StoreFixture.boardPolicy(rules: ["nouvelle"])).proposal.id
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let before = try await fixture.move("prod", of: migration).move
      let deadline = try #require(try await store.proposal(vote).proposal.closesAt)
      #expect(before.standing != .paused && !before.wasRecovered)

      let second = try await store.recoveryPlan(evidence)
      #expect(!second.isRestored && second.mints && second.changes.map(\.action) == [.adopted])
      _ = try await store.recover(evidence, agreedTo: second.digest, context: someone)
      #expect(try await store.placement(lost.placement).spec.phase == .active)
      let after = try await fixture.move("prod", of: migration).move
      #expect(after.standing == before.standing && !after.wasRecovered)
      #expect(try await store.migration(migration.id).campaign.state != .paused)
      #expect(try await store.proposal(vote).proposal.closesAt == deadline)
      #expect(try await fixture.store.ledgerAddsUp())
    }
  }
}
