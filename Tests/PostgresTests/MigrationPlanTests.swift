import Testing

@testable import Postgres

struct MigrationPlanTests {
  private let known = [
    PostgresMigration(version: 1, name: "one", sql: "SELECT 1"),
    PostgresMigration(version: 2, name: "two", sql: "SELECT 2"),
    PostgresMigration(version: 4, name: "four", sql: "SELECT 4"),
  ]

  private func recorded(_ versions: Int...) -> [MigrationPlan.Recorded] {
    versions.map { version in
      let migration = known.first { $0.version == version }
      return MigrationPlan.Recorded(
        version: version, name: migration?.name ?? "unknown", checksum: migration?.checksum ?? "?")
    }
  }

  @Test func `what is not recorded is pending, in order`() throws {
    #expect(try MigrationPlan.pending(of: known, recorded: []).map(\.version) == [1, 2, 4])
    #expect(try MigrationPlan.pending(of: known, recorded: recorded(1)).map(\.version) == [2, 4])
    #expect(try MigrationPlan.pending(of: known, recorded: recorded(1, 2, 4)).isEmpty)
  }

  @Test func `a database that is ahead is accepted`() throws {
    #expect(try MigrationPlan.pending(of: known, recorded: recorded(1, 2, 4, 5, 9)).isEmpty)
  }

  @Test func `a changed migration is refused by its name`() {
    var changed = recorded(1, 2)
    changed[1] = MigrationPlan.Recorded(version: 2, name: "two", checksum: "other")
    let error = #expect(throws: PostgresError.self) { try MigrationPlan.pending(of: known, recorded: changed) }
    #expect(error?.message == "migration 2 (two) was changed after it was applied")
  }

  @Test func `a missing migration is refused by its name`() {
    let error = #expect(throws: PostgresError.self) {
      try MigrationPlan.pending(of: known, recorded: recorded(1, 2, 3))
    }
    #expect(error?.message.hasPrefix("migration 3 (unknown) was applied") == true)
  }

  @Test(arguments: [[1, 4], [1, 2, 5]]) func `a migration that comes late is refused`(versions: [Int]) {
    let records = versions.flatMap { recorded($0) }
    #expect(throws: PostgresError.self) { try MigrationPlan.pending(of: known, recorded: records) }
  }

  @Test func `versions must rise`() {
    for versions in [[0], [2, 1], [1, 1]] {
      #expect(throws: PostgresError.self) {
        try PostgresMigrator(versions.map { PostgresMigration(version: $0, name: "x", sql: "") })
      }
    }
  }

  @Test func `the checksum is SHA-256`() {
    #expect(
      PostgresMigration(version: 1, name: "", sql: "abc").checksum
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
