import NIOConcurrencyHelpers

/// Something a process says once it is ready, awaited with a deadline.
final class Announcement: Sendable {
  private let stream: AsyncThrowingStream<String, any Error>
  private let continuation: AsyncThrowingStream<String, any Error>.Continuation
  private let isMade = NIOLockedValueBox(false)

  init() {
    (stream, continuation) = AsyncThrowingStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
  }

  /// The first value wins.
  func announce(_ text: String) {
    isMade.withLockedValue { $0 = true }
    continuation.yield(text)
    continuation.finish()
  }

  /// There will be no announcement.
  ///
  /// - Returns: Whether there was one before.
  @discardableResult
  func fail(_ error: any Error) -> Bool {
    continuation.finish(throwing: error)
    return isMade.withLockedValue { $0 }
  }

  /// Waits for the value; once.
  ///
  /// - Throws: What ``fail(_:)`` was told, or `timeout` after `limit`.
  func wait(limit: Duration, timeout: @escaping @Sendable () -> any Error) async throws -> String {
    try await withThrowingTaskGroup(of: String?.self) { group in
      group.addTask { [stream] in
        for try await text in stream { return text }
        return nil
      }
      group.addTask {
        try await Task.sleep(for: limit)
        throw timeout()
      }
      defer { group.cancelAll() }
      guard let text = try await group.next() ?? nil else { throw CancellationError() }
      return text
    }
  }
}
