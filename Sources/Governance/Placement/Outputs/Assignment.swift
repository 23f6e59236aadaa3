public import Model

/// The place of one replica.
public struct Assignment: Codable, Sendable, Hashable {
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The environment's stage.
  public var stage: String
  /// The cluster.
  public var cluster: String
  /// The zone's slug.
  public var zone: String
  /// The zone's name.
  public var zoneName: String
  /// The region's name.
  public var region: String
  /// The operator's name.
  public var `operator`: String
  /// The components, weighted and added.
  public var score: Int64
  /// What the score is made of.
  public var components: ScoreComponents
  /// What is reserved.
  public var quota: ResourceAmounts
  /// The most that the cluster may have promised in all, this replica included: the limit of the ledger's update.
  /// It depends on the stage. A replica that grows nothing may stay above it.
  public var limit: ResourceAmounts
  /// The version of the ledger's entry that was looked at.
  public var ledgerVersion: Int64
  /// Whether the replica was there already.
  public var kept: Bool
  /// Where the replica is now, if that is elsewhere. Following such an assignment is a migration.
  public var movedFrom: String?
}
