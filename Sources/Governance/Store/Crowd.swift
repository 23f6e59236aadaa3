import Foundation

/// Who is there, counted; and a thread that waits until nobody is.
///
/// `@unchecked Sendable`: the count is read and written under the condition's lock only, and the condition never changes.
final class Crowd: @unchecked Sendable {
  private let condition = NSCondition()
  private var count = 0

  func enter() {
    condition.withLock { count += 1 }
  }

  func leave() {
    condition.withLock {
      count -= 1
      if count == 0 { condition.broadcast() }
    }
  }

  /// Blocks the thread until nobody is there.
  ///
  /// - Returns: false where somebody still was after the longest time.
  func waitUntilGone(atMost most: Duration) -> Bool {
    let end = Date(timeIntervalSinceNow: most / .seconds(1))
    return condition.withLock {
      while count > 0 {
        guard condition.wait(until: end) else { return count == 0 }
      }
      return true
    }
  }
}
