import Foundation

/// Something a process says once it is ready, awaited with a deadline.
actor Announcement {
  private var value: String?
  private var failure: (any Error)?
  private var waiters: [CheckedContinuation<String, any Error>] = []

  /// The first value wins.
  func announce(_ text: String) {
    guard value == nil else { return }
    value = text
    for waiter in waiters { waiter.resume(returning: text) }
    waiters = []
  }

  func fail(_ error: any Error) {
    guard value == nil, failure == nil else { return }
    failure = error
    for waiter in waiters { waiter.resume(throwing: error) }
    waiters = []
  }

  /// Waits for the value.
  ///
  /// - Throws: ``DevError`` after `limit`.
  func wait(for what: String, limit: Duration = .seconds(60)) async throws -> String {
    let alarm = Task {
      try? await Task.sleep(for: limit)
      if !Task.isCancelled { fail(DevError("\(what) n'est pas prêt après \(limit)")) }
    }
    defer { alarm.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let value { return continuation.resume(returning: value) }
        if let failure { return continuation.resume(throwing: failure) }
        waiters.append(continuation)
      }
    } onCancel: {
      Task { await self.fail(CancellationError()) }
    }
  }
}
