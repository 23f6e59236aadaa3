internal import CLibPQ

extension Session {
  /// What a pipeline came to: the results up to the first failure.
  struct Outcome {
    var rows: [PostgresRows] = []
    var failure: PostgresError?
    /// As the caller is to see it: the interruption, where that was the cause.
    var cause: (any Error)?
  }

  /// Sends the queries in one go and gathers their results; after a failure the server skips the rest.
  ///
  /// - Parameter opening: a `BEGIN` to send ahead.
  func run(_ queries: [PostgresQuery], opening: String? = nil, within exchange: Exchange) async throws
    -> [PostgresRows]
  {
    let outcome = try await gather(queries, opening: opening, within: exchange)
    if let cause = outcome.cause { throw cause }
    return outcome.rows
  }

  /// As ``run(_:opening:within:)``, but that a statement's failure is told together with what came before it.
  func gather(_ queries: [PostgresQuery], opening: String? = nil, within exchange: Exchange) async throws -> Outcome {
    guard !isBroken else { throw PostgresError(.connectionLost, "the connection is of no further use") }
    var exchange = exchange
    let steps = try send(queries, opening: opening)
    var gathered = Outcome()
    for step in steps {
      let index = queries.count > 1 ? step.index : nil
      switch try await outcome(&exchange, of: index) {
      case .success(let handle):
        if case .query = step { gathered.rows.append(PostgresRows(handle: handle)) }
      case .failure(var error):
        undo(step)
        guard gathered.failure == nil else { continue }
        error.pipelineIndex = index
        gathered.failure = error
      }
    }
    try await endMark(&exchange)
    await settle(exchange)
    guard let failure = gathered.failure else { return gathered }
    if failure.isStaleStatement { cache.removeAll(areKnownToServer: failure.sqlState != .undefinedStatement) }
    gathered.cause = exchange.cause(of: failure)
    return gathered
  }

  /// Runs SQL of several statements, without parameters.
  func script(_ sql: String, within exchange: Exchange) async throws {
    guard !isBroken else { throw PostgresError(.connectionLost, "the connection is of no further use") }
    guard !sql.utf8.contains(0) else { throw PostgresError(.invalidParameter, "the script holds a NUL character") }
    var exchange = exchange
    guard PQexitPipelineMode(pointer) == 1, PQsendQuery(pointer, sql) == 1 else { throw broken(.lost(pointer)) }
    var failure: PostgresError?
    while let result = try await nextResult(&exchange) {
      if case .failure(let error) = try examine(ResultHandle(result)), failure == nil { failure = error }
    }
    await settle(exchange)
    guard PQenterPipelineMode(pointer) == 1 else { throw broken(.lost(pointer)) }
    if let failure { throw exchange.cause(of: failure) }
  }

  /// One command's result and the `nil` that ends it.
  private func outcome(_ exchange: inout Exchange, of index: Int?) async throws -> Result<ResultHandle, PostgresError> {
    guard let result = try await nextResult(&exchange) else {
      throw broken(PostgresError(.connectionLost, "the server's answers do not match the statements"))
    }
    let outcome: Result<ResultHandle, PostgresError>
    do {
      outcome = try examine(ResultHandle(result))
    } catch {
      // The server's last words say which of the statements it did not come through.
      var error = error
      if error.sqlState != nil { error.pipelineIndex = index }
      throw exchange.cause(of: error)
    }
    if let extra = try await nextResult(&exchange) {
      PQclear(extra)
      throw broken(PostgresError(.connectionLost, "the server's answers do not match the statements"))
    }
    return outcome
  }

  private func examine(_ handle: ResultHandle) throws(PostgresError) -> Result<ResultHandle, PostgresError> {
    switch PQresultStatus(handle.pointer) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      return .success(handle)
    case PGRES_PIPELINE_ABORTED:
      return .failure(PostgresError(.server, "skipped, since an earlier query of the pipeline failed"))
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      throw broken(PostgresError(.misuse, "COPY through the client is not supported"))
    default:
      let error = PostgresError(result: handle.pointer)
      if error.kind == .connectionLost { throw broken(error) }
      return .failure(error)
    }
  }

  private func endMark(_ exchange: inout Exchange) async throws {
    let result = try await nextResult(&exchange)
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { throw broken(.lost(pointer)) }
  }

  private func undo(_ step: Step) {
    switch step {
    case .prepare(let name, _): cache.remove(name: name)
    case .free(let name): cache.free(name: name)
    case .begin, .query: break
    }
  }
}
