internal import CLibPQ
@preconcurrency internal import Glibc
internal import Reactor

extension Session {
  /// The next result of libpq, `nil` at the end of a command's results.
  func nextResult(_ exchange: inout Exchange) async throws -> OpaquePointer? {
    while PQisBusy(pointer) == 1 {
      let hasUnsent = PQflush(pointer) == 1
      guard PQconsumeInput(pointer) == 1 else { throw exchange.cause(of: broken(.lost(pointer))) }
      guard PQisBusy(pointer) == 1 else { break }
      // One read takes one buffer; the edge will not come again for what the socket still holds.
      if isReady(for: Int16(hasUnsent ? POLLIN | POLLOUT : POLLIN)) {
        await Task.yield()
        if exchange.interruption == nil { interruptIfDue(&exchange) }
      } else {
        try await pause(&exchange)
      }
    }
    return PQgetResult(pointer)
  }

  /// Waits until a cancellation that is under way can no longer strike a later statement.
  func settle(_ exchange: Exchange) async {
    guard let request = exchange.request else { return }
    while !request.isDone, ContinuousClock.now < exchange.drainEnd {
      await bell.waitThroughCancellation(until: exchange.drainEnd)
    }
    if !request.isDone { _ = broken(PostgresError(.connectionLost, "a cancellation is under way")) }
  }

  private func pause(_ exchange: inout Exchange) async throws {
    if exchange.interruption == nil { interruptIfDue(&exchange) }
    guard let interruption = exchange.interruption else {
      if exchange.heedsCancellation {
        await bell.wait(until: exchange.deadline)
      } else {
        await bell.waitThroughCancellation(until: exchange.deadline)
      }
      return
    }
    guard ContinuousClock.now < exchange.drainEnd else {
      _ = broken(PostgresError(.connectionLost, "no answer"))
      throw interruption.error
    }
    await bell.waitThroughCancellation(until: exchange.drainEnd)
  }

  private func interruptIfDue(_ exchange: inout Exchange) {
    if exchange.heedsCancellation, Task.isCancelled {
      exchange.interrupt(.cancelled, on: self)
    } else if ContinuousClock.now >= exchange.deadline {
      exchange.interrupt(.deadline, on: self)
    }
  }
}
