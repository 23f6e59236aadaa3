public import Model

/// The decision engine: pure, and always of the same answer for the same inputs.
///
/// A decision has three parts. *Restrictions* are fail-closed and relaxed by nothing but a notified derogation; *fit*
/// says whether the project can run there, all environments together; *preference* ranks what is left. Prepare one
/// engine for each version of offer and policy and each day, and share it; what changes with every decision is in a
/// ``PlacementState``.
public struct Engine: Sendable {
  /// What is on offer.
  public let offer: Offer
  /// The policy in force.
  public let policy: EffectivePolicy
  /// The day that decisions are made for.
  public let day: CalendarDay
  let index: SiteIndex
  private let sites: [Site]
  private let topologies: Topologies

  /// An engine for one offer under one policy on one day.
  public init(offer: Offer, policy: EffectivePolicy, day: CalendarDay) {
    self.offer = offer
    self.policy = policy
    self.day = day
    index = SiteIndex(offer)
    sites = Site.all(of: offer)
    topologies = Topologies(sites)
  }

  /// The names of the clusters by site number: sorted.
  public var clusters: [String] { index.clusters }

  /// The number of a cluster.
  public func site(named cluster: String) -> Int? { index.site(named: cluster) }

  /// Decides where a project goes: all its environments together, or none.
  public func plan(_ request: DecisionRequest, on state: PlacementState) -> Plan {
    explain(request, on: state).plan
  }

  /// Decides where a project goes, with the verdict of every cluster, made when it is read.
  public func explain(_ request: DecisionRequest, on state: PlacementState) -> Explanation {
    let judgement = Judgement(request, state, sites: sites, offer: offer, policy: policy.spec, day: day)
    let planner = Planner(judgement, topologies: topologies)
    let plan = planner.plan(ContractJudge.excesses(of: judgement.subject, under: policy.spec))
    return DecisionWriter(planner: planner, plan: plan).explanation(policyVersion: policy.version)
  }

  /// Decides where a project goes, with everything said.
  public func decide(_ request: DecisionRequest, on state: PlacementState) -> Decision {
    explain(request, on: state).decision
  }

  /// Decides on inputs that were put together elsewhere. They must be of the engine's day.
  public func decide(_ inputs: DecisionInputs) -> Decision {
    decide(inputs.request, on: PlacementState(ledger: inputs.ledger, staleZones: inputs.staleZones, for: self))
  }

  /// Whether each replica of a project may stay where it is, by what it is refused if not, and where it would be best;
  /// in the order of `request.existing`.
  public func rejudge(_ request: DecisionRequest, on state: PlacementState) -> [Standing] {
    let explanation = explain(request, on: state)
    return request.existing.map { existing in
      guard let environment = explanation.environments.firstIndex(of: existing.environment),
        existing.replica < explanation.replicas(environment)
      else { return Standing(existing: existing, mayStay: false, reasons: [], best: nil) }
      let verdict = site(named: existing.cluster).map { explanation.verdict(environment, site: $0) }
      let mayStay = verdict?.accepted == true && (verdict?.components?.stickiness ?? 0) > 0
      let best = explanation.plan.assignments.first {
        $0.environment == existing.environment && $0.replica == existing.replica
      }
      return Standing(
        existing: existing, mayStay: mayStay, reasons: mayStay ? [] : verdict?.refusals ?? [], best: best?.cluster)
    }
  }
}
