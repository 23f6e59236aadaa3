public import Kubernetes

/// Where the Argo CD Applications of a cluster's placements are found.
public struct ApplicationSource: Sendable {
  /// For the cluster that Argo CD runs on, which may be another than the one it keeps.
  public let client: KubernetesClient
  /// The Applications' namespace there.
  public let namespace: String
  /// How they are called.
  public let pattern: ApplicationPattern
  /// How long what was last said stands while Argo CD's cluster does not answer.
  public let patience: Duration

  /// A source.
  public init(
    client: KubernetesClient, namespace: String, pattern: ApplicationPattern, patience: Duration = .seconds(60)
  ) {
    self.client = client
    self.namespace = namespace
    self.pattern = pattern
    self.patience = patience
  }
}
