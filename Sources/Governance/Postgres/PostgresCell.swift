/// One value of a result, before it is decoded.
public struct PostgresCell: Sendable {
  /// The column's name.
  public let column: String
  /// The type the server gave.
  public let type: PostgresType
  /// The value in text form; `nil` is `NULL`.
  public let text: String?

  /// The text, provided that it is not `NULL` and of one of `accepted` types (any type when none is named).
  public func content<T>(as wanted: T.Type, from accepted: PostgresType...) throws(PostgresError) -> String {
    guard accepted.isEmpty || type == .inferred || accepted.contains(type) else { throw mismatch(wanted) }
    guard let text else {
      throw PostgresError(
        .decoding, "column \(column) (\(type)) is NULL where \(wanted) is wanted", hint: "Decode it as \(wanted)?")
    }
    return text
  }

  /// The error for a value that its type does not explain; it does not quote the value.
  public func unreadable<T>(as wanted: T.Type) -> PostgresError {
    PostgresError(.decoding, "column \(column) (\(type)) holds a value that is not a valid \(wanted)")
  }

  func mismatch<T>(_ wanted: T.Type) -> PostgresError {
    PostgresError(.decoding, "column \(column) is of type \(type) where \(wanted) is wanted")
  }
}
