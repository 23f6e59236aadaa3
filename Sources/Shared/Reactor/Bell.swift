import NIOConcurrencyHelpers

/// A sticky wake-up for one waiting task.
///
/// A ring that comes while nobody waits is remembered, so a caller that checks its state and then waits can not
/// miss the event between the two. Several rings collapse into one: a ring says "look again", not "how often".
public final class Bell: Sendable {
  private enum State {
    case idle
    case rung
    case waiting(CheckedContinuation<Void, Never>)
  }

  private let state = NIOLockedValueBox(State.idle)

  /// A silent bell.
  public init() {}

  /// Wakes the waiting task, or the next one to wait. Safe from any thread; never blocks.
  public func ring() {
    let waiter: CheckedContinuation<Void, Never>? = state.withLockedValue { state in
      switch state {
      case .idle, .rung:
        state = .rung
        return nil
      case .waiting(let continuation):
        state = .idle
        return continuation
      }
    }
    waiter?.resume()
  }

  /// Waits for the next ring. Returns at once when one is pending, and when the calling task is cancelled:
  /// whoever waits re-checks its condition and `Task.isCancelled`.
  ///
  /// - Important: One task at a time may wait. A second waiter is let go at once, and so is told to look again.
  public func wait() async {
    await withTaskCancellationHandler {
      await waitForRing()
    } onCancel: {
      ring()
    }
  }

  /// Waits for the next ring, but not past `deadline`. As for ``wait()``, the caller re-checks why it woke.
  public func wait(until deadline: ContinuousClock.Instant, on reactor: Reactor = .shared) async {
    let alarm = reactor.ring(self, at: deadline)
    await wait()
    reactor.cancel(alarm)
  }

  /// Waits for the next ring, but not past `deadline`, even in a cancelled task: for the work that must be finished
  /// after a cancellation, such as emptying a connection before it is handed back.
  public func waitThroughCancellation(
    until deadline: ContinuousClock.Instant, on reactor: Reactor = .shared
  ) async {
    let alarm = reactor.ring(self, at: deadline)
    await waitForRing()
    reactor.cancel(alarm)
  }

  private func waitForRing() async {
    await withCheckedContinuation { continuation in
      let resumeNow: Bool = state.withLockedValue { state in
        switch state {
        case .idle:
          state = .waiting(continuation)
          return false
        case .rung:
          state = .idle
          return true
        case .waiting:
          return true
        }
      }
      if resumeNow { continuation.resume() }
    }
  }
}
