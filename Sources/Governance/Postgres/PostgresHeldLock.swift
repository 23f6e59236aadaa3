internal import NIOConcurrencyHelpers
internal import Reactor

/// An advisory lock in the hands of ``PostgresAdvisoryLock/withLock(_:)``'s closure.
///
/// A lock is not a fence: between the loss and its notice the holder believes it still holds it. What must not happen
/// twice needs a fence of its own.
public final class PostgresHeldLock: Sendable {
  /// The server process that holds the lock.
  public let backendPID: Int32
  private let lost = NIOLockedValueBox(false)
  private let bell = Bell()

  init(backendPID: Int32) {
    self.backendPID = backendPID
  }

  /// Whether the lock's connection broke.
  public var isLost: Bool { lost.withLockedValue { $0 } }

  /// Returns when the lock's connection broke, or the task was cancelled. For one task at a time.
  public func waitUntilLost() async {
    while !isLost, !Task.isCancelled { await bell.wait() }
    // The next one to wait is told as well.
    if isLost { bell.ring() }
  }

  func markLost() {
    lost.withLockedValue { $0 = true }
    bell.ring()
  }
}
