public import Model

/// The decision engine: pure, and always of the same answer for the same inputs.
///
/// A decision has three parts. *Restrictions* are fail-closed and relaxed by nothing but a notified derogation; *fit*
/// says whether the project can run there, all environments together; *preference* ranks what is left. Prepare one
/// engine for each version of offer and policy and each day, and share it; what changes with every decision is in a
/// ``PlacementState``. Whatever depends on offer, policy and day alone is worked out once, as sets of clusters.
public struct Engine: Sendable {
  let compiled: Compiled

  /// An engine for one offer under one policy on one day.
  public init(offer: Offer, policy: EffectivePolicy, day: CalendarDay) {
    compiled = Compiled(offer: offer, policy: policy, day: day)
  }

  /// What is on offer.
  public var offer: Offer { compiled.offer }

  /// The policy in force.
  public var policy: EffectivePolicy { compiled.policy }

  /// The day that decisions are made for.
  public var day: CalendarDay { compiled.day }

  /// Whether the other one is the same engine, and not only one that was made of the same. What is remembered of an engine
  /// is asked for by this: versions may come again after a restore, with another content.
  public func isIdentical(to other: Engine) -> Bool { compiled === other.compiled }

  /// The names of the clusters by site number: sorted.
  public var clusters: [String] { compiled.index.clusters }

  /// The slug of a cluster's zone, the region's name and the operator's, each empty where it is not known.
  public func place(_ site: Int) -> (zone: String, region: String, operator: String) {
    let site = compiled.sites[site]
    return (site.zone?.spec.slug ?? "", site.region?.name ?? "", site.operatorName)
  }

  /// The number of a cluster.
  public func site(named cluster: String) -> Int? { compiled.index.site(named: cluster) }

  /// Decides where a project goes: all its environments together, or none. What stands in the way of one that can not be
  /// placed is worked out by ``explain(_:on:)`` alone.
  public func plan(_ request: DecisionRequest, on state: PlacementState) -> Plan {
    let planner = planner(request, state)
    return PlanWriter(planner: planner, result: planner.plan(explains: false)).plan
  }

  /// Decides where a project goes, with the verdict of every cluster, made when it is read.
  public func explain(_ request: DecisionRequest, on state: PlacementState) -> Explanation {
    let planner = planner(request, state)
    return Explanation(planner, planner.plan(explains: true))
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
    let planner = planner(request, state, isBeside: false)
    return StandingWriter(planner: planner, result: planner.plan(explains: false)).standings
  }

  /// What ``rejudge(_:on:)`` says of a project, and what ``plan(_:on:)`` would if nothing had to stay where it is. Most of what
  /// the two need is the same, and worked out once.
  public func rejudgeAndPlanFreely(_ request: DecisionRequest, on state: PlacementState) -> ([Standing], Plan) {
    // From what drains, all that is free to go is driven out: it is judged by itself then.
    guard !request.existing.isEmpty, request.keepExisting, compiled.table.isWithoutDraining else {
      var free = request
      free.keepExisting = false
      return (request.existing.isEmpty ? [] : rejudge(request, on: state), plan(free, on: state))
    }
    let planner = planner(request, state, isBeside: false)
    let free = Planner(planner.judgement, keepsExisting: false)
    return (
      StandingWriter(planner: planner, result: planner.plan(explains: false)).standings,
      PlanWriter(planner: free, result: free.plan(explains: false)).plan
    )
  }

  func planner(_ request: DecisionRequest, _ state: PlacementState, isBeside: Bool = true) -> Planner {
    Planner(Judgement(Subject(request, state.fitted(to: compiled), in: compiled)), isBeside: isBeside)
  }
}
