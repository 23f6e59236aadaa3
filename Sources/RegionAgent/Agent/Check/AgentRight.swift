import Conformity
import Kubernetes
import Model
import Reconciler

/// What an agent has to be allowed on a cluster, by its mode: no more than this is in `deploy/kubernetes/region-agent`,
/// and `region-agent --check` asks for no less.
struct AgentRight: Sendable, Hashable {
  /// Where it is needed.
  enum Scope: String, Sendable, CaseIterable {
    /// On the whole cluster.
    case cluster
    /// In the agent's own namespace.
    case home
    /// In the namespace of the conformity probes.
    case probe
    /// In Argo CD's namespace.
    case argoCD
  }

  let scope: Scope
  let group: String
  let resource: String
  let verbs: [String]
  /// What can not be done without it.
  let purpose: String

  /// All that is needed on a cluster that is kept so. A server-side apply of what is not there yet is both a patch and
  /// a creation.
  static func all(in rules: ClusterRules) -> [AgentRight] {
    switch rules.mode {
    case .own: [namespaces, volumes, events] + kept.map { $0.allowing(writing) } + [memory, probe]
    case .adopt:
      [
        AgentRight(
          scope: .cluster, group: "", resource: "namespaces", verbs: looking + watching,
          purpose: "see whether their owners have made placements' namespaces")
      ] + kept.filter { $0.isIn(rules) }.map { $0.allowing(looking + writing + ["delete"]) } + [memory, probe]
    case .gitops, .observe:
      [
        AgentRight(
          scope: .cluster, group: "", resource: "namespaces", verbs: (rules.mode == .gitops ? looking : []) + watching,
          purpose: "see placements' namespaces")
      ] + kept.filter { $0.isIn(rules) }.map { $0.allowing(watching) } + (rules.mode == .gitops ? [volumes] : [])
        + [past] + (rules.addsProbes ? [probe] : [])
    }
  }

  private static let watching = ["list", "watch"]
  /// What may be another than was last seen is looked at by its name before it is written to or deleted, or told to be gone.
  private static let looking = ["get"]
  private static let writing = watching + ["create", "patch"]

  private static let namespaces = AgentRight(
    scope: .cluster, group: "", resource: "namespaces", verbs: looking + writing + ["delete"],
    purpose: "keep and remove placements' namespaces")
  private static let volumes = AgentRight(
    scope: .cluster, group: "", resource: "persistentvolumeclaims", verbs: ["list"],
    purpose: "look for volumes before a namespace is removed")
  private static let events = AgentRight(
    scope: .cluster, group: "", resource: "events", verbs: ["create"], purpose: "tell people who look at a namespace")
  /// What has to be allowed where the agent's own namespace is.
  static let memory = AgentRight(
    scope: .home, group: "", resource: "configmaps", verbs: ["get", "create", "update"],
    purpose: "remember what must outlive the process")
  private static let past = AgentRight(
    scope: .home, group: "", resource: "configmaps", verbs: ["get"],
    purpose: "recall a time in which the cluster was written to")
  /// What has to be allowed besides where capacity is measured.
  static let capacity = ["nodes", "pods"].map { resource in
    AgentRight(
      scope: .cluster, group: "", resource: resource, verbs: ["list", "watch"],
      purpose: "measure capacity (REGIE_MEASURE_CAPACITY)")
  }
  /// What has to be allowed where Argo CD's word is read.
  static let applications = AgentRight(
    scope: .argoCD, group: APIResource.applications.group, resource: APIResource.applications.plural,
    verbs: ["list", "watch"], purpose: "read what Argo CD says of placements (REGIE_ARGOCD_APPLICATIONS)")
  private static let probe = AgentRight(
    scope: .probe, group: "", resource: "pods", verbs: ["create"],
    purpose: "offer pods with dryRun=All, to see what admission refuses")

  /// The kinds of object in placements' namespaces; their verbs depend on the mode.
  private static let kept = [
    (ManagedKind.resourceQuota, "", "resourcequotas", "keep quotas"),
    (.limitRange, "", "limitranges", "keep the containers' default requests"),
    (.networkPolicy, "networking.k8s.io", "networkpolicies", "keep namespaces closed to the network"),
  ].map { kind, group, resource, purpose in
    AgentRight(scope: .cluster, group: group, resource: resource, verbs: [], purpose: purpose, kind: kind)
  }

  private var kind: ManagedKind?

  private func isIn(_ rules: ClusterRules) -> Bool { kind.map { rules.kinds.contains($0) } ?? true }

  private func allowing(_ verbs: [String]) -> AgentRight {
    AgentRight(scope: scope, group: group, resource: resource, verbs: verbs, purpose: purpose, kind: kind)
  }

  /// As a question to the API server.
  ///
  /// - Parameters:
  ///   - home: The agent's own namespace.
  ///   - argoCD: The namespace of Argo CD's Applications; nil where they are not read.
  func attributes(_ verb: String, home: String, argoCD: String? = nil) -> ResourceAttributes {
    let namespace: String? =
      switch scope {
      case .cluster: nil
      case .home: home
      case .probe: ConformityProber.standardNamespace
      case .argoCD: argoCD
      }
    return ResourceAttributes(verb: verb, resource: resource, group: group, namespace: namespace)
  }
}
