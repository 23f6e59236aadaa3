import Events
public import Foundation
import Model
import Placement

/// The answer to a ``PlacementRequest``.
public struct DecisionOutcome: Sendable, Hashable {
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
  /// The engine's answer, whose verdicts are made when they are read. Of an earlier decision that another version of the
  /// engine made, or that was made on what is not here any more, only what was stored.
  public var answer: DecisionRecord.Explained
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

  init(_ stored: StoredAnswer, _ answer: DecisionRecord.Explained) {
    decision = stored.decision
    self.answer = answer
    reservation = stored.reservation
    placements = stored.placements
    pendingMoves = stored.pendingMoves
    changed = stored.changed
  }

  private var stored: StoredAnswer {
    StoredAnswer(
      decision: decision, reservation: reservation, placements: placements, pendingMoves: pendingMoves,
      changed: changed)
  }

  /// Whether both say the same of the same decision: what the engine said follows from that.
  public static func == (one: DecisionOutcome, other: DecisionOutcome) -> Bool {
    one.stored == other.stored && one.isReplay == other.isReplay && one.answer.plan == other.answer.plan
  }

  /// As ``==(_:_:)``.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(decision)
  }
}

/// An answer as it is kept for an `Idempotency-Key`. The engine's part of it is made again from the decision.
struct StoredAnswer: Codable, Sendable, Hashable {
  var decision: DecisionSummary
  var reservation: ReservationRecord?
  var placements: [PlacementRecord]
  var pendingMoves: [DecisionOutcome.PendingMove]
  var changed: Bool
  /// Whether a project that was planned to go somewhere has gone there; nil where it was not, and in answers that were stored
  /// before this was told.
  var asPlanned: Bool?
}
