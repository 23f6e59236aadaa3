import Kubernetes

/// The zone's clusters, and the one that holds the agent's own namespace.
struct Fleet: Sendable {
  let clusters: [AgentCluster]
  let home: KubernetesClient
  /// Whether home is none of the clusters.
  let isHomeApart: Bool
  /// For the cluster that Argo CD runs on, where it is none of those that it keeps.
  var argoCD: KubernetesClient?

  func shutdown() async {
    for cluster in clusters { await cluster.client.shutdown() }
    if isHomeApart { await home.shutdown() }
    await argoCD?.shutdown()
  }
}
