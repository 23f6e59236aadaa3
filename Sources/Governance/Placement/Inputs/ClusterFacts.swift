public import Model

/// What was found on a cluster by the agent of its zone, beside what its operator declares.
public struct ClusterFacts: Codable, Sendable, Hashable {
  /// The cluster's name.
  public var cluster: String
  /// What its admission was found to do, by rule (``Model/ConformityFinding/rules``). A rule that is absent was not probed.
  public var conformity: [String: ConformityFinding]

  /// Facts.
  public init(cluster: String, conformity: [String: ConformityFinding] = [:]) {
    self.cluster = cluster
    self.conformity = conformity
  }

  /// Whether nothing was found.
  var isEmpty: Bool { conformity.isEmpty }
}
