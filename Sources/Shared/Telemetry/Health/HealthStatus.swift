/// How well a part, or the whole, does its work; ordered from best to worst.
public enum HealthStatus: String, Sendable, Hashable, CaseIterable, Comparable {
  /// As it should.
  case pass
  /// Less than it should, and the service goes on.
  case degraded
  /// Not at all.
  case fail

  private var severity: Int {
    switch self {
    case .pass: 0
    case .degraded: 1
    case .fail: 2
    }
  }

  /// Better before worse.
  public static func < (left: HealthStatus, right: HealthStatus) -> Bool { left.severity < right.severity }
}

/// What a check's failure means for the process.
public enum HealthRole: Sendable, Hashable {
  /// Without it the process must get no requests: `/readyz` and `/health` answer 503.
  case readiness
  /// Its failure is shown and degrades the whole, which stays in service with 200 (Kafka away, protocol rule 22).
  case informative
}
