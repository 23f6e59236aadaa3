internal import NIOConcurrencyHelpers
internal import Reactor

/// A task's place in the queue for a connection.
final class PoolWaiter: Sendable {
  let id: UInt64
  let bell = Bell()
  private let answer = NIOLockedValueBox<Result<PoolLease, PostgresError>?>(nil)

  init(id: UInt64) {
    self.id = id
  }

  func resolve(_ result: Result<PoolLease, PostgresError>) {
    answer.withLockedValue { $0 = result }
    bell.ring()
  }

  func takeAnswer() -> Result<PoolLease, PostgresError>? {
    answer.withLockedValue { value in
      defer { value = nil }
      return value
    }
  }
}

/// A session on loan.
struct PoolLease: Sendable {
  let id: PoolStateMachine.ConnectionID
  let session: Session
}
