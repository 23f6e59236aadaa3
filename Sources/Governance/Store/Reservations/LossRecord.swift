public import Events
public import Foundation
public import Model

/// A placement given up for lost: its capacity is free although nobody saw its removal.
public struct LossRecord: Codable, Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// The cluster it was on.
  public var cluster: String
  /// What was given back.
  public var released: ResourceAmounts
  /// Why its removal can not be observed.
  public var reason: String
  /// Who declared it.
  public var principal: String
  /// When, by the database's clock.
  public var declaredAt: Timestamp
  /// Whether this is the stored answer to an earlier request with the same key.
  public var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case placement, cluster, released, reason, principal, declaredAt
  }
}
