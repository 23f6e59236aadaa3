import Glibc
import Synchronization

/// Who is there, counted; how long nobody was; and a thread that waits until nobody is.
///
/// There is no lock: a thread of low priority that is put aside while it holds one would keep those who come waiting.
final class Crowd: Sendable {
  private let count = Atomic(0)
  private static let beginning = ContinuousClock.now
  /// When the last one left, in nanoseconds since the beginning.
  private let left: Atomic<Int64>

  /// Nobody was ever there, by what is known from now on.
  init() { left = Atomic(Self.elapsed) }

  /// Now, in nanoseconds since the beginning.
  static var elapsed: Int64 { Int64((ContinuousClock.now - beginning) / .nanoseconds(1)) }

  /// For how long nobody has been there; zero while somebody is.
  var absence: Duration {
    let since = left.load(ordering: .relaxed)
    return count.load(ordering: .relaxed) > 0 ? .zero : .nanoseconds(max(0, Self.elapsed - since))
  }

  func enter() { count.add(1, ordering: .relaxed) }

  func leave() { leave(at: Self.elapsed) }

  /// Whoever is put aside once he has read the clock says so after those who have left since: what counts is who was
  /// the last to leave, and not who says so last.
  ///
  /// - Parameter moment: as ``elapsed``.
  func leave(at moment: Int64) {
    left.max(moment, ordering: .relaxed)
    count.subtract(1, ordering: .relaxed)
  }

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
