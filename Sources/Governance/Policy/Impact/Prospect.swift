import Model
import Placement

/// What one policy says to one project.
struct Prospect: Sendable {
  /// Whether what it has may stay.
  var compliance: Compliance
  /// Whether all of it can be placed, what may stay staying. A search whose budget ran out counts as a no.
  var isPlaceable: Bool
  /// Where all of it would be best if it were free to move; empty where it can not be placed so.
  var best: [Assignment]

  init(_ request: DecisionRequest, _ engine: Engine, _ state: PlacementState) {
    let (rejudged, plan) = engine.rejudgeAndPlanFreely(request, on: state)
    compliance = Compliance(of: request, rejudged, under: engine, on: state)
    best = plan.assignments
    let standings = compliance.standings.filter {
      request.wants(environment: $0.existing.environment, replica: $0.existing.replica)
    }
    isPlaceable =
      if request.existing.isEmpty {
        plan.outcome == .placed
      } else if standings.isEmpty {
        engine.plan(request, on: state).outcome == .placed
      } else {
        // All together, or none: so one that has a place says it of all.
        standings[0].best != nil
      }
  }
}
