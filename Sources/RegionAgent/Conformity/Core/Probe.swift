public import Events

/// A pod that is offered to a cluster, and never made (`dryRun=All`).
///
/// Every probe is the control pod with one thing changed, so that a refusal of the one and not of the other can only be about
/// that thing.
public enum Probe: Sendable, Hashable {
  /// Keeps all the rules: it must be let in, else the others say nothing.
  case control
  /// Breaks one rule.
  case breaking(ConformityRule)

  /// The pod's name; a cluster's audit log shows it.
  public var name: String {
    switch self {
    case .control: "regie-probe-control"
    case .breaking(let rule): "regie-probe-\(rule.rawValue)"
    }
  }
}
