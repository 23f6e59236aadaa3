import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct MigratorTests {
  private let one = PostgresMigration(version: 1, name: "regions", sql: "CREATE TABLE region (id int); SELECT 1;")
  private let two = PostgresMigration(version: 2, name: "sites", sql: "CREATE TABLE site (id int)")

  @Test func `missing steps are applied once, whoever comes first`() async throws {
    let configuration = try await freshConfiguration()
    let migrator = try PostgresMigrator([one, two])
    let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<5 { group.addTask { try await migrator.migrate(configuration, logger: quiet) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(applied == [1, 2])
    #expect(try await migrator.migrate(configuration, logger: quiet) == [])
    try await PostgresConnection.withConnection(configuration) { connection in
      let rows = try await connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
      #expect(try rows.map { try $0.decode(String.self, "name") } == ["regions", "sites"])
      #expect(try rows[0].decode(String.self, "checksum") == one.checksum)
      #expect(try await connection.query("SELECT * FROM region, site").isEmpty)
    }
  }

  @Test func `an older binary accepts a newer database`() async throws {
    let configuration = try await freshConfiguration()
    _ = try await PostgresMigrator([one, two]).migrate(configuration, logger: quiet)
    #expect(try await PostgresMigrator([one]).migrate(configuration, logger: quiet) == [])
  }

  @Test func `a changed step is refused, and nothing is done`() async throws {
    let configuration = try await freshConfiguration()
    _ = try await PostgresMigrator([one]).migrate(configuration, logger: quiet)
    let changed = PostgresMigration(version: 1, name: "regions", sql: "CREATE TABLE region (id bigint)")
    let error = await #expect(throws: PostgresError.self) {
      _ = try await PostgresMigrator([changed, two]).migrate(configuration, logger: quiet)
    }
    #expect(error?.kind == .migration)
    #expect(error?.message.contains("migration 1 (regions) was changed") == true)
    #expect(try await PostgresMigrator([one, two]).migrate(configuration, logger: quiet) == [2])
  }

  @Test(arguments: ["CREATE TABLE half (id int); SELECT 1/0", "CREATE TABLE half (id int); COMMIT", "SELEC"])
  func `a step that fails is named and leaves no record`(sql: String) async throws {
    let configuration = try await freshConfiguration()
    let bad = PostgresMigration(version: 2, name: "broken", sql: sql)
    let error = await #expect(throws: PostgresError.self) {
      _ = try await PostgresMigrator([one, bad]).migrate(configuration, logger: quiet)
    }
    #expect(error?.kind == .migration)
    #expect(error?.message.hasPrefix("migration 2 (broken): ") == true)
    try await PostgresConnection.withConnection(configuration) { connection in
      let rows = try await connection.query("SELECT 1 FROM schema_migrations")
      #expect(rows.count == 1)
    }
  }

  @Test func `a step that waits for a table makes way for whoever wants it, and comes again`() async throws {
    let configuration = try await freshConfiguration()
    _ = try await PostgresMigrator([one]).migrate(configuration, logger: quiet)
    var migrator = try PostgresMigrator([
      one, PostgresMigration(version: 2, name: "column", sql: "ALTER TABLE region ADD COLUMN name text"),
    ])
    migrator.lockPatience = .milliseconds(50)
    let patient = migrator
    let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
      try await PostgresConnection.withConnection(configuration) { holder in
        try await holder.transaction { holder in
          _ = try await holder.query("SELECT * FROM region")
          group.addTask { try await patient.migrate(configuration, logger: quiet) }
          // It waits, and then waits no more: who comes next is held up by nobody.
          for isWaiting in [true, false] {
            var count: Int64 = -1
            while (count > 0) != isWaiting {
              count = try await holder.query(
                "SELECT count(*) FROM pg_locks WHERE relation = 'region'::regclass AND NOT granted"
              )[0].decode(Int64.self, at: 0)
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(applied == [2])
  }

  @Test func `two steps that wait for each other's tables both come through`() async throws {
    let configuration = try await freshConfiguration()
    _ = try await PostgresMigrator([one, two]).migrate(configuration, logger: quiet)
    let both = PostgresMigration(
      version: 3, name: "both",
      sql: "LOCK TABLE region IN ACCESS EXCLUSIVE MODE; LOCK TABLE site IN ACCESS EXCLUSIVE MODE")
    var migrator = try PostgresMigrator([one, two, both])
    migrator.lockPatience = .seconds(20)
    let patient = migrator
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await PostgresConnection.withConnection(configuration) { writer in
        // Whoever finds out that they wait for each other is given up: here that is the step.
        try await writer.execute("SET deadlock_timeout = '30s'")
        try await writer.transaction { writer in
          _ = try await writer.query("SELECT * FROM site")
          group.addTask { _ = try await patient.migrate(configuration, logger: quiet) }
          var isWaiting = false
          while !isWaiting {
            isWaiting =
              try await writer.query(
                "SELECT FROM pg_locks WHERE relation = 'site'::regclass AND NOT granted"
              ).count > 0
          }
          _ = try await writer.query("SELECT * FROM region")
        }
      }
      try await group.waitForAll()
    }
    let rows = try await PostgresConnection.withConnection(configuration) {
      try await $0.query("SELECT FROM schema_migrations WHERE version = 3")
    }
    #expect(rows.count == 1)
  }

  /// One waits for a reader that stays, the other takes longer than it may.
  @Test(arguments: [
    ("ALTER TABLE region ADD COLUMN name text", PostgresError.Kind.server), ("SELECT pg_sleep(60)", .deadlineExceeded),
  ])
  func `a step that was not done in time is named, and may be done later`(
    sql: String, kind: PostgresError.Kind
  ) async throws {
    let configuration = try await freshConfiguration()
    _ = try await PostgresMigrator([one]).migrate(configuration, logger: quiet)
    var migrator = try PostgresMigrator([one, PostgresMigration(version: 2, name: "late", sql: sql)])
    // An attempt that waits for the reader makes way long before it has taken too long, however slow the machine is.
    migrator.patience = kind == .server ? .seconds(10) : .seconds(1)
    migrator.lockPatience = .milliseconds(50)
    let hasty = migrator
    try await PostgresConnection.withConnection(configuration) { reader in
      try await reader.transaction { reader in
        _ = try await reader.query("SELECT * FROM region")
        let error = await #expect(throws: PostgresError.self) {
          _ = try await hasty.migrate(configuration, logger: quiet)
        }
        #expect(error?.kind == kind)
        #expect(error?.isRetriable == true)
        #expect(error?.message.hasPrefix("migration 2 (late): ") == true)
        #expect(error?.description.contains("REGIE_MIGRATION_TIMEOUT") == (kind == .deadlineExceeded))
      }
    }
  }

  /// Somebody holds the lock and says nothing more: what is to be applied is, and his connection is ended.
  private func migratesPastStopped(_ migrator: PostgresMigrator, _ configuration: PostgresConfiguration) async throws {
    try await PostgresConnection.withConnection(configuration) { stopped in
      _ = try await stopped.query("SELECT pg_advisory_lock(\(PostgresMigrator.lockKey))")
      let applied = try await migrator.migrate(configuration, logger: quiet)
      #expect(applied == [1])
      let error = await #expect(throws: PostgresError.self) { _ = try await stopped.query("SELECT 1") }
      #expect(error?.kind == .connectionLost)
    }
  }

  @Test func `whoever was stopped between two steps keeps nobody from migrating`() async throws {
    let configuration = try await freshConfiguration()
    var migrator = try PostgresMigrator([one])
    migrator.longestSilence = .milliseconds(200)
    try await migratesPastStopped(migrator, configuration)
  }

  @Test func `whoever was stopped before the database's clock was put back keeps nobody from migrating`() async throws {
    let configuration = try await freshConfiguration()
    try await PostgresConnection.withConnection(configuration) { connection in
      // Nobody can write when a connection was heard: so whoever begins a session now finds it an hour later.
      try await connection.script(
        """
        CREATE VIEW public.pg_stat_activity AS
          SELECT pid, state, state_change + interval '1 hour' AS state_change FROM pg_catalog.pg_stat_activity;
        DO $$ BEGIN
          EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
        END $$
        """)
    }
    var migrator = try PostgresMigrator([one])
    migrator.longestSilence = .milliseconds(200)
    migrator.patience = .seconds(30)
    try await migratesPastStopped(migrator, configuration)
  }

  @Test func `whoever is at work on a step is left alone, however long it says nothing`() async throws {
    let configuration = try await freshConfiguration()
    var migrator = try PostgresMigrator([one])
    migrator.longestSilence = .milliseconds(200)
    let next = migrator
    try await withThrowingTaskGroup(of: Void.self) { group in
      try await PostgresConnection.withConnection(configuration) { observer in
        // It can not be over before it was seen.
        _ = try await observer.query("SELECT pg_advisory_lock(1)")
        group.addTask {
          try await PostgresConnection.withConnection(configuration) { working in
            _ = try await working.query(
              "SELECT pg_advisory_lock(\(PostgresMigrator.lockKey)), pg_advisory_lock(1), pg_sleep(2)")
          }
        }
        let isHeld = try await eventually {
          try await observer.query(
            """
            SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
          ).count > 0
        }
        #expect(isHeld)
        _ = try await observer.query("SELECT pg_advisory_unlock(1)")
      }
      let applied = try await next.migrate(configuration, logger: quiet)
      #expect(applied == [1])
      try await group.waitForAll()
    }
  }

  @Test func `what a step looks up among many rows is looked up in memory`() async throws {
    let configuration = try await freshConfiguration()
    let many = PostgresMigration(
      version: 1, name: "many",
      sql: """
        CREATE TABLE held AS SELECT gen_random_uuid() AS id FROM generate_series(1, 300000);
        ANALYZE held;
        CREATE TABLE plan (line text);
        DO $$ DECLARE step text; BEGIN
          FOR step IN EXPLAIN SELECT 1 FROM held AS h WHERE h.id NOT IN (SELECT id FROM held) LOOP
            INSERT INTO plan VALUES (step);
          END LOOP;
        END $$;
        """)
    _ = try await PostgresMigrator([many]).migrate(configuration, logger: quiet)
    let lines = try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.query("SELECT line FROM plan").map { try $0.decode(String.self, "line") }
    }
    let plan = lines.joined(separator: "\n")
    #expect(plan.contains("hashed SubPlan"), "\(plan)")
  }

  @Test func `what the database lacks of its inventory is told, and nothing of a later version's`() async throws {
    let configuration = try await freshConfiguration()
    let guarded = PostgresMigration(
      version: 1, name: "guarded",
      sql: """
        CREATE TABLE region (id int PRIMARY KEY);
        CREATE TRIGGER region_stays BEFORE UPDATE ON region FOR EACH ROW
          EXECUTE FUNCTION suppress_redundant_updates_trigger();
        """)
    var migrator = try PostgresMigrator([guarded])
    migrator.inventory = PostgresInventory(triggers: ["region.region_stays"], indexes: ["region_pkey"])
    let careful = migrator
    #expect(try await careful.migrate(configuration, logger: quiet) == [1])
    #expect(try await careful.migrate(configuration, logger: quiet) == [])
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.script(
        "DROP TRIGGER region_stays ON region; ALTER TABLE region DROP CONSTRAINT region_pkey")
    }
    let error = await #expect(throws: PostgresError.self) {
      _ = try await careful.migrate(configuration, logger: quiet)
    }
    #expect(error?.kind == .migration)
    #expect(error?.message.hasPrefix("the database lacks 2 of the triggers and unique indexes") == true)
    for name in ["region.region_stays", "region_pkey"] { #expect(error?.message.contains(name) == true, "\(name)") }
    #expect(error?.hint?.contains("empty database") == true)
    _ = try await PostgresMigrator([guarded, two]).migrate(configuration, logger: quiet)
    #expect(try await careful.migrate(configuration, logger: quiet) == [])
  }

  @Test func `a step whose tables are there already says where they may come from`() async throws {
    let configuration = try await freshConfiguration()
    try await PostgresConnection.withConnection(configuration) { try await $0.script("CREATE TABLE region (id int)") }
    let error = await #expect(throws: PostgresError.self) {
      _ = try await PostgresMigrator([one]).migrate(configuration, logger: quiet)
    }
    #expect(error?.kind == .migration)
    #expect(error?.hint?.contains("empty database") == true)
  }
}
