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
}
