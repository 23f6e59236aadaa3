import Postgres

/// The database's clock, by which everything is due, old or over.
enum StoreClock {
  /// The moment, read once for the whole statement: what an index has in its order is then entered at it. The bare function is
  /// read anew for each row, and so all rows would be gone through. For what has to be so at the end of a wait for a lock, ask again.
  static let now: PostgresQuery = "(SELECT clock_timestamp())"
}
