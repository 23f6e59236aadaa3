import Kubernetes
import Model
import Reconciler

/// A cluster that the agent reaches, and how it keeps it.
struct AgentCluster: Sendable {
  let name: String
  let rules: ClusterRules
  let client: KubernetesClient
  /// In mode `gitops`: where Argo CD's word on the placements is read; nil for nowhere.
  var applications: ApplicationSource?

  /// Whether the agent's own namespace may be on it: nothing at all is written to clusters in the other modes.
  var mayBeHome: Bool { rules.mayBeHome }

  /// Whether pods are offered to its admission: that is a write, although none with an effect.
  var isProbed: Bool { mayBeHome || rules.addsProbes }
}

extension ClusterRules {
  /// Whether the agent's own namespace may be on a cluster that is kept so.
  var mayBeHome: Bool { mode == .own || mode == .adopt }
}
