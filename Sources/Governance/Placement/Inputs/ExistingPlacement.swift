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
  /// Whether its removal was decided and not observed yet. It may be called back where it is; one that is not is decided on
  /// as something new, and does not stand. One that nobody asks for any more holds what it holds until it is gone.
  public var isGoing: Bool
  /// The secondary chain that delivers to it; nil where that is not known, or none does yet.
  public var chain: String?

  /// A replica that is placed.
  public init(
    environment: String, replica: Int, cluster: String, stage: String, quota: ResourceAmounts, isWish: Bool = false,
    isGoing: Bool = false, chain: String? = nil
  ) {
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
    self.stage = stage
    self.quota = quota
    self.isWish = isWish
    self.isGoing = isGoing
    self.chain = chain
  }

  /// The part of a placement that a decision looks at.
  public init(_ placement: PlacementSpec) {
    self.init(
      environment: placement.environment, replica: placement.replica, cluster: placement.cluster,
      stage: placement.stage, quota: ResourceAmounts(placement.quota), chain: placement.chain)
  }

  /// Decodes a replica; one that was stored before this was told of any does not go, and has no chain that is known.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      environment: try container.decode(String.self, forKey: .environment),
      replica: try container.decode(Int.self, forKey: .replica),
      cluster: try container.decode(String.self, forKey: .cluster),
      stage: try container.decode(String.self, forKey: .stage),
      quota: try container.decode(ResourceAmounts.self, forKey: .quota),
      isGoing: try container.decodeIfPresent(Bool.self, forKey: .isGoing) ?? false,
      chain: try container.decodeIfPresent(String.self, forKey: .chain))
  }

  /// Encodes the replica; that it goes is left out where it does not, and its chain where that is not known.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(environment, forKey: .environment)
    try container.encode(replica, forKey: .replica)
    try container.encode(cluster, forKey: .cluster)
    try container.encode(stage, forKey: .stage)
    try container.encode(quota, forKey: .quota)
    if isGoing { try container.encode(isGoing, forKey: .isGoing) }
    try container.encodeIfPresent(chain, forKey: .chain)
  }

  private enum CodingKeys: String, CodingKey {
    case environment, replica, cluster, stage, quota, isGoing, chain
  }
}
