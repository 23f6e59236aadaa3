import Conformity
import Kubernetes

/// What an agent has to be allowed on its clusters: no more than this is in `deploy/kubernetes/region-agent`, and
/// `region-agent --check` asks for no less.
struct AgentRight: Sendable, Hashable {
  /// Where it is needed.
  enum Scope: String, Sendable, CaseIterable {
    /// On the whole cluster.
    case cluster
    /// In the agent's own namespace, on every cluster.
    case home
    /// In the namespace of the conformity probes.
    case probe
  }

  let scope: Scope
  let group: String
  let resource: String
  let verbs: [String]
  /// What can not be done without it.
  let purpose: String

  /// All of them. A server-side apply of what is not there yet is both a patch and a creation.
  static let all: [AgentRight] =
    [
      AgentRight(
        scope: .cluster, group: "", resource: "namespaces",
        verbs: ["get", "list", "watch", "create", "patch", "delete"],
        purpose: "keep and remove placements' namespaces"),
      AgentRight(
        scope: .cluster, group: "", resource: "persistentvolumeclaims", verbs: ["list"],
        purpose: "look for volumes before a namespace is removed"),
      AgentRight(
        scope: .cluster, group: "", resource: "events", verbs: ["create"],
        purpose: "tell people who look at a namespace"),
    ]
    + [
      ("", "resourcequotas", "keep quotas"), ("", "limitranges", "keep the containers' default requests"),
      ("networking.k8s.io", "networkpolicies", "keep namespaces closed to the network"),
    ].map { group, resource, purpose in
      AgentRight(
        scope: .cluster, group: group, resource: resource, verbs: ["get", "list", "watch", "create", "patch"],
        purpose: purpose)
    } + [
      AgentRight(
        scope: .home, group: "", resource: "configmaps", verbs: ["get", "create", "update"],
        purpose: "remember what must outlive the process"),
      AgentRight(
        scope: .probe, group: "", resource: "pods", verbs: ["create"],
        purpose: "offer pods with dryRun=All, to see what admission refuses"),
    ]

  /// As a question to the API server.
  func attributes(_ verb: String, home: String) -> ResourceAttributes {
    let namespace: String? =
      switch scope {
      case .cluster: nil
      case .home: home
      case .probe: ConformityProber.standardNamespace
      }
    return ResourceAttributes(verb: verb, resource: resource, group: group, namespace: namespace)
  }
}
