/// Where the database is and how this process uses it.
///
/// The password never appears in a description.
public struct PostgresConfiguration: Sendable {
  /// libpq's connection parameters by their keyword, such as `host`, `sslmode`, `password`.
  var parameters: [String: String]

  /// The name that `pg_stat_activity` shows.
  public var applicationName: String {
    get { parameters["application_name"] ?? "regie" }
    set { parameters["application_name"] = newValue }
  }

  /// Connections kept open while idle.
  public var minimumConnections = 1
  /// Connections that may be open at once.
  public var maximumConnections = 8
  /// Tasks that may wait for a connection; the next one is refused at once.
  public var maximumWaiters = 512
  /// How long a connection beyond the minimum stays open unused.
  public var idleTimeout: Duration = .seconds(300)
  /// How long a connection lives at most, so that load spreads again after a fail-over.
  public var maximumLifetime: Duration = .seconds(3600)
  /// How long a connection may lie idle before it is checked.
  public var healthCheckInterval: Duration = .seconds(30)
  /// The longest time for one server to accept a connection.
  public var connectTimeout: Duration = .seconds(5)
  /// The longest wait for a connection of the pool where the caller gives no deadline.
  public var acquireTimeout: Duration = .seconds(10)
  /// The default deadline of a statement or pipeline, and of a commit.
  public var statementTimeout: Duration = .seconds(30)
  /// How long the server may take for what it can do at once, before the connection is given up: to stop a statement,
  /// to roll back, to give a sign of life.
  public var answerTimeout: Duration = .seconds(3)
  /// How long the server lets a transaction lie idle before it ends the connection and so frees its locks.
  ///
  /// A process that was stopped inside of a transaction holds up whoever wants the same rows for so long.
  public var idleInTransactionTimeout: Duration = .seconds(15)
  /// How long sent data may stay unacknowledged before the connection counts as lost, on either side: so the server
  /// also ends the transaction of a process that was stopped while it was sent to.
  public var tcpUserTimeout: Duration = .seconds(15)
  /// How long a silent connection waits before the kernel probes it.
  public var keepaliveIdle: Duration = .seconds(15)
  /// Statements kept prepared on each connection.
  public var preparedStatements = 256

  /// The same server and credentials, another database.
  public func with(database: String) -> PostgresConfiguration {
    var copy = self
    copy.parameters["dbname"] = database
    return copy
  }

  /// The same with a part added to the application's name, to tell connections apart.
  public func named(_ suffix: String) -> PostgresConfiguration {
    var copy = self
    copy.applicationName = "\(applicationName)/\(suffix)"
    return copy
  }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
  /// The address, without password or any other secret.
  public var description: String {
    let host = parameters["host"] ?? parameters["hostaddr"] ?? "local socket"
    return "postgres \(host):\(parameters["port"] ?? "5432")/\(parameters["dbname"] ?? "")"
      + " as \(parameters["user"] ?? "the system's user"), sslmode \(parameters["sslmode"] ?? "prefer")"
  }

  /// Shows the description only, so that `dump` does not print the password either.
  public var customMirror: Mirror {
    Mirror(self, children: ["description": description])
  }
}
