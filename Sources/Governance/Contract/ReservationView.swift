public import Events
public import Foundation
public import Model

/// Capacity held for environments that the console is about to create.
public struct ReservationView: Codable, Sendable, Hashable {
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

  /// Where one replica of an environment has, or had, its place.
  public struct Place: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// The zone's slug.
    public var zone: String
    /// The cluster's name.
    public var cluster: String
    /// The console's label of the cluster.
    public var clusterLabel: String?
    /// The console's identifier of the cluster.
    public var clusterID: UUID?
    /// What is reserved.
    public var quota: ResourceList
    /// The identifier that the placement has, once the reservation is confirmed.
    public var placement: UUID

    /// A place.
    public init(
      environment: String, replica: Int, zone: String, cluster: String, clusterLabel: String? = nil,
      clusterID: UUID? = nil, quota: ResourceList, placement: UUID
    ) {
      self.environment = environment
      self.replica = replica
      self.zone = zone
      self.cluster = cluster
      self.clusterLabel = clusterLabel
      self.clusterID = clusterID
      self.quota = quota
      self.placement = placement
    }
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
  /// Since when it is held.
  public var createdAt: Timestamp
  /// When it expires, or would have.
  public var expiresAt: Timestamp
  /// When it was confirmed.
  public var confirmedAt: Timestamp?
  /// When it was cancelled.
  public var cancelledAt: Timestamp?
  /// The places, by environment and replica.
  public var places: [Place]

  /// A view.
  public init(
    id: UUID, project: String, state: State, decision: UUID, principal: String, createdAt: Timestamp,
    expiresAt: Timestamp, confirmedAt: Timestamp?, cancelledAt: Timestamp?, places: [Place]
  ) {
    self.id = id
    self.project = project
    self.state = state
    self.decision = decision
    self.principal = principal
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.confirmedAt = confirmedAt
    self.cancelledAt = cancelledAt
    self.places = places
  }
}

/// The answer to `POST /api/v1/reservations`.
public struct ReservationAnswer: Codable, Sendable, Hashable {
  /// What is held; absent where the project fits nowhere, or has its places already.
  public var reservation: ReservationView?
  /// The decision that holds for the project now.
  public var decision: DecisionIdentity
  /// Why, in full.
  public var explanation: ExplanationView

  /// An answer.
  public init(reservation: ReservationView?, decision: DecisionIdentity, explanation: ExplanationView) {
    self.reservation = reservation
    self.decision = decision
    self.explanation = explanation
  }
}
