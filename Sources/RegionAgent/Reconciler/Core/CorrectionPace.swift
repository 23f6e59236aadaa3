internal import Events

/// Slows corrections down when something else keeps changing what we put back: five at full speed within ten seconds,
/// then one after 1, 2, 4 … 64 s each, until one has held for ten seconds longer than the wait before it.
struct CorrectionPace: Sendable {
  /// Corrections at full speed within ``window``.
  static let burst = 5
  /// Microseconds.
  static let window: Int64 = 10_000_000
  private static let firstWait: Int64 = 1_000_000
  private static let longestWait: Int64 = 64_000_000

  private var recent: [Timestamp] = []
  private var wait: Int64 = 0
  private var due: Timestamp?

  /// Counts a correction that is about to be made; or, when there were too many, the moment to ask again.
  mutating func hold(at now: Timestamp) -> Timestamp? {
    if let due {
      // A moment further off than the whole wait means that the clock went back.
      guard !(0..<wait).contains(due.microseconds(since: now) - 1) else { return due }
      self.due = nil
    } else {
      if let last = recent.last, !(0...Self.window + wait).contains(now.microseconds(since: last)) {
        recent = []
        wait = 0
      }
      recent.removeAll { now.microseconds(since: $0) > Self.window }
      if wait > 0 || recent.count >= Self.burst {
        wait = min(max(wait * 2, Self.firstWait), Self.longestWait)
        due = Timestamp(microseconds: now.microseconds + wait)
        return due
      }
    }
    recent = recent.suffix(Self.burst - 1) + [now]
    return nil
  }
}
