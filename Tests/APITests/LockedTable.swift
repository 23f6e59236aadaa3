import Postgres

/// A table that nobody else reads for a time.
enum LockedTable {
  /// Runs `body` while nobody reads a table, until it opens that again.
  static func run(
    _ table: String, of configuration: PostgresConfiguration,
    _ body: (_ open: @escaping @Sendable () -> Void) async throws -> Void
  ) async throws {
    let door = AsyncStream.makeStream(of: Void.self)
    let beginning = AsyncStream.makeStream(of: Void.self)
    let gate = door.stream
    let begun = beginning.continuation
    let opening = door.continuation
    async let lock: Void = hold(table, of: configuration, begun, until: gate)
    for await _ in beginning.stream {}
    try await body { opening.finish() }
    opening.finish()
    try await lock
  }

  private static func hold(
    _ table: String, of configuration: PostgresConfiguration, _ begun: AsyncStream<Void>.Continuation,
    until gate: AsyncStream<Void>
  ) async throws {
    defer { begun.finish() }
    var patient = configuration
    patient.idleInTransactionTimeout = .seconds(120)
    try await PostgresConnection.withConnection(patient) { connection in
      try await connection.execute("BEGIN")
      try await connection.execute("LOCK TABLE \(unescaped: table) IN ACCESS EXCLUSIVE MODE")
      begun.finish()
      for await _ in gate {}
      try await connection.execute("COMMIT")
    }
  }
}
