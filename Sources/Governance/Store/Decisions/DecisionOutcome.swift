public import Events
public import Foundation
import Model
public import Placement

/// The answer to a ``PlacementRequest``.
public struct DecisionOutcome: Codable, Sendable, Hashable {
  /// A replica that may not stay where it is. It is not moved by a decision: that is a migration.
  public struct PendingMove: Codable, Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// The cluster it is on.
    public var from: String
    /// The cluster the engine would have it on.
    public var to: String
  }

  /// The decision that holds for the project now.
  public var decision: DecisionSummary
  /// The engine's whole answer.
  public var explanation: Decision
  /// What is held for the console until it confirms; nil where nothing was reserved, and for what is placed at once.
  public var reservation: ReservationRecord?
  /// The project's placements after it; none that are only reserved or were removed.
  public var placements: [PlacementRecord]
  /// Replicas that may not stay where they are.
  public var pendingMoves: [PendingMove]
  /// Whether any placement was changed: false when the same was asked again, and when nothing could be placed.
  public var changed: Bool
  /// Whether this is the stored answer to an earlier request with the same key.
  public var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case decision, explanation, reservation, placements, pendingMoves, changed
  }
}

/// What names a stored decision and its inputs.
public struct DecisionSummary: Codable, Sendable, Hashable {
  /// The identifier.
  public var id: UUID
  /// Grows from decision to decision.
  public var number: Int64
  /// The project's name.
  public var project: String
  /// Whether the project was placed.
  public var placed: Bool
  /// How often it was made until what it was made on held still; 1 mostly.
  public var attempts: Int
  /// The engine's version.
  public var engineVersion: String
  /// The policy's version.
  public var policyVersion: Int64
  /// SHA-256 of the offer it was made on, hexadecimal.
  public var snapshotDigest: String
  /// The epoch of the database.
  public var epoch: Int64
  /// Who asked.
  public var principal: String
  /// When, by the database's clock.
  public var decidedAt: Timestamp
}

/// A stored decision with all that replaying it needs.
public struct DecisionRecord: Sendable {
  /// What names it.
  public let summary: DecisionSummary
  /// The engine's answer.
  public let decision: Decision
  /// The answer's canonical bytes, as they were made then.
  public let canonicalBytes: [UInt8]
  /// What was asked of the engine: project, ledger, placements, day.
  public let inputs: DecisionInputs
  /// The offer it was made on.
  public let offer: Offer
  /// The policy it was made under.
  public let policy: EffectivePolicy

  /// Makes the decision again, from what is stored alone.
  public func replay() -> Decision {
    inputs.decision(offer: offer, policy: policy)
  }
}
