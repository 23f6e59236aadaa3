import Postgres

extension PostgresRow {
  /// Reads a column as what the place wants.
  func decode<Value: PostgresDecodable>(_ column: String) throws(PostgresError) -> Value {
    try decode(Value.self, column)
  }
}
