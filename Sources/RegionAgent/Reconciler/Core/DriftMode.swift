internal import Events

/// What is done about a change that somebody made by hand.
public enum DriftMode: String, Sendable, CaseIterable {
  /// It is put back.
  case correct
  /// It is put back, unless the namespace says that corrections pause until a moment that has not come.
  case correctUnlessPaused = "correct-unless-paused"
  /// It is only told. A newer revision is applied all the same, and takes the change away.
  case report

  /// The longest pause, in microseconds: a day. One that says more pauses nothing: it would be forgotten there.
  static let longestPause: Int64 = 86_400_000_000

  /// Until when corrections rest, at the moment `now`, on a namespace that says `pause`.
  enum Rest: Sendable, Hashable {
    case none
    case until(Timestamp)
    case forGood
  }

  func rest(at now: Timestamp, pause: Timestamp?) -> Rest {
    switch self {
    case .correct: return .none
    case .report: return .forGood
    case .correctUnlessPaused:
      guard let pause, (1...Self.longestPause).contains(pause.microseconds(since: now)) else { return .none }
      return .until(pause)
    }
  }
}
