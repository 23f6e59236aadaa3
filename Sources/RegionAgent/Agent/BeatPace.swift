/// How soon a heartbeat follows news. Whoever may write to the topic makes some with each record that is refused: without a pace
/// each would be a heartbeat, and what that says is stored at the centre.
struct BeatPace: Sendable {
  /// Between two heartbeats that are not due.
  static let least: Duration = .seconds(1)

  private var open: ContinuousClock.Instant?

  /// When the next heartbeat is to go, of which there is news at `now`; at the latest when it is due.
  mutating func next(due: ContinuousClock.Instant, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    guard now < due else { return now }
    let next = min(due, max(now, open ?? now))
    if next < due { open = next + Self.least }
    return next
  }
}
