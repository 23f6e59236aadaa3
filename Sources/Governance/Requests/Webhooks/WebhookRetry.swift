public import Events

/// When something that was not delivered is tried again, and when no more.
public struct WebhookRetry: Sendable, Hashable {
  /// What follows from an attempt that failed.
  public enum Verdict: Sendable, Hashable {
    /// It is tried again, the destination left alone until then.
    case again(Timestamp)
    /// It is tried no more.
    case dead
  }

  /// The first wait, in seconds; it doubles with each failure in a row.
  public static let shortest: Int64 = 5
  /// The longest wait between two attempts.
  public static let longest: Int64 = 3600
  /// How long anything is tried.
  public static let patience: Int64 = 86_400

  /// - Parameters:
  ///   - failures: how many attempts at the destination have failed in a row, this one included.
  ///   - since: when it was to be told first.
  ///   - now: by the database's clock.
  ///   - retryAfter: for how many seconds the destination asks to be left alone.
  ///   - jitter: 0 up to 1.
  ///   - isGone: whether the destination says that it takes nothing any more.
  public static func verdict(
    failures: Int, since: Timestamp, now: Timestamp, retryAfter: Int64? = nil, jitter: Double, isGone: Bool = false
  ) -> Verdict {
    guard !isGone else { return .dead }
    let ceiling = min(shortest << Int64(min(max(failures, 1) - 1, 16)), longest)
    // Between half and all of it: destinations that fell together do not rise together.
    let wait = Double(ceiling) * (0.5 + min(max(jitter, 0), 1) / 2)
    // Nobody is left alone for longer than anything is tried.
    let asked = Double(min(max(retryAfter ?? 0, 0), longest))
    let at = Timestamp(microseconds: now.microseconds + Int64(max(wait, asked) * 1_000_000))
    return at.microseconds - since.microseconds > patience * 1_000_000 ? .dead : .again(at)
  }
}
