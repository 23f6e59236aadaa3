import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// A replica lives on one cluster. What is to be removed, and was not seen to go yet, must not come back beside it.
struct OneHomeTests {
  @Test func `a removal that is not observed is not called back while its replica lives elsewhere`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.twoRegions()
      let first = try #require(try await fixture.place("alpha").placements.first)
      #expect(first.spec.cluster == "nord-1")
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      try await fixture.region("nord", isOpen: false)
      let second = try #require(try await fixture.place("alpha").placements.first)
      #expect(second.spec.cluster == "sud-1")
      try await fixture.region("nord", isOpen: true)

      // The first cluster is as good as before: what lives elsewhere stays there all the same.
      let stays = try await fixture.place("alpha")
      #expect(!stays.changed && stays.pendingMoves.isEmpty)
      #expect(stays.placements == [second])

      // Where it may not stay, that is a move to make, and no second home.
      try await fixture.region("sud", isOpen: false)
      let moves = try await fixture.place("alpha")
      #expect(!moves.changed && moves.placements == [second])
      #expect(
        moves.pendingMoves == [
          DecisionOutcome.PendingMove(placement: second.spec.id, from: "sud-1", to: "nord-1")
        ])
      #expect(try await fixture.store.placement(first.spec.id).spec.phase == .removed)
      #expect(try await fixture.replicasWithTwoHomes() == 0)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a removal that is not observed is called back where its replica lives nowhere else`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.twoRegions()
      let first = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      try await fixture.region("nord", isOpen: false)
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      try await fixture.region("nord", isOpen: true)
      try await fixture.region("sud", isOpen: false)
      let again = try await fixture.place("alpha")
      #expect(again.placements.map(\.spec.id) == [first.spec.id])
      #expect(again.pendingMoves.isEmpty)
      #expect(try await fixture.replicasWithTwoHomes() == 0)
    }
  }

  /// As a version that called removals back without looking has left it.
  @Test func `a replica that has two homes already is told as a move`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.twoRegions()
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      try await fixture.region("nord", isOpen: false)
      let second = try #require(try await fixture.place("alpha").placements.first)
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET phase = 'active', not_before = NULL")
      }
      try await fixture.region("nord", isOpen: true)
      try await fixture.region("sud", isOpen: false)
      let outcome = try await fixture.place("alpha")
      #expect(
        outcome.pendingMoves == [
          DecisionOutcome.PendingMove(placement: second.spec.id, from: "sud-1", to: "nord-1")
        ])
    }
  }

  @Test func `what would have to move is not placed as planned, and stands in the way of all or nothing`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.twoRegions()
      _ = try await fixture.place("alpha")
      try await fixture.region("nord", isOpen: false)
      let bases = try await fixture.store.basis(of: ["alpha"])
      let answer = bases.engine.place(BatchRequest(projects: bases.requests, mayMove: true), on: bases.state)
      let planned = answer.placed.compactMap { entry in
        entry.plan.map { PlannedRequest(project: entry.project, plan: $0) }
      }
      #expect(planned.flatMap(\.places).map(\.cluster) == ["sud-1"])
      let decided = try await fixture.count("SELECT count(*) FROM decisions")
      await #expect(throws: TogetherRefusal.self) {
        _ = try await fixture.store.decideTogether(planned, allOrNothing: true, idempotencyKey: "all", context: someone)
      }
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == decided)
      // The same key has the same answer, whoever makes it.
      for isReplay in [false, true] {
        let outcome = try await fixture.store.decideTogether(
          planned, allOrNothing: false, idempotencyKey: "each", context: someone)
        let decision = try #require(outcome.decisions.first)
        #expect(decision.isReplay == isReplay && !decision.isAsPlanned)
        #expect(decision.pendingMoves.map(\.to) == ["sud-1"])
        #expect(decision.placements.map(\.spec.cluster) == ["nord-1"])
      }
    }
  }

  @Test func `whatever is decided, reserved, removed, seen, closed and opened, no replica has two homes`()
    async throws
  {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    for _ in 0..<4 {
      try await StoreFixture.run { fixture in
        try await fixture.twoRegions()
        var history: [String] = []
        for step in 1...40 {
          history.append(try await fixture.move(step, &dice))
          try #require(try await fixture.replicasWithTwoHomes() == 0, "seed \(seed): \(history)")
          try #require(try await fixture.ledgerAddsUp(), "seed \(seed): \(history)")
        }
      }
    }
  }
}

extension StoreFixture {
  /// Two regions with a cluster each, equally good; the first in the order of names is taken.
  fileprivate func twoRegions() async throws {
    try await offer()
    try await region("sud", isOpen: true)
    _ = try await store.put(
      .zone(Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge"))),
      context: someone)
    _ = try await store.put(
      .chain(
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: [.usuel, .restricted], regions: ["nord", "sud"],
            audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))), context: someone)
    _ = try await store.put(Offered.cluster("sud-1", Offered.large, zone: "sud-usuel"), context: someone)
  }

  /// Opens or closes a region.
  fileprivate func region(_ name: String, isOpen: Bool) async throws {
    _ = try await store.put(
      .region(
        Resource(
          name,
          RegionSpec(
            operator: "dtnum", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
            audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases),
            state: isOpen ? .open : .closed))), context: someone)
  }

  /// How many replicas have more than one placement that is not to be removed.
  fileprivate func replicasWithTwoHomes() async throws -> Int64 {
    try await count(
      """
      SELECT count(*) FROM (
        SELECT FROM placements WHERE removed_at IS NULL AND phase <> 'removed'
        GROUP BY project, environment, replica HAVING count(*) > 1) AS doubled
      """)
  }

  /// One random step, on one project.
  fileprivate func move(_ step: Int, _ dice: inout Dice) async throws -> String {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0, 1:
      let cpu = Int64.random(in: 1...4, using: &dice)
      _ = try await refusal {
        _ = try await place("alpha", quota: Offered.quota(cpu: cpu), environments: ["prod", "dev"])
      }
      return "decide \(cpu)"
    case 2:
      let environments = [[], ["prod"], ["dev"]].randomElement(using: &dice) ?? []
      _ = try await refusal {
        _ = try await store.remove(RemovalRequest(project: "alpha", environments: environments), context: someone)
      }
      return "remove \(environments)"
    case 3:
      guard let seen = try await store.placements().items.randomElement(using: &dice) else { return "see nothing" }
      let report = observe(seen, incarnation: Int64(step), sequence: 1)
      _ = try await store.apply([report], topic: "t", zone: seen.spec.zone)
      return "see \(seen.spec.environment) on \(seen.spec.cluster)"
    case 4:
      let confirms = Bool.random(using: &dice)
      _ = try await refusal {
        let reservation = try await store.reserve(
          PlacementRequest(project: Offered.project("alpha", environments: ["prod", "dev"])), ttl: .seconds(600),
          context: someone
        ).reservation
        guard let reservation else { return }
        let environments = Set(reservation.placements.map(\.spec.environment)).sorted()
        if try await refusal({ if confirms { try await confirm(reservation, .fresh(environments)) } }) != nil
          || !confirms
        {
          _ = try await store.cancel(reservation: reservation.id, context: someone)
        }
      }
      return "reserve, \(confirms ? "confirm" : "cancel")"
    default:
      let (name, isOpen) = (["nord", "sud"].randomElement(using: &dice) ?? "nord", Bool.random(using: &dice))
      try await region(name, isOpen: isOpen)
      return "\(isOpen ? "open" : "close") \(name)"
    }
  }
}
