/// When a failed call is tried again.
public struct RetryPolicy: Sendable, Hashable {
  /// How often a call is tried in all, 1 or more.
  public var attempts: Int
  /// How long to wait between tries.
  public var backoff: Backoff

  /// A policy.
  public init(attempts: Int = 5, backoff: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(5))) {
    self.attempts = attempts
    self.backoff = backoff
  }

  /// How long to wait after try number `attempt` (from 1); nil to give up.
  ///
  /// 429 means that nothing was done, so it is retried whatever the call; a broken connection or a 503 leave open
  /// what was done, so they are retried only where doing it twice is the same as once.
  func delay(
    after error: KubernetesError, attempt: Int, isRepeatable: Bool, random: Double
  ) -> Duration? {
    guard attempt < attempts else { return nil }
    switch error.kind {
    case .tooManyRequests: break
    case .connection where isRepeatable: break
    case .server where isRepeatable && error.code == 503: break
    default: return nil
    }
    let wait = backoff.delay(attempt: attempt, random: random)
    // Who was refused together shall not come back together.
    return error.retryAfter.map { max(wait, $0 + wait * random) } ?? wait
  }
}

/// Waiting times that double up to a limit.
public struct Backoff: Sendable, Hashable {
  /// The first.
  public var base: Duration
  /// The longest.
  public var limit: Duration

  /// A back-off.
  public init(base: Duration, limit: Duration) {
    self.base = base
    self.limit = limit
  }

  /// The wait after failure number `attempt` (from 1): between half and all of the doubled base.
  ///
  /// - Parameter random: 0 ..< 1, so that clients that failed together do not come back together.
  public func delay(attempt: Int, random: Double) -> Duration {
    let doubled = min(base * (1 << min(max(attempt - 1, 0), 20)), limit)
    return doubled * (0.5 + random / 2)
  }
}
