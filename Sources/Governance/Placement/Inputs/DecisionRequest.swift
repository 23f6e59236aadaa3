public import Foundation
public import Model

/// One project to be placed, and all that changes from one decision to the next.
public struct DecisionRequest: Codable, Sendable, Hashable {
  /// The project.
  public var project: Resource<ProjectSpec>
  /// The project's replicas that hold capacity already. The ledger counts what they hold.
  public var existing: [ExistingPlacement]
  /// What clusters have promised.
  public var ledger: Ledger
  /// Derogations; those that are not granted, not notified, out of their period or of another project have no effect.
  public var derogations: [Resource<DerogationSpec>]
  /// The names of the zones whose agent was not heard for too long.
  public var staleZones: [String]
  /// The day of the decision, in Paris.
  public var day: CalendarDay
  /// The instant of the decision: a derogation notified after it has no effect yet.
  public var now: Date
  /// Whether replicas stay where they are as long as they may: then the fewest moves come before any preference, and
  /// a region or cluster that drains keeps what it has. Otherwise staying is worth the policy's stickiness, no more.
  public var keepExisting: Bool
  /// The most nodes the search may visit, at least 1.
  public var nodeBudget: Int

  /// A request.
  public init(
    project: Resource<ProjectSpec>, existing: [ExistingPlacement] = [], ledger: Ledger = Ledger(),
    derogations: [Resource<DerogationSpec>] = [], staleZones: [String] = [], day: CalendarDay, now: Date,
    keepExisting: Bool = true, nodeBudget: Int = 200_000
  ) {
    self.project = project
    self.existing = existing
    self.ledger = ledger
    self.derogations = derogations
    self.staleZones = staleZones
    self.day = day
    self.now = now
    self.keepExisting = keepExisting
    self.nodeBudget = nodeBudget
  }
}
