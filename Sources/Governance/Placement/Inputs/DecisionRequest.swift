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
  /// Whether what is asked about is part of moving what stands: then what is new only has to hold with all that stands where
  /// it is to be. Otherwise it has to hold beside what stands, too, for a decision moves nothing.
  public var mayMove: Bool
  /// What is left by a move, of which the target is asked about as something new: the contract counts it as held.
  public var leaves: [ExistingPlacement]
  /// Where moves that have begun may still be led back to, of replicas that stand at their targets: what is new has to hold
  /// beside either.
  public var mayReturn: [ExistingPlacement]
  /// The most nodes the search may visit, at least 1.
  public var nodeBudget: Int
  /// Replicas that may go to one cluster only. One that can not be met makes the project unplaceable.
  public var pins: [Pin]

  /// A request.
  public init(
    project: Resource<ProjectSpec>, existing: [ExistingPlacement] = [],
    derogations: [Resource<DerogationSpec>] = [], now: Date, keepExisting: Bool = true, mayMove: Bool = false,
    leaves: [ExistingPlacement] = [], mayReturn: [ExistingPlacement] = [], nodeBudget: Int = 200_000, pins: [Pin] = []
  ) {
    self.project = project
    self.existing = existing
    self.derogations = derogations
    self.now = now
    self.keepExisting = keepExisting
    self.mayMove = mayMove
    self.leaves = leaves
    self.mayReturn = mayReturn
    self.nodeBudget = nodeBudget
    self.pins = pins
  }

  /// Decodes a request; one that was stored before there were pins has none, and moves nothing.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      project: try container.decode(Resource<ProjectSpec>.self, forKey: .project),
      existing: try container.decode([ExistingPlacement].self, forKey: .existing),
      derogations: try container.decode([Resource<DerogationSpec>].self, forKey: .derogations),
      now: try container.decode(Date.self, forKey: .now),
      keepExisting: try container.decode(Bool.self, forKey: .keepExisting),
      mayMove: try container.decodeIfPresent(Bool.self, forKey: .mayMove) ?? false,
      leaves: try container.decodeIfPresent([ExistingPlacement].self, forKey: .leaves) ?? [],
      mayReturn: try container.decodeIfPresent([ExistingPlacement].self, forKey: .mayReturn) ?? [],
      nodeBudget: try container.decode(Int.self, forKey: .nodeBudget),
      pins: try container.decodeIfPresent([Pin].self, forKey: .pins) ?? [])
  }

  /// Encodes the request; pins are left out where there are none, and so is what is not moved, so that its bytes are those
  /// of before.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(project, forKey: .project)
    try container.encode(existing, forKey: .existing)
    try container.encode(derogations, forKey: .derogations)
    try container.encode(now, forKey: .now)
    try container.encode(keepExisting, forKey: .keepExisting)
    if mayMove { try container.encode(mayMove, forKey: .mayMove) }
    if !leaves.isEmpty { try container.encode(leaves, forKey: .leaves) }
    if !mayReturn.isEmpty { try container.encode(mayReturn, forKey: .mayReturn) }
    try container.encode(nodeBudget, forKey: .nodeBudget)
    if !pins.isEmpty { try container.encode(pins, forKey: .pins) }
  }

  private enum CodingKeys: String, CodingKey {
    case project, existing, derogations, now, keepExisting, mayMove, leaves, mayReturn, nodeBudget, pins
  }
}
