import Logging
import Postgres
import ServiceLifecycle
import Store

/// The database for the service's whole life: first its schema is brought up to date, however long the server is away,
/// and only then connections are lent. Whoever needs one waits until its deadline, as in any other outage.
struct DatabaseService: Service {
  let configuration: PostgresConfiguration
  let pool: PostgresPool
  /// How long one migration may take.
  let migrationTimeout: Duration
  let logger: Logger

  /// - Throws: what waiting does not cure: wrong credentials, a server that is too old, a migration that was changed, a
  ///   schema that lacks something.
  func run() async throws {
    try await cancelWhenGracefulShutdown { try await migrate() }
    // A service that was asked to stop while it waited has nothing to close; the pool returns at once.
    try await pool.run()
  }

  private func migrate() async throws {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let applied = try await StoreMigrations.migrate(configuration, within: migrationTimeout, logger: logger)
        if !applied.isEmpty { logger.info("The schema was brought up to date", metadata: ["versions": "\(applied)"]) }
        return
      } catch is CancellationError {
        return
      } catch let error as PostgresError where error.isRetriable || error.kind == .ambiguousCommit {
        logger.warning("The database is waited for", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
