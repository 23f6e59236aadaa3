public import Foundation
public import Model

/// One placement that is moved.
public struct PlannedMove: Codable, Sendable, Hashable {
  /// The placement that goes.
  public var source: UUID
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// Its stage.
  public var stage: String
  /// The cluster that it leaves.
  public var from: String
  /// The cluster that it goes to.
  public var to: String
  /// What it holds on both while both exist.
  public var quota: ResourceAmounts
  /// The name of the environment that it goes to: the console never renames one.
  public var newName: String
  /// The number of its wave, from 1.
  public var wave: Int
}
