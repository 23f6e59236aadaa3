public import Placement

/// A project that an impact is worked out for.
public struct ImpactSubject: Sendable {
  /// The project, with all that it has.
  public var request: DecisionRequest
  /// The places of what it has that is judged: what is only reserved or is to be removed is none of them, and takes part in
  /// where the project could be placed.
  var judged: Set<Breach.Place>

  /// A project.
  ///
  /// - Parameter judged: those of `request.existing` that are judged; all where it is not said.
  public init(_ request: DecisionRequest, judging judged: [ExistingPlacement]? = nil) {
    self.request = request
    self.judged = Set(
      (judged ?? request.existing).map {
        Breach.Place(environment: $0.environment, replica: $0.replica, cluster: $0.cluster)
      })
  }

  /// How many replicas are judged.
  var placements: Int {
    request.existing.count {
      judged.contains(Breach.Place(environment: $0.environment, replica: $0.replica, cluster: $0.cluster))
    }
  }

  /// Those of the breaches that are of something that is judged.
  func counted(_ breaches: [Breach]) -> [Breach] { breaches.filter { judged.contains($0.place) } }

  /// Whether a move is one of something that is judged.
  func counts(_ move: Assignment) -> Bool {
    guard let origin = move.movedFrom else { return false }
    return judged.contains(Breach.Place(environment: move.environment, replica: move.replica, cluster: origin))
  }
}
