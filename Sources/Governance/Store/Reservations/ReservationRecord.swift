public import Events
public import Foundation

/// Capacity held for environments that the console is about to create (protocol rule 5).
public struct ReservationRecord: Codable, Sendable, Hashable {
  /// What has become of a reservation.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It waits for the console's identifiers; nothing is published.
    case pending
    /// Its placements are published.
    case confirmed
    /// It was given up, and its capacity with it.
    case cancelled
    /// Its time has run out; it can no longer be confirmed.
    case expired
  }

  /// The identifier.
  public var id: UUID
  /// The project's name.
  public var project: String
  /// What has become of it, by the database's clock.
  public var state: State
  /// The decision that it follows from.
  public var decision: UUID
  /// Who asked.
  public var principal: String
  /// Since when it is held, by the database's clock.
  public var createdAt: Timestamp
  /// When it expires, or would have.
  public var expiresAt: Timestamp
  /// When it was confirmed.
  public var confirmedAt: Timestamp?
  /// When it was cancelled.
  public var cancelledAt: Timestamp?
  /// The replicas it is for, by environment: as reserved while it is pending, as they stand now once it is confirmed.
  public var placements: [PlacementRecord]
  /// Whether this is the stored answer to an earlier request with the same key.
  public var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case id, project, state, decision, principal, createdAt, expiresAt, confirmedAt, cancelledAt, placements
  }
}

extension ReservationRecord {
  /// What still holds capacity while it is pending, or after it expired unnoticed.
  var unreleased: [PlacementRecord] { placements.filter { $0.removedAt == nil } }

  /// This answer, given once more.
  var replayed: ReservationRecord {
    var again = self
    again.isReplay = true
    return again
  }
}
