import Foundation
import Identity
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What is another's is neither written nor taken, whatever was known of it before the transaction.
struct OwnershipTests {
  private static let autre = Scope.own(operators: ["autre"], projects: [])
  private static let other: [AnyResource] = [
    .operator(Resource("autre", OperatorSpec(displayName: "Autre"))),
    .region(
      Resource(
        "sud",
        RegionSpec(
          operator: "autre", location: RegionSpec.Location(country: "FR"),
          dataCenters: [RegionSpec.DataCenter(name: "dc1")],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    zone("sud-usuel", region: "sud", slug: "sud"),
  ]

  private static func zone(_ name: String, region: String, slug: String) -> AnyResource {
    .zone(Resource(name, ZoneSpec(region: region, sensitivity: .usuel, slug: slug, chain: "forge")))
  }

  private func put(_ resources: [AnyResource], _ fixture: StoreFixture) async throws {
    for resource in resources { _ = try await fixture.store.put(resource, context: someone) }
  }

  private func refused(_ resource: AnyResource, by fixture: StoreFixture) async throws -> StoreError.Kind? {
    try await refusal {
      _ = try await fixture.store.put(resource, context: someone, within: Self.autre)
    }?.kind
  }

  @Test func `what is stored and what is written both have to be one's own`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await put(Self.other, fixture)
      let version = try await fixture.count("SELECT version FROM offer_state")
      let nord = try await fixture.store.get(.region, "nord")
      for resource in [
        Offered.cluster("nord-1", Offered.large, zone: "sud-usuel"), Offered.cluster("nord-1", Offered.large),
        Offered.cluster("nord-9", Offered.large), Offered.cluster("sud-9", Offered.large, zone: "nothing"),
        Self.zone("nord-usuel", region: "sud", slug: "nord"), Self.zone("nord-2", region: "nord", slug: "nord-2"), nord,
        .project(Offered.project("alpha")), .operator(Resource("autre", OperatorSpec(displayName: "A"))),
      ] {
        #expect(try await refused(resource, by: fixture) == .forbidden, "\(resource.label)")
      }
      for (kind, name) in [(Kind.cluster, "nord-1"), (.zone, "nord-usuel"), (.region, "nord"), (.project, "alpha")] {
        let error = try await refusal {
          try await fixture.store.delete(kind, name, context: someone, within: Self.autre)
        }
        #expect(error?.kind == .forbidden, "\(kind)")
      }
      #expect(try await fixture.count("SELECT version FROM offer_state") == version)
      #expect(try await refused(Offered.cluster("sud-1", Offered.large, zone: "sud-usuel"), by: fixture) == nil)
      try await fixture.store.delete(.cluster, "sud-1", context: someone, within: Self.autre)
    }
  }

  @Test func `that its data is of a class is asked of what is stored when a project that comes along is written`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let store = fixture.store
      // As if the console had said so since the team's wish was looked at.
      let known = Offered.project("alpha", dataClasses: ["public", "dr"])
      _ = try await store.put(.project(known), context: someone)
      var wish = PlacementRequest(project: Offered.project("alpha"))
      wish.keepsStanding = true
      func refused() async throws -> Bool {
        let error = try await refusal { _ = try await store.decide(wish, context: someone) }
        return error?.kind == .forbidden && error?.path == "spec.dataClasses"
      }
      #expect(try await refused())
      try await store.delete(.project, "alpha", context: someone)
      #expect(try await refused())
      let team = Scope.own(operators: [], projects: ["alpha"])
      let put = try await refusal {
        _ = try await store.put(.project(Offered.project("alpha")), context: someone, within: team)
      }
      #expect(put?.kind == .forbidden && put?.path == "spec.dataClasses")
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
      wish.keepsStanding = false
      #expect(try await store.decide(wish, context: someone).answer.plan.outcome == .placed)
    }
  }

  @Test func `one that another commits while the write waits is not taken`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await put(Self.other, fixture)
      let cluster = Offered.cluster("nord-9", Offered.large)
      try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
        try await fixture.pool.withTransaction { connection in
          try await connection.pipeline([
            StoreLocks.takeOffer(), try GovernanceStore.write(cluster, over: nil, uid: UUID()),
          ])
          group.addTask {
            try await self.refused(Offered.cluster("nord-9", Offered.large, zone: "sud-usuel"), by: fixture)
          }
          let waits = try await eventually {
            try await fixture.count(
              """
              SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
              WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted
              """) == 1
          }
          #expect(waits)
        }
        #expect(try await group.next() == .some(.forbidden))
      }
      #expect(try await fixture.store.get(.cluster, "nord-9").hasSameSpec(as: cluster))
    }
  }

  @Test func `who comes to a slug does not inherit what another placed under it`() async throws {
    try await StoreFixture.run { fixture in
      try await put(Array(Offered.base.prefix(3)) + Self.other, fixture)
      // Another had the slug before anything was placed under it: that gives no claim.
      try await put([Self.zone("sud-ancien", region: "sud", slug: "nord")], fixture)
      try await fixture.store.delete(.zone, "sud-ancien", context: someone)
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let removed = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      _ = try await fixture.store.apply(
        [fixture.observe(try #require(removed.first), sequence: 1)], topic: "t", zone: "nord")
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE removed_at IS NOT NULL") == 1)
      func problem(_ resource: AnyResource) async throws -> String? {
        let error = try await refusal { _ = try await fixture.store.put(resource, context: someone) }
        #expect(error == nil || error?.kind == .conflict)
        return error?.path
      }
      // With its zone it would go to another.
      #expect(try await problem(Self.zone("nord-usuel", region: "sud", slug: "nord")) == "spec.region")
      try await fixture.store.delete(.cluster, "nord-1", context: someone)
      try await fixture.store.delete(.zone, "nord-usuel", context: someone)
      #expect(try await problem(Self.zone("sud-nord", region: "sud", slug: "nord")) == "spec.slug")
      #expect(try await problem(Self.zone("sud-usuel", region: "sud", slug: "nord")) == "spec.slug")
      #expect(try await problem(Self.zone("sud-neuf", region: "sud", slug: "neuf")) == nil)
      // One's own past is one's own.
      #expect(try await problem(Self.zone("nord-neuf", region: "nord", slug: "nord")) == nil)
    }
  }
}
