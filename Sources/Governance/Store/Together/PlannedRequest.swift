import Model
public import Placement

/// A wish to have one project of many placed where it was planned to go when all of them were looked at together.
public struct PlannedRequest: Sendable, Hashable {
  /// The wish itself: what a key stands for. Where it was planned to go is no part of that, since somebody who asks
  /// again may have got another plan meanwhile.
  public var request: PlacementRequest
  /// A place for every replica.
  public var places: [Pin]
  /// Its place in what was asked, from 0, where the plan has another order; nil where that is its place in the plan.
  public var position: Int?

  /// A wish, and where it is to go.
  public init(_ request: PlacementRequest, places: [Pin], position: Int? = nil) {
    self.request = request
    self.places = places
    self.position = position
  }

  /// A wish for a stored project that is to go where `plan` has it.
  public init(project: String, plan: Plan) {
    self.init(PlacementRequest(project: project), places: plan.assignments.map { Pin($0) })
  }
}

extension [PlannedRequest] {
  /// The wishes in the order in which they were asked for, whatever the order of the plan.
  var asAsked: [PlacementRequest] {
    enumerated().sorted { ($0.element.position ?? $0.offset) < ($1.element.position ?? $1.offset) }
      .map(\.element.request)
  }
}

extension Plan {
  /// Whether this has every replica where it was planned to go, and no other.
  func goes(to places: [Pin]) -> Bool {
    outcome == .placed && Set(places) == Set(assignments.map { Pin($0) })
  }
}
