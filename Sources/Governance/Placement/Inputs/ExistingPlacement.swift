public import Model

/// A replica that is placed already, and what it holds in the ledger.
public struct ExistingPlacement: Codable, Sendable, Hashable {
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster it is on.
  public var cluster: String
  /// The stage it was placed for.
  public var stage: String
  /// What it holds.
  public var quota: ResourceAmounts
  /// Whether it is only wished to be there: spreads, which leave alone what is placed, bind it. It is no part of what is
  /// stored of a decision.
  public var isWish = false

  /// A replica that is placed.
  public init(
    environment: String, replica: Int, cluster: String, stage: String, quota: ResourceAmounts, isWish: Bool = false
  ) {
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
    self.stage = stage
    self.quota = quota
    self.isWish = isWish
  }

  /// The part of a placement that a decision looks at.
  public init(_ placement: PlacementSpec) {
    self.init(
      environment: placement.environment, replica: placement.replica, cluster: placement.cluster,
      stage: placement.stage, quota: ResourceAmounts(placement.quota))
  }

  private enum CodingKeys: String, CodingKey {
    case environment, replica, cluster, stage, quota
  }
}
