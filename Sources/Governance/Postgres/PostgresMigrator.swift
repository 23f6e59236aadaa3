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
  /// What a database that has all steps, and no later one, must hold.
  public var inventory = PostgresInventory()
  /// Whose turn it is and who does nothing for so long is taken for stopped: one that lives tries again after
  /// ``Backoff/migrating`` at the latest.
  var longestSilence: Duration = .seconds(20)

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
  /// - Throws: ``PostgresError/Kind/migration`` naming the step that was changed, is missing, or failed, or what the
  ///   database lacks; where a step was not done in time, an error that may pass (``PostgresError/isRetriable``).
  public func migrate(_ configuration: PostgresConfiguration, logger: Logger) async throws -> [Int] {
    try await PostgresConnection.withConnection(configuration.named("migrator")) { connection in
      // The lock goes with the connection, whatever happens.
      try await takeTurn(on: connection, logger: logger)
      try await connection.execute(Self.table)
      let done = try await recorded(connection)
      let pending = try MigrationPlan.pending(of: migrations, recorded: done)
      for migration in pending {
        logger.info("migrating", metadata: ["version": "\(migration.version)", "name": "\(migration.name)"])
        try await applyPersistently(migration, on: connection, logger: logger)
      }
      // A later version of the program may have done away with some of it.
      let isAhead = done.contains { $0.version > versions.last ?? 0 }
      if !isAhead { try await inventory.check(connection) }
      return pending.map(\.version)
    }
  }

  /// Waits for this instance's turn. Whoever was stopped between two attempts keeps its connection, and with it its
  /// turn, for ever: who waits ends it. (One that was stopped within a migration is ended by the server, as any idle
  /// transaction.)
  private func takeTurn(on connection: PostgresConnection, logger: Logger) async throws {
    let end = ContinuousClock.now + patience
    while true {
      let wait = longestSilence / 4
      let answers = try await connection.pipeline(
        PostgresAdvisoryLock.turn(of: Self.lockKey, within: wait), deadline: .now + wait + .seconds(30))
      if try answers.last?.first?.decode(Bool.self, "held") == true { return }
      if try await endSilentHolder(connection) {
        logger.warning("An instance that was to migrate the database, and did nothing any more, was deposed")
      }
      guard ContinuousClock.now < end else {
        throw PostgresError(.deadlineExceeded, "another instance migrates the database for longer than \(patience)")
      }
    }
  }

  /// One that is at work says nothing either, for as long as a migration takes: but it is not idle. Of one that was heard
  /// in what is still to come the database's clock, which was put back, says nothing: it counts as silent.
  private func endSilentHolder(_ connection: PostgresConnection) async throws -> Bool {
    let rows = try await connection.query(
      """
      SELECT pg_terminate_backend(k.pid) AS ended FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
      WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
        AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (k.classid::bigint << 32 | k.objid::bigint) = \(Self.lockKey) AND a.state = 'idle'
        AND (a.state_change < clock_timestamp() - \(longestSilence.milliseconds) * interval '1 millisecond'
          OR a.state_change > clock_timestamp() + \(longestSilence.milliseconds) * interval '1 millisecond')
      """)
    return try rows.first?.decode(Bool.self, "ended") ?? false
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
        let limit = "\(Int64(lockPatience / .milliseconds(1)))"
        try await connection.pipeline(["SELECT set_config('lock_timeout', \(limit), true)", Self.memory])
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
      throw named(error, migration)
    }
  }

  /// What may pass stays what it is: whoever starts waits for it, and for nothing else.
  private func named(_ error: PostgresError, _ migration: PostgresMigration) -> PostgresError {
    var named = PostgresError(
      error.isRetriable ? error.kind : .migration,
      "migration \(migration.version) (\(migration.name)): \(error.message)", hint: error.hint, sqlState: error.sqlState
    )
    if error.kind == .deadlineExceeded {
      named.hint = "Where it can not be done within \(patience), give it longer: REGIE_MIGRATION_TIMEOUT"
    }
    if let state = error.sqlState?.rawValue, Self.duplicates.contains(state) { named.hint = PostgresInventory.hint }
    named.detail = error.detail
    named.table = error.table
    return named
  }

  /// A table, a column, a function, or something else is there already.
  private static let duplicates: Set<String> = ["42P07", "42701", "42723", "42710"]

  /// What a migration looks up among many rows (`NOT IN`, say) is gone through anew for each row where it has no room in
  /// memory: few rows more make hours of seconds. A server that gives more goes on giving it.
  private static let memory: PostgresQuery = """
    SELECT set_config('work_mem', '256MB', true)
    WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('256MB')
    """
}
