import Logging
import Postgres
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// What the service says of itself before its database has a schema.
@Suite(.timeLimit(.minutes(2)))
struct StartingHealthTests {
  @Test func `an instance whose schema is not there yet is not ready, and not busy`() async throws {
    var configuration = try PostgresServer.configuration(try await PostgresServer.shared().freshDatabase().url)
    configuration.acquireTimeout = .milliseconds(100)
    let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    // It runs once the schema is there, and not before.
    let pool = PostgresPool(configuration: configuration, logger: quiet)
    let telemetry = Telemetry(component: "governance", build: BuildInfo(version: "0"))
    func check(_ name: String, _ role: HealthRole) throws -> HealthCheck {
      try telemetry.health.register(name, component: "test", role: role)
    }
    let observer = StoreObserver(
      store: GovernanceStore(pool: pool, logger: quiet), health: try check("postgres", .readiness),
      busHealth: try check("zones", .informative), restoreHealth: try check("restored", .informative), logger: quiet)
    await observer.observe()
    #expect(telemetry.health.report().readiness == .fail)
  }
}
