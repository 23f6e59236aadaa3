/// Growing pauses between attempts; half of each pause is left to chance, so that clients do not come back in step.
struct Backoff: Sendable, Equatable {
  let first: Duration
  let longest: Duration

  /// For connections to the server.
  static let connecting = Backoff(first: .milliseconds(50), longest: .seconds(5))
  /// For transactions that got in each other's way.
  static let conflict = Backoff(first: .milliseconds(4), longest: .milliseconds(500))
  /// For migrations, which everybody waits for meanwhile.
  static let migrating = Backoff(first: .milliseconds(100), longest: .seconds(5))

  /// The pause after `failures` failures in a row (1 or more); `chance` is in 0..<1.
  func pause(after failures: Int, chance: Double) -> Duration {
    let doubled = first * (1 << min(max(failures - 1, 0), 20))
    return min(doubled, longest) * (0.5 + chance / 2)
  }
}
