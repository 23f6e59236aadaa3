internal import Metrics
internal import NIOConcurrencyHelpers
internal import Reactor

extension PostgresPool {
  /// Lends a connection to `body`.
  ///
  /// - Parameter deadline: the end of patience for getting the connection and for all that is done with it; by default
  ///   the configuration's acquire timeout, then its statement timeout for each statement.
  /// - Throws: what `body` throws; ``PostgresError/Kind/poolExhausted`` where all connections are in use, and why there is
  ///   none where there is none; `CancellationError`.
  @discardableResult
  public func withConnection<T>(
    deadline: ContinuousClock.Instant? = nil, _ body: (PostgresConnection) async throws -> T
  ) async throws -> T {
    let lease = try await acquire(until: deadline ?? .now + configuration.acquireTimeout)
    let connection = PostgresConnection(
      lease.session, statementTimeout: configuration.statementTimeout, deadline: deadline)
    do {
      let value = try await body(connection)
      await giveBack(lease, connection)
      return value
    } catch {
      await giveBack(lease, connection)
      throw error
    }
  }

  /// Runs `body` within a transaction, again when the server rolled it back because of another transaction
  /// (SQLSTATE 40001, 40P01, and a statement prepared before a table changed). `body` must therefore change nothing
  /// but the database.
  ///
  /// - Parameter retries: how many times it is run again at most.
  /// - Throws: as for ``PostgresConnection/transaction(isolation:readOnly:_:)``. An ambiguous commit is never retried.
  @discardableResult
  public func withTransaction<T>(
    isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false, retries: Int = 5,
    deadline: ContinuousClock.Instant? = nil, _ body: (PostgresConnection) async throws -> T
  ) async throws -> T {
    var failures = 0
    while true {
      do {
        return try await withConnection(deadline: deadline) { connection in
          try await connection.transaction(isolation: isolation, readOnly: readOnly, body)
        }
      } catch let error as PostgresError
        where failures < retries && (error.isTransactionConflict || error.isStaleStatement)
      {
        failures += 1
        metrics.countTransactionRetry()
        try await Task.sleep(for: Backoff.conflict.pause(after: failures, chance: .random(in: 0..<1)))
      }
    }
  }

  private func giveBack(_ lease: PoolLease, _ connection: PostgresConnection) async {
    await connection.rollBack()
    connection.endLease()
    handle(.returned(lease.id, usable: !lease.session.isBroken && !lease.session.isInTransaction))
  }

  private func acquire(until deadline: ContinuousClock.Instant) async throws -> PoolLease {
    let start = ContinuousClock.now
    defer { metrics.recordAcquire(start.duration(to: .now)) }
    var goesFirst = false
    while true {
      let lease = try await wait(until: deadline, goesFirst: goesFirst)
      if lease.session.looksAlive() { return lease }
      handle(.returned(lease.id, usable: false))
      goesFirst = true
    }
  }

  private func wait(until deadline: ContinuousClock.Instant, goesFirst: Bool) async throws -> PoolLease {
    try Task.checkCancellation()
    let waiter = state.withLockedValue { state in
      let waiter = PoolWaiter(id: state.nextWaiterID)
      state.nextWaiterID += 1
      state.waiters[waiter.id] = waiter
      return waiter
    }
    handle(.acquire(waiter.id, goesFirst: goesFirst))
    while true {
      if let answer = waiter.takeAnswer() { return try answer.get() }
      if Task.isCancelled || ContinuousClock.now >= deadline {
        try withdraw(waiter)
      } else {
        await waiter.bell.wait(until: deadline)
      }
    }
  }

  /// Leaves the queue; does nothing when the answer is on its way already.
  private func withdraw(_ waiter: PoolWaiter) throws {
    // Both under one lock: the machine must not lend a connection to a waiter that is gone.
    let (wasWaiting, absence) = state.withLockedValue { state in
      let wasWaiting = state.waiters.removeValue(forKey: waiter.id) != nil
      _ = state.machine.handle(.abandon(waiter.id), at: .now, chance: 0)
      return (wasWaiting, state.machine.absence)
    }
    guard wasWaiting else { return }
    try Task.checkCancellation()
    // Busy and away are not the same to whoever takes an instance out of service.
    if let absence { throw absence }
    throw PostgresError(
      .poolExhausted, "no connection became free in time", hint: "Shorten what holds connections, or raise the limits")
  }
}
