public import Logging

/// Brings a database forward to this binary's schema.
///
/// Steps only go forward; each runs in its own transaction together with its record in `schema_migrations`, so that
/// it is applied wholly, once, or not at all. Several instances may start at once: they take turns under an advisory
/// lock. A database that is already further than this binary is accepted, so that two versions run side by side.
public struct PostgresMigrator: Sendable {
  /// The session lock that the instances take turns under.
  static let lockKey: Int64 = 0x5265_6769_6553_716C

  private static let table: PostgresQuery = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version bigint PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """

  private let migrations: [PostgresMigration]
  /// How long an instance waits for its turn, and how long one migration may take.
  public var patience: Duration = .seconds(600)
  /// How long a migration waits for a table's lock before it steps aside: whoever wants the table waits behind it.
  public var lockPatience: Duration = .seconds(1)

  /// The steps in their order.
  ///
  /// - Throws: ``PostgresError/Kind/migration`` when the versions do not rise from 1 or more.
  public init(_ migrations: [PostgresMigration]) throws(PostgresError) {
    var last = 0
    for migration in migrations {
      guard migration.version > last else {
        throw PostgresError(
          .migration, "migration \(migration.version) (\(migration.name)) comes after \(last): versions must rise")
      }
      last = migration.version
    }
    self.migrations = migrations
  }

  /// The steps' versions, in their order.
  public var versions: [Int] { migrations.map(\.version) }

  /// Applies what is missing, and returns the versions applied by this call.
  ///
  /// - Throws: ``PostgresError/Kind/migration`` naming the step that was changed, is missing, or failed.
  public func migrate(_ configuration: PostgresConfiguration, logger: Logger) async throws -> [Int] {
    try await PostgresConnection.withConnection(configuration.named("migrator")) { connection in
      // The lock goes with the connection, whatever happens.
      try await connection.execute("SELECT pg_advisory_lock(\(Self.lockKey))", deadline: .now + patience)
      try await connection.execute(Self.table)
      let pending = try MigrationPlan.pending(of: migrations, recorded: try await recorded(connection))
      for migration in pending {
        logger.info("migrating", metadata: ["version": "\(migration.version)", "name": "\(migration.name)"])
        try await applyPersistently(migration, on: connection, logger: logger)
      }
      return pending.map(\.version)
    }
  }

  private func recorded(_ connection: PostgresConnection) async throws -> [MigrationPlan.Recorded] {
    let rows = try await connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
    return try rows.map { row in
      MigrationPlan.Recorded(
        version: try row.decode(Int.self, "version"), name: try row.decode(String.self, "name"),
        checksum: try row.decode(String.self, "checksum"))
    }
  }

  /// Applies a migration beside work that goes on: where it would wait long for a lock, or somebody for it in a circle, it
  /// makes way and comes again.
  private func applyPersistently(
    _ migration: PostgresMigration, on connection: PostgresConnection, logger: Logger
  ) async throws {
    let end = ContinuousClock.now + patience
    var failures = 0
    while true {
      do {
        return try await apply(migration, on: connection)
      } catch let error as PostgresError
        where [.deadlockDetected, .lockNotAvailable].contains(error.sqlState) && ContinuousClock.now < end
      {
        failures += 1
        logger.info("a migration makes way", metadata: ["version": "\(migration.version)", "error": "\(error)"])
        try await Task.sleep(for: Backoff.migrating.pause(after: failures, chance: .random(in: 0..<1)))
      }
    }
  }

  private func apply(_ migration: PostgresMigration, on connection: PostgresConnection) async throws {
    do {
      try await connection.transaction { connection in
        try await connection.execute(
          "SELECT set_config('lock_timeout', \("\(Int64(lockPatience / .milliseconds(1)))"), true)")
        try await connection.script(migration.sql, deadline: .now + patience)
        guard connection.isInTransaction else {
          throw PostgresError(.migration, "it ends its own transaction", hint: "Remove COMMIT and ROLLBACK from it")
        }
        try await connection.execute(
          """
          INSERT INTO schema_migrations (version, name, checksum)
          VALUES (\(migration.version), \(migration.name), \(migration.checksum))
          """)
      }
    } catch let error as PostgresError where error.kind != .connectionLost && error.kind != .ambiguousCommit {
      var named = PostgresError(
        .migration, "migration \(migration.version) (\(migration.name)): \(error.message)", hint: error.hint,
        sqlState: error.sqlState)
      named.detail = error.detail
      named.table = error.table
      throw named
    }
  }
}
