/// The patience of one exchange with the server, and how it ran out.
struct Exchange {
  /// What interrupted the exchange: the error that the caller is to see.
  enum Interruption {
    case cancelled
    case deadline

    var error: any Error {
      switch self {
      case .cancelled: CancellationError()
      case .deadline: PostgresError(.deadlineExceeded, "the deadline passed; the statement was cancelled")
      }
    }
  }

  let deadline: ContinuousClock.Instant
  /// Whether the task's cancellation stops the exchange; not so while a transaction is being ended.
  var heedsCancellation = true
  /// Whether the server is asked to stop the statement; otherwise the connection is given up at the deadline.
  var stopsStatement = true

  private(set) var interruption: Interruption?
  private(set) var request: CancelRequest?
  private(set) var drainEnd: ContinuousClock.Instant

  init(deadline: ContinuousClock.Instant, heedsCancellation: Bool = true, stopsStatement: Bool = true) {
    self.deadline = deadline
    self.heedsCancellation = heedsCancellation
    self.stopsStatement = stopsStatement
    drainEnd = deadline
  }

  /// Begins to empty the connection, after asking the server to stop.
  mutating func interrupt(_ reason: Interruption, on session: Session) {
    interruption = reason
    guard stopsStatement else {
      drainEnd = .now
      return
    }
    drainEnd = .now + session.answerTimeout
    request = CancelRequest(session)
  }

  /// The error to show for `failure`: the interruption, where that was the cause.
  func cause(of failure: PostgresError) -> any Error {
    guard let interruption, failure.sqlState == .queryCanceled || failure.kind == .connectionLost else {
      return failure
    }
    return interruption.error
  }
}
