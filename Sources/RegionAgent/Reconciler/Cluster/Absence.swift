/// An absence that may pass: who is away is told only once one absence has lasted for some time, whatever came before it.
struct Absence: Sendable {
  /// What it shows by, as last seen.
  private(set) var reason: String?
  private var since: ContinuousClock.Instant?

  /// Takes note that somebody is away; where that is known, it goes on.
  mutating func goesOn(_ reason: String, at now: ContinuousClock.Instant) {
    self.reason = reason
    since = since ?? now
  }

  /// Takes note that somebody is back.
  mutating func ends() { (reason, since) = (nil, nil) }

  /// How long the present absence has to last until it is told, not above zero where it has; nil where there is none.
  func left(of patience: Duration, at now: ContinuousClock.Instant) -> Duration? {
    since.map { $0 + patience - now }
  }
}
