public import Events
public import Foundation

/// What names a decision and its inputs.
public struct DecisionIdentity: Codable, Sendable, Hashable {
  /// The identifier.
  public var id: UUID
  /// The project's name.
  public var project: String
  /// Whether the project was placed.
  public var placed: Bool
  /// The engine's version.
  public var engineVersion: String
  /// The policy's version.
  public var policyVersion: Int64
  /// SHA-256 of the offer it was made on, hexadecimal.
  public var snapshotDigest: String
  /// How often it was made until what it was made on held still.
  public var attempts: Int
  /// What had moved each time that it had to be made again: `offer`, `policy`, `ledger of` a cluster, …
  public var moved: [String]?
  /// Who asked.
  public var principal: String
  /// When, by the database's clock.
  public var decidedAt: Timestamp

  /// An identity.
  public init(
    id: UUID, project: String, placed: Bool, engineVersion: String, policyVersion: Int64, snapshotDigest: String,
    attempts: Int, moved: [String] = [], principal: String, decidedAt: Timestamp
  ) {
    self.id = id
    self.project = project
    self.placed = placed
    self.engineVersion = engineVersion
    self.policyVersion = policyVersion
    self.snapshotDigest = snapshotDigest
    self.attempts = attempts
    self.moved = moved.isEmpty ? nil : moved
    self.principal = principal
    self.decidedAt = decidedAt
  }
}

/// The answer to `POST /api/v1/placements`.
public struct DecisionView: Codable, Sendable, Hashable {
  /// A replica that may not stay where it is; moving it is a migration.
  public struct PendingMove: Codable, Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// The cluster it is on.
    public var from: String
    /// The cluster it would go to.
    public var to: String

    /// A move.
    public init(placement: UUID, from: String, to: String) {
      self.placement = placement
      self.from = from
      self.to = to
    }
  }

  /// The decision that holds for the project now.
  public var decision: DecisionIdentity
  /// Whether anything was changed: false when the same was asked again.
  public var changed: Bool
  /// The project's placements.
  public var placements: [PlacementView]
  /// Replicas that may not stay where they are.
  public var pendingMoves: [PendingMove]
  /// Why, in full.
  public var explanation: ExplanationView

  /// A view.
  public init(
    decision: DecisionIdentity, changed: Bool, placements: [PlacementView], pendingMoves: [PendingMove],
    explanation: ExplanationView
  ) {
    self.decision = decision
    self.changed = changed
    self.placements = placements
    self.pendingMoves = pendingMoves
    self.explanation = explanation
  }
}
