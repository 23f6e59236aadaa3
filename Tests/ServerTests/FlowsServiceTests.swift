import Events
import Foundation
import Logging
import Metrics
import Model
import NIOConcurrencyHelpers
import Postgres
import Requests
import Store
import Telemetry
import TestSupport
import Testing
import Trail

@testable import Server

/// The clock of network flows in running instances.
struct FlowsServiceTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  /// One instance is cut off in the middle of an escalation, with everything written and nothing committed; two others are there.
  @Test(.timeLimit(.minutes(3)))
  func `a flow comes before the board once, whoever is cut off while telling it`() async throws {
    let configuration = try await Self.database()
    try await PostgresPool.withPool(configuration, logger: Self.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Self.quiet)
      let id = try await Self.flow(in: store, pool)
      let (inside, hasBegun) = AsyncStream.makeStream(of: Int32.self)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          // What the first instance does: it holds the row, and is about to commit when it is cut off.
          _ = try? await PostgresConnection.withConnection(configuration) { connection in
            _ = try await connection.query("BEGIN")
            _ = try await connection.query("SELECT id FROM network_flows WHERE id = \(id) FOR UPDATE")
            let own = try await connection.query("SELECT pg_backend_pid() AS pid")
            hasBegun.yield(try #require(own.first).decode(Int32.self, "pid"))
            _ = try await connection.query("SELECT pg_sleep(120)", deadline: .now + .seconds(150))
          }
        }
        var first = inside.makeAsyncIterator()
        let pid = try #require(await first.next())
        for _ in 0..<2 {
          let service = FlowsService(store: store, database: configuration, logger: Self.quiet)
          group.addTask { try await service.run() }
        }
        // Both wait for the row's lock before the first is cut off.
        while try await Self.waiting(in: pool) < 2 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await store.networkFlow(id).flow.tasks.allSatisfy { $0.escalatedAt == nil })
        try await pool.withConnection { _ = try await $0.query("SELECT pg_terminate_backend(\(pid))") }
        while try await store.networkFlow(id).revision < 2 { try await Task.sleep(for: .milliseconds(20)) }
        group.cancelAll()
        try await group.waitForAll()
      }
      let deeds = try await store.auditEntries().items.filter { $0.kind == "NetworkFlow" }.map(\.action)
      #expect(deeds.reversed() == ["requested", "reminded", "escalated"])
      let told = try await pool.withConnection {
        try await $0.query("SELECT count(*) AS n FROM public_facts WHERE key LIKE 'flow/%'")
      }
      #expect(try #require(told.first).decode(Int64.self, "n") == 1)
    }
  }

  @Test func `an operator that is gone and has nothing to open any more is late with nothing`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      let configuration = try await Self.database()
      try await PostgresPool.withPool(configuration, logger: Self.quiet) { pool in
        let store = GovernanceStore(pool: pool, logger: Self.quiet)
        _ = try await Self.flow(in: store, pool)
        // An operator of which nothing is left but what it had to do.
        try await pool.withConnection {
          _ = try await $0.execute("UPDATE flow_tasks SET operator = 'parti', due_at = '2001-01-08'")
        }
        let service = FlowsService(store: store, database: configuration, logger: Self.quiet)
        let told = NIOLockedValueBox<Set<String>>([])
        let (count, age) = (
          #"regie_flows_overdue{operator="parti"}"#, #"regie_flows_oldest_overdue_age_seconds{operator="parti"}"#
        )
        try await service.measure(after: told)
        #expect(registry.value(count) == 1)
        let isLate = (registry.value(age) ?? 0) > 0
        #expect(isLate)
        try await pool.withConnection { _ = try await $0.execute("DELETE FROM flow_tasks") }
        try await service.measure(after: told)
        #expect(registry.value(count) == 0)
        #expect(registry.value(age) == 0)
      }
    }
  }

  private static func database() async throws -> PostgresConfiguration {
    let server = try await PostgresServer.shared()
    let template = try await server.template("flows") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: quiet)
    }
    return try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
  }

  private static func waiting(in pool: PostgresPool) async throws -> Int64 {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%network_flows%'
        """)
    }
    return try #require(rows.first).decode(Int64.self, "n")
  }

  /// A flow that its operator is late with.
  private static func flow(in store: GovernanceStore, _ pool: PostgresPool) async throws -> UUID {
    for resource in Offered.base(zones: ["nord"]) { _ = try await store.put(resource, context: someone) }
    let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let region = RegionSpec(
      operator: "dtnum", location: RegionSpec.Location(country: "FR"),
      dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
      interconnections: ["chorus"], audience: audience)
    _ = try await store.put(.region(Resource("nord", region)), context: someone)
    _ = try await store.put(.project(Offered.project("vigie")), context: someone)
    _ = try await store.decide(PlacementRequest(project: "vigie"), context: someone)
    let id = try await store.requestFlow(
      FlowWish(
        project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: [443],
        motive: "m"),
      by: RequestActor(principal: "test:someone", isApplicant: true), context: someone
    ).flow.id
    try await pool.withConnection {
      _ = try await $0.execute(
        """
        UPDATE network_flows SET next_at = '2001-01-01',
          body = jsonb_set(body, '{tasks,0,dueAt}', '"2001-01-08T16:00:00Z"')
        """)
    }
    return id
  }
}
