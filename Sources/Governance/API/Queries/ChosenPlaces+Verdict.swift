import Contract
import Model
import Placement

extension ChosenPlaces {
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
    let plan = inquiry.engine.explain(anchored(inquiry), on: inquiry.state).plan
    let isWhole = plan.outcome == .placed && follows(plan, inquiry)
    let isAlone = isWhole && !accepted.contains(false)
    // Where nothing would have to be moved it is decided as it is chosen: beside all that stands, and may be led back.
    let pinned = isAlone && choices.allSatisfy { movedFrom($0, inquiry) == nil } ? pinned(inquiry) : nil
    let isValid = isAlone && pinned?.outcome ?? .placed == .placed
    let obstacles: Obstacles =
      isAlone
      ? (reasons: pinned?.reasons ?? [], conflict: pinned?.conflict)
      : isWhole || accepted.contains(false)
        ? (reasons: plan.reasons, conflict: plan.conflict) : obstacles(inquiry)
    return ValidationView(
      basis: inquiry.basis, project: inquiry.request.project.name, valid: isValid, chain: isValid ? plan.chain : nil,
      reasons: obstacles.reasons.map { ExplanationView.ReasonView($0, language) }, conflict: obstacles.conflict,
      choices: choices.indices.map { view(choices[$0], verdicts[$0], accepted[$0], inquiry, language) },
      nearest: isValid ? [] : nearest(plan, inquiry), warnings: inquiry.warnings)
  }

  /// The request with every replica where it is chosen to be, holding no more than it holds there already: the engine
  /// then gives up as few of the choices as can be. What is there by choice alone is bound by spreads like any new place.
  /// What is held beside still counts for the contract, and so does what would be moved.
  private func anchored(_ inquiry: Inquiry) -> DecisionRequest {
    var request = inquiry.request
    request.keepExisting = true
    let held = inquiry.request.existing
    let asked = held.filter { held in choices.contains { $0.isReplica(of: held) } }
    request.leaves = asked.filter { held in
      !held.isGoing && choices.contains { $0.isReplica(of: held) && self.held($0, inquiry) == nil }
    }
    request.existing =
      held.filter { !asked.contains($0) }
      + choices.map { choice in
        self.held(choice, inquiry)
          ?? ExistingPlacement(
            environment: choice.environment.name, replica: choice.replica,
            cluster: inquiry.engine.clusters[choice.site], stage: choice.environment.stage, quota: ResourceAmounts(),
            isWish: true)
      }
    return request
  }

  /// What is decided where the choices are asked for as they are.
  private func pinned(_ inquiry: Inquiry) -> Plan {
    var request = inquiry.request
    request.pins = choices.map { choice in
      Pin(
        environment: choice.environment.name, replica: choice.replica, cluster: inquiry.engine.clusters[choice.site])
    }
    return inquiry.engine.explain(request, on: inquiry.state).plan
  }

  /// Where a replica is now, if that is elsewhere.
  private func movedFrom(_ choice: Choice, _ inquiry: Inquiry) -> String? {
    let present = present(choice.environment.name, choice.replica, inquiry)
    return present.contains(inquiry.engine.clusters[choice.site]) ? nil : present.first
  }

  private func follows(_ plan: Plan, _ inquiry: Inquiry) -> Bool {
    let clusters = inquiry.engine.clusters
    return plan.assignments.count == choices.count
      && choices.allSatisfy { choice in
        plan.assignments.contains {
          $0.environment == choice.environment.name && $0.replica == choice.replica
            && $0.cluster == clusters[choice.site]
        }
      }
  }

  /// What stands in the way of the choices together, and how that goes together.
  private typealias Obstacles = (reasons: [Reason], conflict: Plan.Conflict?)

  /// What keeps choices apart that may each stand: what the engine says of the replicas of one environment where there
  /// is nothing but their clusters; else of all where there is nothing but the chosen ones; else the first of what ties
  /// the choices to each other that they could do without.
  private func obstacles(_ inquiry: Inquiry) -> Obstacles {
    for environment in Set(choices.map(\.environment.name)).sorted() {
      let own = ChosenPlaces(choices: choices.filter { $0.environment.name == environment })
      let plan = own.plan(inquiry)
      guard plan.outcome != .placed else { continue }
      // What would make a place for its replicas need not make one for the others.
      return (plan.reasons, own.choices.count == choices.count ? plan.conflict : plan.conflict?.ofWhole)
    }
    let whole = plan(inquiry)
    guard whole.outcome == .placed else { return (whole.reasons, whole.conflict) }
    // Room is looked at first: it may come by itself.
    let ties = [.room] + spreads(inquiry).map(Tie.spread) + colocations(inquiry).map(Tie.colocation)
    if let tie = ties.first(where: { stands(without: [$0], inquiry) }) {
      return ([reason(tie, inquiry)], .aloneUnproven)
    }
    guard stands(without: ties, inquiry) else { return ([Reason(.noCommonChain)], nil) }
    var needed = ties
    for tie in ties {
      let fewer = needed.filter { $0 != tie }
      if stands(without: fewer, inquiry) { needed = fewer }
    }
    return (Set(needed.map { reason($0, inquiry) }).sorted(), .all)
  }

  /// What ties the choices to each other.
  private enum Tie: Hashable {
    /// They share the room of their clusters.
    case room
    case spread(ProjectSpec.Spread)
    case colocation(ProjectSpec.Colocation)
  }

  /// Whether the choices may stand together once these are lifted. The whole offer is looked at: what a spread asks for
  /// depends on the places there are.
  private func stands(without ties: [Tie], _ inquiry: Inquiry) -> Bool {
    var (request, state) = (anchored(inquiry), inquiry.state)
    request.project.spec.spread.removeAll { ties.contains(.spread($0)) }
    request.project.spec.colocation.removeAll { ties.contains(.colocation($0)) }
    if ties.contains(.room) {
      // What takes no room always has it.
      for index in request.project.spec.environments.indices {
        request.project.spec.environments[index].quota = ResourceList(cpu: Quantity(0), memory: Quantity(0))
      }
      state = PlacementState(ledger: Ledger([:]), staleZones: [], for: inquiry.engine)
    }
    return follows(inquiry.engine.explain(request, on: state).plan, inquiry)
  }

  /// The hard spreads that tie environments to each other.
  private func spreads(_ inquiry: Inquiry) -> [ProjectSpec.Spread] {
    inquiry.request.project.spec.spread.filter { $0.whenUnsatisfiable != .placeAnyway }
  }

  /// The hard co-locations.
  private func colocations(_ inquiry: Inquiry) -> [ProjectSpec.Colocation] {
    inquiry.request.project.spec.colocation.filter { $0.whenUnsatisfiable != .placeAnyway }
  }

  private func reason(_ tie: Tie, _ inquiry: Inquiry) -> Reason {
    switch tie {
    case .room: Reason(.jointCapacityShort)
    case .spread(let spread): reason(spread, inquiry)
    case .colocation(let colocation): reason(colocation)
    }
  }

  private func reason(_ colocation: ProjectSpec.Colocation) -> Reason {
    let meant = choices.filter { choice in
      (colocation.environments.isEmpty || colocation.environments.contains(choice.environment.name))
        && (colocation.stage ?? choice.environment.stage) == choice.environment.stage
    }
    return Reason(
      .colocationUnsatisfiable,
      [
        "environments": Set(meant.map(\.environment.name)).sorted().joined(separator: ", "),
        "topology": colocation.topology.rawValue,
      ])
  }

  private func reason(_ spread: ProjectSpec.Spread, _ inquiry: Inquiry) -> Reason {
    let meant = choices.filter { choice in
      (spread.environments.isEmpty || spread.environments.contains(choice.environment.name))
        && (spread.stage ?? choice.environment.stage) == choice.environment.stage
    }
    // How many one place may have depends on the places that there are, which the engine knows.
    let room = inquiry.engine.room(
      of: spread, for: inquiry.request, on: inquiry.state, at: meant.map { inquiry.engine.clusters[$0.site] })
    return Reason(
      .spreadUnsatisfiable,
      [
        "environments": Set(meant.map(\.environment.name)).sorted().joined(separator: ", "),
        "topology": spread.topology.rawValue, "wanted": String(meant.count),
        "atMost": String(room?.atMost ?? 1), "available": String(room?.available ?? 0),
      ])
  }

  /// Where these environments would go, and no other, if there were nothing but the chosen clusters.
  private func plan(_ inquiry: Inquiry) -> Plan {
    let engine = inquiry.engine
    let chosen = Set(choices.map { engine.clusters[$0.site] })
    let reduced = Engine(
      offer: Offer(
        operators: engine.offer.operators, regions: engine.offer.regions, zones: engine.offer.zones,
        clusters: engine.offer.clusters.filter { chosen.contains($0.name) }, chains: engine.offer.chains,
        facts: engine.offer.facts, unacknowledged: engine.offer.unacknowledged),
      policy: engine.policy, day: engine.day)
    let names = Set(choices.map(\.environment.name))
    var request = anchored(inquiry)
    request.project.spec.environments.removeAll { !names.contains($0.name) }
    // One that named others only would mean all, were it emptied.
    request.project.spec.spread.removeAll { !$0.environments.isEmpty && names.isDisjoint(with: $0.environments) }
    request.project.spec.colocation.removeAll { !$0.environments.isEmpty && names.isDisjoint(with: $0.environments) }
    return reduced.explain(request, on: inquiry.state).plan
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

  /// The clusters where a replica is now, by name; not those where its removal was decided.
  private func present(_ environment: String, _ replica: Int, _ inquiry: Inquiry) -> [String] {
    inquiry.request.existing.filter { $0.environment == environment && $0.replica == replica && !$0.isGoing }
      .map(\.cluster).sorted()
  }

  private func held(_ choice: Choice, _ inquiry: Inquiry) -> ExistingPlacement? {
    let cluster = inquiry.engine.clusters[choice.site]
    return inquiry.request.existing.first {
      $0.environment == choice.environment.name && $0.replica == choice.replica && $0.cluster == cluster
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

extension Plan.Conflict {
  /// What it says of a whole of which the reasons are told of a part; nil where it says nothing of that.
  var ofWhole: Self? {
    switch self {
    case .together, .togetherUnproven, .unproven: self
    case .alone, .aloneUnproven, .all: nil
    }
  }
}
