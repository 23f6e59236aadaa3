import Foundation
import Logging
import Model
import Postgres
import ServiceLifecycle
import Store
import TestSupport
import Testing
import Trail

@testable import Server

struct ReservationExpiryServiceTests {
  @Test func `it sleeps until the next reservation expires, within bounds`() {
    #expect(ReservationExpiryService.waits.wait(next: nil) == .seconds(60))
    #expect(ReservationExpiryService.waits.wait(next: .seconds(600)) == .seconds(60))
    #expect(ReservationExpiryService.waits.wait(next: .seconds(7)) == .seconds(7))
    #expect(ReservationExpiryService.waits.wait(next: .zero) == .milliseconds(100))
  }

  /// The instances find nothing to wait for when they start: only the notification tells them of the reservation.
  @Test(.timeLimit(.minutes(3)))
  func `several instances release what expires while they sleep, once`() async throws {
    try await ExpiryFixture.run { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          let service = ReservationExpiryService(
            store: fixture.store, database: fixture.configuration, logger: ExpiryFixture.quiet)
          group.addTask { try await service.run() }
        }
        try await fixture.waitForListeners(3)
        let reservation = try await fixture.reserve("vigie", ttl: .seconds(1))
        let longer = try await fixture.reserve("phare", ttl: .seconds(600))
        while try await fixture.store.reservation(reservation.id).placements.contains(where: { $0.removedAt == nil }) {
          try await Task.sleep(for: .milliseconds(20))
        }
        group.cancelAll()
        try await group.waitForAll()
        #expect(try await fixture.store.reservation(reservation.id).state == .expired)
        #expect(try await fixture.store.reservation(longer.id).state == .pending)
        #expect(try await fixture.store.capacity().map(\.committed.cpu) == [2000])
        let entries = try await fixture.store.auditEntries().items.filter { $0.action == "expired" }
        #expect(entries.map(\.name) == [reservation.id.uuidString.lowercased()])
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what expired while no instance ran is released at the start`() async throws {
    try await ExpiryFixture.run { fixture in
      let reservation = try await fixture.reserve("vigie", ttl: .seconds(1))
      while try await fixture.store.reservation(reservation.id).state != .expired {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(try await fixture.store.capacity().map(\.committed.cpu) == [2000])
      let service = ReservationExpiryService(
        store: fixture.store, database: fixture.configuration, logger: ExpiryFixture.quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        while try await fixture.store.capacity().contains(where: { $0.committed.cpu > 0 }) {
          try await Task.sleep(for: .milliseconds(20))
        }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }
}

/// A store with a small offer, on a database of its own.
private struct ExpiryFixture: Sendable {
  static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
  static let someone = RequestContext(principal: "test:someone")

  let store: GovernanceStore
  let pool: PostgresPool
  let configuration: PostgresConfiguration

  static func run(_ body: (ExpiryFixture) async throws -> Void) async throws {
    let server = try await PostgresServer.shared()
    let template = try await server.template("expiry") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: quiet)
    }
    let configuration = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: quiet)
      for resource in offer { _ = try await store.put(resource, context: someone) }
      try await body(ExpiryFixture(store: store, pool: pool, configuration: configuration))
    }
  }

  func reserve(_ name: String, ttl: Duration) async throws -> ReservationRecord {
    let quota = ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"), pods: Quantity("10"))
    let project = Resource(
      name,
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["public"],
        environments: [ProjectSpec.Environment(name: "prod", stage: "prod", quota: quota)]))
    let outcome = try await store.reserve(PlacementRequest(project: project), ttl: ttl, context: Self.someone)
    return try #require(outcome.reservation)
  }

  /// Until so many connections have sent their `LISTEN`.
  func waitForListeners(_ count: Int64) async throws {
    while true {
      let rows = try await pool.withConnection {
        try await $0.query(
          """
          SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN%'
          """)
      }
      if try #require(rows.first).decode(Int64.self, at: 0) >= count { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private static let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)

  private static let offer: [AnyResource] = [
    .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
    .chain(
      Resource(
        "forge", ChainSpec(displayName: "Forge", sensitivities: [.usuel], regions: ["nord"], audience: audience))),
    .region(
      Resource(
        "nord",
        RegionSpec(
          operator: "dtnum", location: RegionSpec.Location(country: "FR"),
          dataCenters: [RegionSpec.DataCenter(name: "dc1")], audience: audience))),
    .zone(Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord", chain: "forge"))),
    .policy(
      Resource(
        "regie",
        PolicySpec(
          title: LocalizedText(fr: "Politique"),
          dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)]))),
    .cluster(
      Resource(
        "nord-1",
        ClusterSpec(
          zone: "nord-usuel", dataCenters: ["dc1"], stages: ["prod"],
          capacity: ResourceList(cpu: Quantity("64"), memory: Quantity("256Gi"), pods: Quantity("1000"))))),
  ]
}
