import Foundation
import Model
import Placement
import Postgres
import Store
import Testing

/// A decision moves nothing: what is new is only written where it holds beside what stands.
struct BesideTests {
  /// What ties `prod`, which stands, to `dev`, which is new and fits on `big` only.
  enum Tie: CaseIterable {
    case spread, colocation, chain
  }

  /// `big` and `small` are in two data centres, and under two chains where that is what it is about.
  private func offer(_ fixture: StoreFixture, _ tie: Tie) async throws {
    let chain = ChainSpec(
      displayName: "Atelier", sensitivities: [.usuel], regions: ["nord"],
      audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))
    let zone = ZoneSpec(
      region: "nord", sensitivity: .usuel, slug: "atelier", chain: tie == .chain ? "atelier" : "forge")
    let small = ResourceList(cpu: Quantity(4), memory: Quantity("64Gi"), pods: Quantity("1000"))
    for resource in Offered.base + [
      .chain(Resource("atelier", chain)), .zone(Resource("nord-atelier", zone)), Offered.cluster("big", Offered.large),
      cluster("small", in: "dc2", small, zone: "nord-atelier"),
    ] {
      _ = try await fixture.store.put(resource, context: someone)
    }
  }

  private func cluster(
    _ name: String, in dataCenter: String, _ capacity: ResourceList, zone: String = "nord-usuel",
    state: RegionSpec.State = .open
  ) -> AnyResource {
    .cluster(
      Resource(
        name,
        ClusterSpec(
          zone: zone, dataCenters: [dataCenter], stages: ["dev", "prod"], capacity: capacity, state: state)))
  }

  private func project(_ name: String, _ tie: Tie, cpu: Int64 = 20) -> Resource<ProjectSpec> {
    var project = Offered.project(name, environments: ["prod", "dev"])
    project.spec.environments[1].quota = Offered.quota(cpu: cpu)
    switch tie {
    case .spread: project.spec.spread = [.init(topology: .dataCenter)]
    case .colocation: project.spec.colocation = [.init(topology: .dataCenter)]
    case .chain: break
    }
    project.spec.preferences.weighted = [
      .init(
        weight: 10,
        target: LabelSelector(matchExpressions: [
          .init(key: "cluster.name", operator: .in, values: [tie == .spread ? "big" : "small"])
        ]))
    ]
    return project
  }

  @Test(arguments: Tie.allCases)
  func `what needs a move is refused and writes nothing, however it is asked and however often`(_ tie: Tie) async throws
  {
    try await StoreFixture.run { fixture in
      try await offer(fixture, tie)
      let wanted = project("shop", tie)
      var first = wanted
      first.spec.environments.removeLast()
      let placed = try await fixture.store.decide(PlacementRequest(project: first), context: someone)
      #expect(placed.placements.map(\.spec.cluster) == [tie == .spread ? "big" : "small"])
      let reservations = try await fixture.count("SELECT count(*) FROM reservations")

      func expectRefused(_ outcome: DecisionOutcome) async throws {
        #expect(!outcome.decision.placed && !outcome.changed && outcome.pendingMoves.isEmpty)
        let reasons = outcome.answer.plan.reasons
        #expect(reasons.map(\.code) == [.moveNeeded])
        #expect(reasons.first?.parameters["environment"] == "prod")
        #expect(reasons.first?.parameters["to"] == (tie == .spread ? "small" : "big"))
        #expect(outcome.reservation == nil)
        #expect(try await fixture.count("SELECT count(*) FROM placements") == 1)
        #expect(try await fixture.count("SELECT count(*) FROM reservations") == reservations)
      }
      for _ in 0..<2 {
        try await expectRefused(try await fixture.store.decide(PlacementRequest(project: wanted), context: someone))
        try await expectRefused(
          try await fixture.store.reserve(PlacementRequest(project: wanted), ttl: .seconds(600), context: someone))
        let each = try await fixture.store.decideTogether(
          [PlannedRequest(PlacementRequest(project: wanted), places: [])], allOrNothing: false, context: someone)
        let decision = try #require(try each.entries.first?.result.get())
        #expect(!decision.decision.placed && !decision.changed && !decision.isAsPlanned)
      }
      try await expectRefused(
        try await fixture.store.decide(PlacementRequest(project: "shop"), idempotencyKey: "k", context: someone))
      #expect(try await fixture.ledgerAddsUp())
      try await fixture.expectAllReplay()
    }
  }

  @Test func `what has to leave is told, and what is new goes apart from where it stands, for as long as it does`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await offer(fixture, .spread)
      let beside = cluster("beside", in: "dc1", Offered.large)
      let large = cluster("small", in: "dc2", Offered.large, zone: "nord-atelier")
      var first = project("shop", .spread, cpu: 4)
      let wanted = first
      first.spec.environments.removeLast()
      _ = try await fixture.store.decide(PlacementRequest(project: first), context: someone)
      for resource in [beside, large, cluster("big", in: "dc1", Offered.large, state: .closed)] {
        _ = try await fixture.store.put(resource, context: someone)
      }
      for round in 0..<2 {
        let outcome = try await fixture.store.decide(PlacementRequest(project: wanted), context: someone)
        #expect(outcome.decision.placed && outcome.changed == (round == 0))
        #expect(outcome.pendingMoves.map(\.from) == ["big"] && outcome.pendingMoves.map(\.to) == ["beside"])
        #expect(
          Set(outcome.placements.map { "\($0.spec.environment) \($0.spec.cluster)" }) == ["prod big", "dev small"])
      }
    }
  }
}
