public import Model

/// What was found on a cluster by the agent of its zone, beside what its operator declares.
public struct ClusterFacts: Codable, Sendable, Hashable {
  /// The cluster's name.
  public var cluster: String
  /// What its admission was found to do, by rule (``Model/ConformityFinding/rules``). A rule that is absent was not probed.
  public var conformity: [String: ConformityFinding]
  /// What was measured of its capacity; nil where nothing was that counts.
  public var capacity: ResourceAmounts?

  /// Facts.
  public init(cluster: String, conformity: [String: ConformityFinding] = [:], capacity: ResourceAmounts? = nil) {
    self.cluster = cluster
    self.conformity = conformity
    self.capacity = capacity
  }

  /// What was found of an attribute's rule, where it was probed and the probes said nothing.
  func inconclusive(_ attribute: String) -> ConformityFinding? {
    guard attribute.hasPrefix(ConformityFinding.prefix) else { return nil }
    let finding = conformity[String(attribute.dropFirst(ConformityFinding.prefix.count))]
    return finding?.declared == nil ? finding : nil
  }

  /// Whether nothing was found.
  var isEmpty: Bool { conformity.isEmpty && capacity == nil }
}
