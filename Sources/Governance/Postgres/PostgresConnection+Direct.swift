extension PostgresConnection {
  /// Opens a connection outside any pool for the time of `body`: for what must not go through a pooler, such as
  /// session locks.
  @discardableResult
  public static func withConnection<T>(
    _ configuration: PostgresConfiguration, _ body: (PostgresConnection) async throws -> T
  ) async throws -> T {
    let session = try await Session.open(configuration)
    let connection = PostgresConnection(session, statementTimeout: configuration.statementTimeout, deadline: nil)
    defer { connection.endLease() }
    return try await body(connection)
  }
}
