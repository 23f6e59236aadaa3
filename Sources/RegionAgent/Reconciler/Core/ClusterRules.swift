public import Events
public import Model

/// How a cluster is kept: its mode (protocol rule 19), and what else that mode allows there.
public struct ClusterRules: Sendable, Hashable {
  /// What the agent may do on the cluster.
  public var mode: ClusterSpec.Mode
  /// In mode `adopt`: whether a LimitRange is added where there is none.
  public var addsLimitRange: Bool
  /// In mode `adopt`: whether the NetworkPolicies are added where there is none. On a namespace that is in use they cut
  /// whatever nobody thought of.
  public var addsNetworkPolicies: Bool
  /// In mode `gitops`: whether pods are offered to the cluster's admission, with no effect, in a namespace that its operator made.
  public var addsProbes: Bool
  /// What the operator's guard lets one placement use at the most: no removal raises a quota above it.
  public var ceiling: ResourceList?

  /// Rules.
  public init(
    _ mode: ClusterSpec.Mode = .own, addsLimitRange: Bool = false, addsNetworkPolicies: Bool = false,
    addsProbes: Bool = false, ceiling: ResourceList? = nil
  ) {
    self.mode = mode
    self.addsLimitRange = addsLimitRange
    self.addsNetworkPolicies = addsNetworkPolicies
    self.addsProbes = addsProbes
    self.ceiling = ceiling
  }

  /// These rules under the guard of the cluster's operator.
  public func guarded(by policy: GuardPolicy?) -> Self {
    var rules = self
    rules.ceiling = policy?.quota
    return rules
  }

  /// The kinds that the agent looks at.
  public var kinds: [ManagedKind] {
    switch mode {
    case .own, .gitops: ManagedKind.allCases
    case .adopt: ManagedKind.allCases.filter { $0 == .namespace || adds($0) }
    case .observe: [.namespace, .resourceQuota]
    }
  }

  /// Whether objects count that are not marked as Régie's: where others have the namespace, it and its quotas are not.
  public var looksAtOthers: Bool { mode.isOfOthers }

  /// Whether objects of a kind are put into a namespace that is another's.
  func adds(_ kind: ManagedKind) -> Bool {
    switch kind {
    case .namespace: false
    case .resourceQuota: true
    case .limitRange: addsLimitRange
    case .networkPolicy: addsNetworkPolicies
    }
  }
}
