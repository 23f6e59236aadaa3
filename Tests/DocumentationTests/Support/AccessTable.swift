import API
import Identity
import Logging
import Postgres
import Store
import Telemetry

/// Which role may do what: each route of the API × each kind of role, from the routes themselves.
enum AccessTable {
  static func text() throws -> String {
    // Nothing is asked of the database: routes are only looked through.
    let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }
    let pool = PostgresPool(
      configuration: try PostgresConfiguration(environment: ["PGDATABASE": "none"]), logger: quiet)
    let routes = APIServer.accesses(
      store: GovernanceStore(pool: pool, logger: quiet),
      telemetry: Telemetry(component: "documentation", build: BuildInfo(version: "0")))
    return GeneratedTable.text(
      ["method", "path"] + RoleKind.allCases.map { "`\($0.rawValue)`" },
      routes.map { route in
        [route.method, "`\(route.path)`"] + RoleKind.allCases.map { cell(route.access, $0) }
      })
  }

  private static func cell(_ access: Access, _ kind: RoleKind) -> String {
    guard access.needsCaller else { return "anyone" }
    return access.reach(of: kind)?.rawValue ?? "–"
  }
}
