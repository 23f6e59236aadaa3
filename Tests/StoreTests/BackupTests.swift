import Foundation
import Postgres
import TestSupport
import Testing

@testable import Store

/// What becomes of a backup whose schema is an earlier one than the database has come to since.
@Suite(.timeLimit(.minutes(3)))
struct BackupTests {
  /// With the first of these `pg_restore --clean` stops half-way, with the second it leaves something behind.
  @Test(arguments: [48, 55])
  func `a backup from before an upgrade is brought back, and brought up to date`(version: Int) async throws {
    let server = try await PostgresServer.shared()
    let url = try await server.freshDatabase().url
    let configuration = try StoreFixture.patient(url)
    let dump = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID()).dump").path
    defer { try? FileManager.default.removeItem(atPath: dump) }
    let earlier = StoreMigrations.all.filter { $0.version <= version }
    _ = try await PostgresMigrator(earlier).migrate(configuration, logger: quiet)
    try await server.dump(url, to: dump)
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    try await PostgresConnection.withConnection(configuration) { try await $0.script("CREATE TABLE since (id int)") }
    try await server.restore(dump, into: url)
    let later = StoreMigrations.all.map(\.version).filter { $0 > version }
    // It looks at what the schema must have as well.
    #expect(try await StoreMigrations.migrate(configuration, logger: quiet) == later)
    let left = try await PostgresConnection.withConnection(configuration) {
      try await $0.query("SELECT to_regclass('since') IS NULL AS gone")
    }
    #expect(try left.only.decode(Bool.self, "gone"))
  }

  /// As `pg_restore --clean` leaves it that stops half-way, or `pg_restore --disable-triggers`.
  @Test(arguments: [
    "DROP TRIGGER audit_entries_stay ON audit_entries", "DROP INDEX findings_open",
    "ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_stay",
    "ALTER TABLE audit_entries ENABLE REPLICA TRIGGER audit_entries_stay",
  ])
  func `a database that lacks what guards its rows is refused, and says so`(loss: String) async throws {
    let configuration = try await StoreFixture.fresh()
    try await PostgresConnection.withConnection(configuration) { try await $0.script(loss) }
    let error = await #expect(throws: PostgresError.self) {
      _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    }
    #expect(error?.kind == .migration && error?.isRetriable == false)
    let name = loss.contains("TRIGGER") ? "audit_entries.audit_entries_stay" : "findings_open"
    #expect(error?.message.contains("lacks 1 of") == true && error?.message.hasSuffix(name) == true)
    #expect(error?.hint?.contains("into an empty database") == true)
  }

  @Test func `all triggers and unique indexes of the schema are in its inventory`() async throws {
    let rows = try await PostgresConnection.withConnection(try await StoreFixture.fresh()) { connection in
      try await connection.pipeline([
        """
        SELECT c.relname || '.' || t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal
        """,
        """
        SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
        """,
      ])
    }
    let names = try rows.map { kind in try kind.map { try $0.decode(String.self, "name") }.sorted() }
    #expect(names == [StoreMigrations.inventory.triggers.sorted(), StoreMigrations.inventory.indexes.sorted()])
  }
}
