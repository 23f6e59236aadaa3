import Foundation
import Model
public import Placement

/// A wish to have one project of many placed where it was planned to go when all of them were looked at together.
public struct PlannedRequest: Sendable, Hashable {
  /// Where one replica was planned to go.
  public struct Place: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// The cluster.
    public var cluster: String

    /// A place.
    public init(environment: String, replica: Int, cluster: String) {
      self.environment = environment
      self.replica = replica
      self.cluster = cluster
    }
  }

  /// The wish itself: what a key stands for. Where it was planned to go is no part of that, since somebody who asks
  /// again may have got another plan meanwhile.
  public var request: PlacementRequest
  /// A place for every replica.
  public var places: [Place]

  /// A wish, and where it is to go.
  public init(_ request: PlacementRequest, places: [Place]) {
    self.request = request
    self.places = places
  }

  /// A wish for a stored project that is to go where `plan` has it.
  public init(project: String, plan: Plan) {
    self.init(
      PlacementRequest(project: project),
      places: plan.assignments.map {
        Place(environment: $0.environment, replica: $0.replica, cluster: $0.cluster)
      })
  }
}

extension Plan {
  /// Whether this has every replica where it was planned to go, and no other.
  func goes(to places: [PlannedRequest.Place]) -> Bool {
    outcome == .placed
      && Set(places)
        == Set(
          assignments.map {
            PlannedRequest.Place(environment: $0.environment, replica: $0.replica, cluster: $0.cluster)
          })
  }
}
