/// What went wrong with the database, and what the caller can do about it.
///
/// The description never holds a statement's parameters: it can be logged. ``message`` and ``detail`` are the
/// server's own words, and may quote values.
public struct PostgresError: Error, Sendable, Equatable {
  /// The kinds of failure; open to additions.
  public struct Kind: Hashable, Sendable, CustomStringConvertible {
    /// A stable name, fit for a metric's label.
    public let name: String

    /// The stable name.
    public var description: String { name }

    /// The configuration can not be used as it is.
    public static let configuration = Self(name: "configuration")
    /// No server answers, or it takes no connection now.
    public static let unreachable = Self(name: "unreachable")
    /// The server refuses these credentials.
    public static let authentication = Self(name: "authentication")
    /// The two ends agree on no TLS, or the certificate is not trusted.
    public static let tls = Self(name: "tls")
    /// The server is too old.
    public static let unsupportedServer = Self(name: "unsupported_server")
    /// The server is there, the database is not.
    public static let noDatabase = Self(name: "no_database")
    /// The connection broke; an unfinished transaction was not committed.
    public static let connectionLost = Self(name: "connection_lost")
    /// The deadline passed; the statement was cancelled.
    public static let deadlineExceeded = Self(name: "deadline_exceeded")
    /// The connection broke while committing: committed or not, nobody knows. Look before doing it again.
    public static let ambiguousCommit = Self(name: "ambiguous_commit")
    /// An earlier statement of the transaction failed, and its error was swallowed: nothing was committed.
    public static let transactionAborted = Self(name: "transaction_aborted")
    /// Too many tasks wait for a connection, or waiting took too long.
    public static let poolExhausted = Self(name: "pool_exhausted")
    /// The pool is stopping or stopped.
    public static let poolShutDown = Self(name: "pool_shut_down")
    /// The advisory lock's connection broke, and the lock with it.
    public static let lockLost = Self(name: "lock_lost")
    /// The server refused the statement; see ``PostgresError/sqlState``.
    public static let server = Self(name: "server")
    /// A result does not have the wanted type.
    public static let decoding = Self(name: "decoding")
    /// A parameter can not be sent.
    public static let invalidParameter = Self(name: "invalid_parameter")
    /// The API was used against its rules.
    public static let misuse = Self(name: "misuse")
    /// The migrations and the database do not fit.
    public static let migration = Self(name: "migration")
  }

  /// The kind of failure.
  public var kind: Kind
  /// The server's code, when the server said one.
  public var sqlState: PostgresSQLState?
  /// What happened. For ``Kind/server``, the server's words, which may quote values.
  public var message: String
  /// The server's detail; it often quotes the row at fault.
  public var detail: String?
  /// What to do about it.
  public var hint: String?
  /// The constraint at fault.
  public var constraint: String?
  /// The table at fault.
  public var table: String?
  /// The column at fault.
  public var column: String?
  /// For ``PostgresConnection/pipeline(_:deadline:)``: which query failed, from 0.
  public var pipelineIndex: Int?

  /// An error of this room, or one that a test wants thrown.
  public init(_ kind: Kind, _ message: String, hint: String? = nil, sqlState: PostgresSQLState? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.sqlState = sqlState
  }

  /// Whether the same work may succeed when it is tried again a little later. An ambiguous commit is not: look first.
  public var isRetriable: Bool {
    switch kind {
    case .unreachable, .connectionLost, .deadlineExceeded, .poolExhausted, .lockLost: true
    case .server: isTransactionConflict || sqlState == .lockNotAvailable || sqlState?.category == "53"
    default: false
    }
  }

  /// Whether the database does not do its work for now, so that asking again later is right; anything else that it
  /// refuses is a fault of whoever asks.
  public var isOutage: Bool {
    guard kind == .server else { return !Self.ownFaults.contains(kind) }
    // Rolled back again and again, out of resources, stopping, broken; a read-only server is one that failed over.
    return isRetriable || sqlState?.rawValue == "25006"
      || ["08", "40", "53", "55", "57", "58"].contains(sqlState?.category)
  }

  private static let ownFaults: Set<Kind> = [.configuration, .decoding, .invalidParameter, .misuse, .migration]

  /// Whether waiting does not help: a person must change something first.
  var isPermanent: Bool {
    switch kind {
    case .configuration, .authentication, .tls, .unsupportedServer, .noDatabase: true
    default: false
    }
  }

  /// Whether the transaction was rolled back for a reason that running it again removes.
  var isTransactionConflict: Bool {
    sqlState == .serializationFailure || sqlState == .deadlockDetected
  }

  /// Whether a prepared statement outlived a change of its table; the cache was emptied, so a second try parses anew.
  var isStaleStatement: Bool {
    sqlState == .undefinedStatement
      || (sqlState == .featureNotSupported && message.contains("cached plan must not change result type"))
  }
}

extension PostgresError: CustomStringConvertible {
  /// One line, without any parameter's value.
  public var description: String {
    var line = "postgres: \(kind.name)"
    if let sqlState { line += " (SQLSTATE \(sqlState))" }
    line += ": \(quotableMessage)"
    if let pipelineIndex { line += "; query \(pipelineIndex) of the pipeline" }
    if let constraint { line += "; constraint \(constraint)" }
    if let table { line += "; table \(table)" }
    if let column { line += "; column \(column)" }
    if let hint { line += ". \(hint)" }
    return line
  }

  /// The message, less what may come from a parameter: data exceptions (class 22) quote the value.
  private var quotableMessage: String {
    guard kind == .server, sqlState?.category == "22", let open = message.firstIndex(of: "\"") else { return message }
    let close = message.lastIndex(of: "\"") ?? open
    return message[..<open] + "\"…\"" + message[message.index(after: close)...]
  }
}
