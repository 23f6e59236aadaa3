import Logging
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import Server
@testable import Store

/// What the service does and says before its database has the schema.
@Suite(.timeLimit(.minutes(3)))
struct StartingTests {
  private static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  @Test func `an instance whose schema is not there yet is not ready, and not busy`() async throws {
    var configuration = try PostgresServer.configuration(try await PostgresServer.shared().freshDatabase().url)
    configuration.acquireTimeout = .milliseconds(100)
    // It runs once the schema is there, and not before.
    let pool = PostgresPool(configuration: configuration, logger: Self.quiet)
    let telemetry = Telemetry(component: "governance", build: BuildInfo(version: "0"))
    func check(_ name: String, _ role: HealthRole) throws -> HealthCheck {
      try telemetry.health.register(name, component: "test", role: role)
    }
    let observer = StoreObserver(
      store: GovernanceStore(pool: pool, logger: Self.quiet), health: try check("postgres", .readiness),
      busHealth: try check("zones", .informative), restoreHealth: try check("restored", .informative),
      logger: Self.quiet)
    await observer.observe()
    #expect(telemetry.health.report().readiness == .fail)
  }

  @Test func `a migration that waits for a reader is begun anew, however long that takes`() async throws {
    var patient = try PostgresServer.configuration(try await PostgresServer.shared().freshDatabase().url)
    patient.idleInTransactionTimeout = .seconds(90)
    let configuration = patient
    let earlier = StoreMigrations.all.filter { $0.version < 57 }
    _ = try await PostgresMigrator(earlier).migrate(configuration, logger: Self.quiet)
    let said = LogLines()
    let pool = PostgresPool(configuration: configuration, logger: Self.quiet)
    let service = DatabaseService(
      configuration: configuration, pool: pool, migrationTimeout: .seconds(1), logger: said.logger(from: .warning))
    // Only once there is a reader, or it has nothing to wait for.
    let (reading, begin) = AsyncStream.makeStream(of: Void.self)
    let running = Task {
      _ = await reading.first { _ in true }
      try await service.run()
    }
    try await PostgresConnection.withConnection(configuration) { reader in
      try await reader.transaction { reader in
        _ = try await reader.query("SELECT FROM impact_results")
        begin.yield()
        let isSaid = try await eventually { said.contain("The database is waited for") }
        #expect(isSaid)
      }
    }
    let rows = try await pool.withConnection(deadline: .now + .seconds(120)) {
      try await $0.query("SELECT FROM schema_migrations WHERE version = 57")
    }
    #expect(rows.count == 1)
    running.cancel()
    _ = try? await running.value
  }
}
