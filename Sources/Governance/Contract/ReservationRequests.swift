public import Events
public import Foundation
public import Model

/// The body of `POST /api/v1/reservations/{id}/confirm`: the identifiers that the console has given.
public struct ReservationConfirmation: Codable, Sendable, Hashable {
  /// The project's.
  public var projectID: UUID
  /// Those of the environments reserved, by name: all of them, and no other.
  public var environmentIDs: [String: UUID]

  /// A confirmation.
  public init(projectID: UUID, environmentIDs: [String: UUID]) {
    self.projectID = projectID
    self.environmentIDs = environmentIDs
  }
}

/// The body of `POST /api/v1/placements/{id}/declare-loss`.
public struct LossDeclaration: Codable, Sendable, Hashable {
  /// Why the removal can not be observed any more; the audit trail keeps it.
  public var reason: String

  /// A declaration.
  public init(reason: String) {
    self.reason = reason
  }
}

/// The answer to a ``LossDeclaration``.
public struct LossView: Codable, Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// The cluster it was on.
  public var cluster: String
  /// What was given back.
  public var released: ResourceAmounts
  /// Why.
  public var reason: String
  /// Who declared it.
  public var principal: String
  /// When, by the database's clock.
  public var declaredAt: Timestamp

  /// A view.
  public init(
    placement: UUID, cluster: String, released: ResourceAmounts, reason: String, principal: String,
    declaredAt: Timestamp
  ) {
    self.placement = placement
    self.cluster = cluster
    self.released = released
    self.reason = reason
    self.principal = principal
    self.declaredAt = declaredAt
  }
}
