/// The five characters by which Postgres names a condition.
public struct PostgresSQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The code, such as `40001`.
  public let rawValue: String

  /// A state by its code.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// The code itself.
  public var description: String { rawValue }

  /// The class: the first two characters.
  public var category: String { String(rawValue.prefix(2)) }

  /// A row with this key is already there.
  public static let uniqueViolation = Self(rawValue: "23505")
  /// The row referred to is not there, or is still referred to.
  public static let foreignKeyViolation = Self(rawValue: "23503")
  /// A column that may not be empty.
  public static let notNullViolation = Self(rawValue: "23502")
  /// A `CHECK` said no.
  public static let checkViolation = Self(rawValue: "23514")
  /// An `EXCLUDE` said no.
  public static let exclusionViolation = Self(rawValue: "23P01")
  /// Another transaction got in the way: the whole transaction may be run again.
  public static let serializationFailure = Self(rawValue: "40001")
  /// Two transactions waited for each other: the whole transaction may be run again.
  public static let deadlockDetected = Self(rawValue: "40P01")
  /// The statement was cancelled by this client, an administrator or `statement_timeout`.
  public static let queryCanceled = Self(rawValue: "57014")
  /// The server is being stopped, or the connection was terminated by an administrator.
  public static let adminShutdown = Self(rawValue: "57P01")
  /// The server is starting, stopping or recovering.
  public static let cannotConnectNow = Self(rawValue: "57P03")
  /// A lock was not to be had under `NOWAIT` or `lock_timeout`.
  public static let lockNotAvailable = Self(rawValue: "55P03")
  /// Statements are refused until the end of the failed transaction.
  public static let inFailedTransaction = Self(rawValue: "25P02")
  /// No such table.
  public static let undefinedTable = Self(rawValue: "42P01")
  /// The server no longer knows the prepared statement.
  static let undefinedStatement = Self(rawValue: "26000")
  /// Among others: a prepared statement's result changed shape with the table.
  static let featureNotSupported = Self(rawValue: "0A000")
  /// No such database.
  static let undefinedDatabase = Self(rawValue: "3D000")

  /// Whether the server ends the connection after this error.
  var endsConnection: Bool {
    category == "08" || rawValue == "25P03"
      || ["57P01", "57P02", "57P03", "57P04", "57P05"].contains(rawValue)
  }
}
