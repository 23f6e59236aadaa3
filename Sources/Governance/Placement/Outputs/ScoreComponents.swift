/// The parts of a score before they are weighted. Each wholly met one is worth 1000.
public struct ScoreComponents: Codable, Sendable, Hashable {
  /// What would be left of the scarcest resource, in thousandths of its limit.
  public var balance: Int64
  /// 100 for each point of weight of the rules and wishes that match.
  public var affinity: Int64
  /// 1000 where the replica is already.
  public var stickiness: Int64
  /// The share of the project's other replicas, among those decided before, that are in the same region.
  public var locality: Int64
  /// -1000 for each soft taint that is not tolerated.
  public var taints: Int64
  /// -1000 for each soft spread or co-location that this replica breaks.
  public var spread: Int64

  /// Components, 0 where not given.
  public init(
    balance: Int64 = 0, affinity: Int64 = 0, stickiness: Int64 = 0, locality: Int64 = 0, taints: Int64 = 0,
    spread: Int64 = 0
  ) {
    self.balance = balance
    self.affinity = affinity
    self.stickiness = stickiness
    self.locality = locality
    self.taints = taints
    self.spread = spread
  }
}
