public import Model

/// What a cluster has promised in the course of a plan.
public struct ClusterLoad: Codable, Sendable, Hashable {
  /// The cluster.
  public var cluster: String
  /// Before the first wave.
  public var before: ResourceAmounts
  /// At most, resource by resource: sources and targets both count while both exist.
  public var peak: ResourceAmounts
  /// When everything is done.
  public var after: ResourceAmounts
  /// The most that may be promised, the highest of its stages' limits.
  public var limit: ResourceAmounts
  /// The largest share of any resource at the peak, in thousandths of the limit, rounded up.
  public var share: Int64
}
