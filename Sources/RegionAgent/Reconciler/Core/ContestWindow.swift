internal import Events

/// Whether an object is fought over by somebody who is too slow to be slowed down: ten corrections within ten minutes, until
/// one has held for ten minutes. Nothing waits for it.
struct ContestWindow: Sendable {
  /// Corrections within ``window``.
  static let threshold = 10
  /// Microseconds.
  static let window: Int64 = 600_000_000

  /// The latest corrections; of more than the threshold none tells anything new.
  private(set) var recent: [Timestamp] = []
  private var isContested = false

  /// Counts a correction that is about to be made.
  mutating func count(at now: Timestamp) {
    if end(at: now) == nil { isContested = false }
    recent.removeAll { !(0..<Self.window).contains(now.microseconds(since: $0)) }
    recent = recent.suffix(Self.threshold - 1) + [now]
    if recent.count == Self.threshold { isContested = true }
  }

  /// Until when it counts as fought over where nothing more is corrected; nil where it does not. A clock that was put back
  /// ends it too.
  func end(at now: Timestamp) -> Timestamp? {
    guard isContested, let last = recent.last, (0..<Self.window).contains(now.microseconds(since: last)) else {
      return nil
    }
    return Timestamp(microseconds: last.microseconds + Self.window)
  }
}
