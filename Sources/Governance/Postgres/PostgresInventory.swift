/// What a schema has that is not missed at once where it lacks: what guards its rows.
///
/// A backup that is read in over a later schema may fail half-way, with this gone and the record of migrations still there. A
/// trigger that is switched off guards nothing, and is taken for one that is gone.
public struct PostgresInventory: Sendable, Hashable {
  /// Triggers, each as `table.trigger`.
  public var triggers: [String]
  /// Unique indexes, of keys as well.
  public var indexes: [String]

  /// An inventory of what is named.
  public init(triggers: [String] = [], indexes: [String] = []) {
    self.triggers = triggers
    self.indexes = indexes
  }

  static let hint =
    "A backup was read in over a later schema, most likely: read it into an empty database (docs/operations/backup.md)"

  /// - Throws: ``PostgresError/Kind/migration`` naming what the database lacks.
  func check(_ connection: PostgresConnection) async throws {
    let rows = try await connection.query(
      """
      SELECT name FROM unnest(\(triggers)) AS n (name) WHERE NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = to_regclass(split_part(name, '.', 1)) AND tgname = split_part(name, '.', 2)
          AND tgenabled IN ('O', 'A'))
      UNION ALL
      SELECT name FROM unnest(\(indexes)) AS n (name) WHERE NOT EXISTS (
        SELECT FROM pg_index WHERE indexrelid = to_regclass(name) AND indisunique AND indisvalid)
      ORDER BY name
      """)
    guard !rows.isEmpty else { return }
    let names = try rows.prefix(5).map { try $0.decode(String.self, "name") }.joined(separator: ", ")
    throw PostgresError(
      .migration,
      "the database lacks \(rows.count) of the triggers and unique indexes that its schema has: \(names)"
        + (rows.count > 5 ? ", …" : ""), hint: Self.hint)
  }
}
