/// How far transactions are kept apart.
public enum PostgresIsolation: String, Sendable {
  /// Each statement sees what was committed before it.
  case readCommitted = "READ COMMITTED"
  /// All statements see what was committed before the first.
  case repeatableRead = "REPEATABLE READ"
  /// As if the transactions ran one after the other; conflicts fail and are to be tried again.
  case serializable = "SERIALIZABLE"
}
