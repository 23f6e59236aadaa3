/// The state of all checks at one moment.
public struct HealthReport: Sendable, Hashable {
  /// One check as last reported by its owner.
  public struct Check: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The part of the system it speaks of, as in `database`.
    public let component: String
    /// What its failure means.
    public let role: HealthRole
    /// As last reported, or `fail` after too long a silence.
    public let status: HealthStatus
    /// When the status became what it is.
    public let since: WallTime
    /// For people; shown to anyone who may read `/health`.
    public let message: String?

    /// What the check's state does to the whole.
    var effect: HealthStatus {
      role == .informative ? min(status, .degraded) : status
    }
  }

  /// The program's name.
  public let component: String
  /// The release it runs.
  public let version: String
  /// By name.
  public let checks: [Check]

  /// The worst effect of any check; `pass` when there is none.
  public var status: HealthStatus { Self.worst(checks) }

  /// The worst of the readiness checks alone.
  public var readiness: HealthStatus { Self.worst(readinessChecks) }

  var readinessChecks: [Check] { checks.filter { $0.role == .readiness } }

  private static func worst(_ checks: [Check]) -> HealthStatus { checks.map(\.effect).max() ?? .pass }
}
