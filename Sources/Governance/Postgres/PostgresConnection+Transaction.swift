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
    let value: T
    do {
      value = try await body(self)
      try Task.checkCancellation()
    } catch {
      await rollBack()
      throw error
    }
    try await commit()
    return value
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
      guard rows.first?.handle.commandTag == "COMMIT" else {
        throw PostgresError(
          .transactionAborted, "a statement of the transaction had failed: the server rolled it back",
          hint: "Let the statement's error leave the closure")
      }
    } catch let error as PostgresError where error.kind == .connectionLost || error.kind == .deadlineExceeded {
      throw session.broken(
        PostgresError(
          .ambiguousCommit, "no answer to COMMIT: the transaction may or may not be committed (\(error.message))",
          hint: "Read what it would have written before doing it again"))
    }
  }

  /// Ends an open transaction without its effects; a connection that can not even do that is given up.
  func rollBack() async {
    pendingBegin = nil
    guard !session.isBroken, session.isInTransaction else { return }
    let exchange = Exchange(
      deadline: .now + Exchange.drainTime, heedsCancellation: false, stopsStatement: false)
    do {
      _ = try await session.run(["ROLLBACK"], within: exchange)
    } catch {
      _ = session.broken(PostgresError(.connectionLost, "ROLLBACK failed"))
    }
  }
}
