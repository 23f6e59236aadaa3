public import Foundation
public import Model

/// One project to be placed. What clusters have promised is in ``PlacementState``, the day in ``Engine``.
public struct DecisionRequest: Codable, Sendable, Hashable {
  /// The project.
  public var project: Resource<ProjectSpec>
  /// The project's replicas that hold capacity already. The ledger counts what they hold.
  public var existing: [ExistingPlacement]
  /// Derogations; those that are not granted, not notified, out of their period or of another project have no effect.
  public var derogations: [Resource<DerogationSpec>]
  /// The instant of the decision: a derogation notified after it has no effect yet.
  public var now: Date
  /// Whether replicas stay where they are as long as they may: then the fewest moves come before any preference, and
  /// a region or cluster that drains keeps what it has. Otherwise staying is worth the policy's stickiness, no more.
  public var keepExisting: Bool
  /// The most nodes the search may visit, at least 1.
  public var nodeBudget: Int

  /// A request.
  public init(
    project: Resource<ProjectSpec>, existing: [ExistingPlacement] = [],
    derogations: [Resource<DerogationSpec>] = [], now: Date, keepExisting: Bool = true, nodeBudget: Int = 200_000
  ) {
    self.project = project
    self.existing = existing
    self.derogations = derogations
    self.now = now
    self.keepExisting = keepExisting
    self.nodeBudget = nodeBudget
  }
}
