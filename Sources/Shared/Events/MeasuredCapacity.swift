public import Model

/// What an agent measured of a cluster: what its open nodes can give, without what pods ask for that are not Régie's.
public struct MeasuredCapacity: Codable, Sendable, Hashable {
  /// Until when this was seen to be so. It stands still while the cluster can not be watched.
  public var asOf: Timestamp
  /// Nodes that are ready and not cordoned.
  public var nodes: Int
  /// What there is for Régie's placements, those that are there included. Storage is not measured.
  public var amounts: ResourceAmounts

  /// A measurement.
  public init(asOf: Timestamp, nodes: Int, amounts: ResourceAmounts) {
    self.asOf = asOf
    self.nodes = nodes
    self.amounts = amounts
  }
}
