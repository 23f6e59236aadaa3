/// What is to be done to bring a database up to this binary's migrations: pure.
struct MigrationPlan {
  struct Recorded: Equatable {
    let version: Int
    let name: String
    let checksum: String
  }

  /// Compares what the binary knows with what the database says was done.
  ///
  /// A database that is ahead is accepted, since the next version of the binary may run already; anything else that
  /// differs is refused.
  static func pending(
    of known: [PostgresMigration], recorded: [Recorded]
  ) throws(PostgresError) -> [PostgresMigration] {
    let newest = known.last?.version ?? 0
    let byVersion = Dictionary(known.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
    for record in recorded where record.version <= newest {
      guard let migration = byVersion[record.version] else {
        throw PostgresError(
          .migration, "migration \(record.version) (\(record.name)) was applied to this database and is missing here",
          hint: "Run a build that holds it; migrations are never removed")
      }
      guard migration.checksum == record.checksum else {
        throw PostgresError(
          .migration, "migration \(migration.version) (\(migration.name)) was changed after it was applied",
          hint: "Put its text back as it was, and make the change a new migration")
      }
    }
    let done = Set(recorded.map(\.version))
    let pending = known.filter { !done.contains($0.version) }
    let last = recorded.map(\.version).filter { $0 <= newest }.max() ?? 0
    if let late = pending.first(where: { $0.version < last || done.contains { $0 > newest } }) {
      throw PostgresError(
        .migration, "migration \(late.version) (\(late.name)) was never applied, though a later one was",
        hint: "Give it a number after the last one: migrations only go forward")
    }
    return pending
  }
}
