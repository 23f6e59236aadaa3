import Placement

/// The one place where these proofs meet the engine's interface.
extension Scenario {
  var offer: Offer {
    Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains, facts: facts ?? [])
  }

  var engine: Engine { Engine(offer: offer, policy: EffectivePolicy(version: 3, spec: policy), day: day) }

  var request: DecisionRequest {
    DecisionRequest(
      project: project, existing: existing, derogations: derogations, now: now, keepExisting: keepExisting,
      mayMove: mayMove ?? false, leaves: leaves ?? [], mayReturn: mayReturn ?? [], nodeBudget: nodeBudget,
      pins: pins ?? [])
  }

  func state(for engine: Engine) -> PlacementState {
    PlacementState(ledger: ledger, staleZones: staleZones, for: engine)
  }

  func explain() -> Explanation {
    let engine = engine
    return engine.explain(request, on: state(for: engine))
  }

  func plan(mayMove: Bool? = nil) -> Plan {
    let engine = engine
    var request = request
    request.mayMove = mayMove ?? request.mayMove
    return engine.plan(request, on: state(for: engine))
  }

  func decide() -> Decision { explain().decision }

  func rejudge() -> [Standing] {
    let engine = engine
    return engine.rejudge(request, on: state(for: engine))
  }
}
