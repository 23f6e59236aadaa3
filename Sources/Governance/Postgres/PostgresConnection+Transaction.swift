extension PostgresConnection {
  /// Runs `body` within a transaction: committed when it returns, rolled back when it throws or when the task has been
  /// cancelled by then. `BEGIN` travels with the first statement; a body without statements costs nothing.
  ///
  /// - Throws: what `body` throws; ``PostgresError/Kind/ambiguousCommit`` when the connection broke during `COMMIT`;
  ///   ``PostgresError/Kind/transactionAborted`` when `body` swallowed a statement's error.
  @discardableResult
  public func transaction<T>(
    isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false,
    _ body: (PostgresConnection) async throws -> T
  ) async throws -> T {
    try checkLease()
    guard !isInTransaction else {
      throw PostgresError(.misuse, "transactions do not nest", hint: "Pass the connection on, and open one transaction")
    }
    pendingBegin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
    isCommitted = false
    let value: T
    do {
      value = try await body(self)
      if isCommitted { return value }
      try Task.checkCancellation()
    } catch {
      await rollBack()
      throw error
    }
    try await commit()
    return value
  }

  /// Runs several statements and commits, all in one round trip: locks are held no longer than the server itself takes.
  /// The last thing that the closure of a transaction does.
  ///
  /// - Returns: the statements' results. Where one failed, `failure` says so, and nothing was committed: the results are
  ///   those of the statements before it.
  /// - Throws: as ``transaction(isolation:readOnly:_:)``.
  public func commit(after queries: [PostgresQuery]) async throws -> (rows: [PostgresRows], failure: PostgresError?) {
    try checkLease()
    try Task.checkCancellation()
    guard isInTransaction, !isCommitted else {
      throw PostgresError(.misuse, "there is no transaction to commit")
    }
    guard session.looksAlive() else {
      throw session.broken(PostgresError(.connectionLost, "the connection broke before COMMIT: nothing was committed"))
    }
    let exchange = Exchange(deadline: end(nil))
    guard ContinuousClock.now < exchange.deadline else {
      throw PostgresError(.deadlineExceeded, "the deadline had passed before the statement was sent")
    }
    let opening = pendingBegin
    pendingBegin = nil
    do {
      let outcome = try await session.gather(queries + ["COMMIT"], opening: opening, within: exchange)
      if let failure = outcome.cause as? PostgresError { return (outcome.rows, failure) }
      if let cause = outcome.cause { throw cause }
      guard outcome.rows.last?.handle.commandTag == "COMMIT" else { throw Self.aborted }
      isCommitted = true
      return (outcome.rows.dropLast(), nil)
    } catch let error as PostgresError where error.kind == .invalidParameter {
      pendingBegin = opening
      throw error
    } catch let error as PostgresError where (error.pipelineIndex ?? queries.count) < queries.count {
      // Its last words are about a statement before COMMIT, which it has not seen then.
      throw error
    } catch  where session.isBroken {
      throw ambiguous(error)
    }
  }

  private static let aborted = PostgresError(
    .transactionAborted, "a statement of the transaction had failed: the server rolled it back",
    hint: "Let the statement's error leave the closure")

  private func ambiguous(_ error: any Error) -> PostgresError {
    let message = (error as? PostgresError)?.message ?? "\(error)"
    return session.broken(
      PostgresError(
        .ambiguousCommit, "no answer to COMMIT: the transaction may or may not be committed (\(message))",
        hint: "Read what it would have written before doing it again"))
  }

  private func commit() async throws {
    guard pendingBegin == nil else {
      pendingBegin = nil
      return
    }
    guard session.looksAlive() else {
      throw session.broken(PostgresError(.connectionLost, "the connection broke before COMMIT: nothing was committed"))
    }
    let exchange = Exchange(deadline: end(nil), heedsCancellation: false, stopsStatement: false)
    do {
      let rows = try await session.run(["COMMIT"], within: exchange)
      guard rows.first?.handle.commandTag == "COMMIT" else { throw Self.aborted }
    } catch let error as PostgresError where error.kind == .connectionLost || error.kind == .deadlineExceeded {
      throw ambiguous(error)
    }
  }

  /// Ends an open transaction without its effects; a connection that can not even do that is given up.
  func rollBack() async {
    pendingBegin = nil
    guard !session.isBroken, session.isInTransaction else { return }
    let exchange = Exchange(
      deadline: .now + session.answerTimeout, heedsCancellation: false, stopsStatement: false)
    do {
      _ = try await session.run(["ROLLBACK"], within: exchange)
    } catch {
      _ = session.broken(PostgresError(.connectionLost, "ROLLBACK failed"))
    }
  }
}
