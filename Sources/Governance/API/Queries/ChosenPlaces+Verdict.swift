import Contract
import Model
import Placement

extension ChosenPlaces {
  /// What is said of all choices together.
  private struct Whole {
    var isValid: Bool
    /// Where the project goes by it; or by the fewest other choices, where it can not as it is chosen.
    var plan: Plan
    /// What stands in the way, though each choice by itself may stand.
    var obstacles = Obstacles(reasons: [], conflict: nil)
  }

  /// Whether the project may go there: each replica by itself, and all together.
  func verdict(on inquiry: Inquiry, language: Language) -> ValidationView {
    let explanation = inquiry.engine.explain(inquiry.request, on: inquiry.state)
    let verdicts = choices.map { choice in
      explanation.environments.firstIndex(of: choice.environment.name).map {
        explanation.verdict($0, site: choice.site).told
      }
    }
    let accepted = zip(choices, verdicts).map { choice, verdict in
      verdict.map { $0.accepted && ($0.refusals.isEmpty || isThere(choice, inquiry)) } ?? false
    }
    let whole = whole(inquiry, explanation, isEachAccepted: !accepted.contains(false))
    return ValidationView(
      basis: inquiry.basis, project: inquiry.request.project.name, valid: whole.isValid,
      chain: whole.isValid ? whole.plan.chain : nil,
      reasons: whole.obstacles.reasons.map { ExplanationView.ReasonView($0, language) },
      conflict: whole.obstacles.conflict,
      choices: choices.indices.map { view(choices[$0], verdicts[$0], accepted[$0], inquiry, language) },
      nearest: whole.isValid ? [] : nearest(whole.plan, inquiry), warnings: inquiry.warnings)
  }

  private func whole(_ inquiry: Inquiry, _ explanation: Explanation, isEachAccepted: Bool) -> Whole {
    let (engine, state) = (inquiry.engine, inquiry.state)
    // Where nothing would have to be moved it is decided as it is chosen: beside all that stands, and may be led back.
    let isDecided = isEachAccepted && choices.allSatisfy { movedFrom($0, inquiry) == nil }
    let decided = isDecided ? engine.explain(pinned(inquiry), on: state).plan : nil
    if let decided, decided.outcome == .placed { return Whole(isValid: true, plan: decided) }
    let places = withStanding(inquiry, explanation)
    let standing = engine.plan(places.bound(inquiry), on: state)
    if standing.outcome == .placed {
      return Whole(
        isValid: isEachAccepted && decided == nil, plan: standing, obstacles: Obstacles(decided))
    }
    guard isEachAccepted else {
      let nearest = engine.explain(places.anchored(inquiry), on: state).plan
      return Whole(isValid: false, plan: nearest, obstacles: Obstacles(nearest))
    }
    return Whole(
      isValid: false, plan: engine.plan(places.anchored(inquiry), on: state),
      obstacles: standing.outcome == .undecided ? Obstacles(standing) : obstacles(to: places, decided, inquiry))
  }

  /// What keeps choices apart that may each stand. Where replicas are free, the engine says it of them as of any other.
  private func obstacles(to places: ChosenPlaces, _ decided: Plan?, _ inquiry: Inquiry) -> Obstacles {
    if places.isComplete(inquiry) {
      var finder = ObstacleFinder(places, inquiry)
      return finder.find()
    }
    return Obstacles(decided ?? inquiry.engine.explain(places.bound(inquiry), on: inquiry.state).plan)
  }

  /// What is decided where the choices are asked for as they are.
  private func pinned(_ inquiry: Inquiry) -> DecisionRequest {
    var request = inquiry.request
    request.pins = pins(inquiry)
    return request
  }

  /// Where a replica is now, if that is elsewhere.
  private func movedFrom(_ choice: Choice, _ inquiry: Inquiry) -> String? {
    let present = present(choice.environment.name, choice.replica, inquiry)
    return present.contains(inquiry.engine.clusters[choice.site]) ? nil : present.first
  }

  /// The places of a plan that was made as if every choice were taken already: what is there is what really is.
  private func nearest(_ plan: Plan, _ inquiry: Inquiry) -> [PlaceView] {
    inquiry.places(plan).map { place in
      let present = present(place.environment, place.replica, inquiry)
      var place = place
      place.kept = present.contains(place.cluster)
      place.movedFrom = place.kept ? nil : present.first
      return place
    }
  }

  private func isThere(_ choice: Choice, _ inquiry: Inquiry) -> Bool { held(choice, inquiry) != nil }

  private func view(
    _ choice: Choice, _ verdict: CandidateVerdict?, _ isAccepted: Bool, _ inquiry: Inquiry, _ language: Language
  ) -> ValidationView.Choice {
    let cluster = inquiry.engine.clusters[choice.site]
    let console = inquiry.console(cluster)
    return ValidationView.Choice(
      environment: choice.environment.name, replica: choice.replica, zone: verdict?.zone ?? "", cluster: cluster,
      clusterLabel: console?.label, clusterID: console?.id,
      movedFrom: movedFrom(choice, inquiry), accepted: isAccepted,
      score: isAccepted ? verdict?.score : nil,
      reasons: (verdict?.reasons ?? []).filter { $0.code != .outranked }.map {
        ExplanationView.ReasonView($0, language)
      })
  }
}
