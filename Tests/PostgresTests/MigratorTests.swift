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
}
