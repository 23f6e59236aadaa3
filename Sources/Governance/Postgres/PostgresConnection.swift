/// A connection for the use of one task at a time.
///
/// It is lent by ``PostgresPool/withConnection(deadline:_:)`` for the time of a closure; not being `Sendable`, it can
/// not be used by two tasks at once. What a statement leaves in the session (`SET`, temporary tables, advisory locks)
/// is the borrower's to undo.
public final class PostgresConnection {
  let session: Session
  private let statementTimeout: Duration
  private let leaseDeadline: ContinuousClock.Instant?
  /// A `BEGIN` that has not been sent yet: it travels with the first statement.
  var pendingBegin: String?
  /// Whether the transaction's closure has committed it already.
  var isCommitted = false
  private var isReturned = false

  init(_ session: Session, statementTimeout: Duration, deadline: ContinuousClock.Instant?) {
    self.session = session
    self.statementTimeout = statementTimeout
    leaseDeadline = deadline
  }

  /// The server process that serves this connection.
  public var backendPID: Int32 { session.backendPID }

  /// Whether a transaction is open.
  public var isInTransaction: Bool { pendingBegin != nil || session.isInTransaction }

  /// Runs one statement and returns its rows.
  ///
  /// - Parameter deadline: the end of patience; by default the configuration's statement timeout. At the deadline, and
  ///   when the task is cancelled, the server is asked to stop, and the connection stays usable.
  /// - Throws: ``PostgresError``; `CancellationError`.
  public func query(_ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil) async throws -> PostgresRows {
    let rows = try await run([query], deadline: deadline)
    guard let first = rows.first else { throw PostgresError(.misuse, "the statement gave no result") }
    return first
  }

  /// Runs one statement and returns how many rows it touched.
  @discardableResult
  public func execute(_ query: PostgresQuery, deadline: ContinuousClock.Instant? = nil) async throws -> Int {
    try await self.query(query, deadline: deadline).affected
  }

  /// Runs several statements in one round trip.
  ///
  /// Outside a transaction they succeed or fail together. The first failure ends the pipeline; the error's
  /// ``PostgresError/pipelineIndex`` names the query.
  @discardableResult
  public func pipeline(
    _ queries: [PostgresQuery], deadline: ContinuousClock.Instant? = nil
  ) async throws -> [PostgresRows] {
    queries.isEmpty ? [] : try await run(queries, deadline: deadline)
  }

  /// Runs SQL of several statements separated by semicolons, as migrations are; outside a transaction they succeed or
  /// fail together.
  public func script(_ sql: String, deadline: ContinuousClock.Instant? = nil) async throws {
    try checkLease()
    try Task.checkCancellation()
    if let begin = pendingBegin {
      pendingBegin = nil
      _ = try await session.run([PostgresQuery(unescaped: begin)], within: Exchange(deadline: end(deadline)))
    }
    try await session.script(sql, within: Exchange(deadline: end(deadline)))
  }

  func end(_ deadline: ContinuousClock.Instant?) -> ContinuousClock.Instant {
    let end = deadline ?? .now + statementTimeout
    return leaseDeadline.map { min($0, end) } ?? end
  }

  /// Makes the object useless, should someone have kept it beyond the lease.
  func endLease() {
    isReturned = true
  }

  func checkLease() throws(PostgresError) {
    if isReturned {
      throw PostgresError(.misuse, "the connection was used after its closure had ended")
    }
  }

  private func run(
    _ queries: [PostgresQuery], deadline: ContinuousClock.Instant?
  ) async throws -> [PostgresRows] {
    try checkLease()
    try Task.checkCancellation()
    let exchange = Exchange(deadline: end(deadline))
    guard ContinuousClock.now < exchange.deadline else {
      throw PostgresError(.deadlineExceeded, "the deadline had passed before the statement was sent")
    }
    let opening = pendingBegin
    pendingBegin = nil
    let wasInTransaction = opening != nil || session.isInTransaction
    do {
      return try await session.run(queries, opening: opening, within: exchange)
    } catch let error as PostgresError where error.isStaleStatement && !wasInTransaction {
      // Nothing was done: a table changed since the statement was prepared, which is prepared anew.
      return try await session.run(queries, within: exchange)
    } catch let error as PostgresError where error.kind == .invalidParameter {
      pendingBegin = opening
      throw error
    }
  }
}
