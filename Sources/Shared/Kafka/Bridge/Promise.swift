internal import NIOConcurrencyHelpers

/// A result that comes once, from anywhere, for the one task that waits for it.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case pending
    case waiting(CheckedContinuation<Value, any Error>)
    case done(Result<Value, any Error>)
  }

  private let state = NIOLockedValueBox(State.pending)

  /// Gives the result, and tells whether it is the first one; later ones are dropped.
  @discardableResult
  func complete(_ result: Result<Value, any Error>) -> Bool {
    let (waiter, isFirst): (CheckedContinuation<Value, any Error>?, Bool) = state.withLockedValue { state in
      switch state {
      case .pending:
        state = .done(result)
        return (nil, true)
      case .waiting(let continuation):
        state = .done(result)
        return (continuation, true)
      case .done:
        return (nil, false)
      }
    }
    waiter?.resume(with: result)
    return isFirst
  }

  /// Waits for the result. A cancelled task gets `CancellationError` at once, and the result is dropped.
  /// - Important: To be called once.
  func value() async throws -> Value {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let ready: Result<Value, any Error>? = state.withLockedValue { state in
          if case .done(let result) = state { return result }
          state = .waiting(continuation)
          return nil
        }
        if let ready { continuation.resume(with: ready) }
      }
    } onCancel: {
      complete(.failure(CancellationError()))
    }
  }
}
