import Glibc
import Synchronization

/// Who is there, counted; and a thread that waits until nobody is.
///
/// There is no lock: a thread of low priority that is put aside while it holds one would keep those who come waiting.
final class Crowd: Sendable {
  private let count = Atomic(0)

  func enter() { count.add(1, ordering: .relaxed) }

  func leave() { count.subtract(1, ordering: .relaxed) }

  /// Blocks the thread until nobody is there, looking every so often: nobody who leaves is to wake anybody.
  ///
  /// - Returns: false where somebody still was after the longest time.
  @discardableResult
  func waitUntilGone(atMost most: Duration) -> Bool {
    let end = ContinuousClock.now + most
    while count.load(ordering: .relaxed) > 0 {
      guard ContinuousClock.now < end else { return false }
      usleep(Self.microseconds)
    }
    return true
  }

  private static let microseconds: useconds_t = 200
}
