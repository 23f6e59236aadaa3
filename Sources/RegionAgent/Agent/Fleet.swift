import Kubernetes

/// The zone's clusters, and the one that holds the agent's own namespace.
struct Fleet: Sendable {
  let clusters: [AgentCluster]
  /// Nil where none can be, which is one of the faults.
  let home: KubernetesClient?
  /// Whether home is none of the clusters.
  let isHomeApart: Bool
  /// For the cluster that Argo CD runs on, where it is none of those that it keeps.
  var argoCD: KubernetesClient?
  /// What of the settings can not be followed.
  var faults: [Fault] = []

  /// Something that can not be used as it is described.
  struct Fault: Sendable {
    /// What it is: `settings`, `cluster NAME`, `home`.
    var subject: String
    var error: any Error
  }

  func shutdown() async {
    for cluster in clusters { await cluster.client.shutdown() }
    if isHomeApart { await home?.shutdown() }
    await argoCD?.shutdown()
  }
}

/// Reads one thing after another; what can not be read keeps nothing else from being read.
struct FaultBook {
  private(set) var faults: [Fleet.Fault] = []

  /// What `work` gives; nil where it fails, which is noted.
  mutating func read<Value>(_ subject: String, _ work: () throws -> Value?) -> Value? {
    do {
      return try work()
    } catch {
      faults.append(Fleet.Fault(subject: subject, error: error))
      return nil
    }
  }
}
