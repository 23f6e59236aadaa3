public import Model

extension Offer {
  /// The offer without these clusters, and without what was found on them.
  public func without(clusters names: Set<String>) -> Offer {
    Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters.filter { !names.contains($0.name) },
      chains: chains, facts: facts.filter { !names.contains($0.cluster) }, unacknowledged: unacknowledged)
  }
}

extension Engine {
  /// An engine for the offer without these clusters.
  public func without(clusters names: Set<String>) -> Engine {
    Engine(offer: offer.without(clusters: names), policy: policy, day: day)
  }

  /// The names of the clusters that are none of a project's business: they are in a DR zone and its data is not, or they are
  /// other projects' own, and nothing of it is there (protocol rule 6).
  public func foreignClusters(to request: DecisionRequest, on state: PlacementState) -> Set<String> {
    compiled.foreignClusters(to: request, on: state.fitted(to: compiled))
  }

  /// The highest sensitivity that classes of data demand, all that they inherit from included; ``Sensitivity/usuel`` where they
  /// demand nothing, or are not known.
  public func sensitivity(of dataClasses: [String]) -> Sensitivity {
    dataClasses.compactMap { policy.spec.sensitivity(of: $0) }.max() ?? .usuel
  }

  /// Those of these classes of data that the policy does not know: what they demand, nobody can say yet.
  public func unknown(of dataClasses: [String]) -> [String] {
    dataClasses.filter { policy.spec.sensitivity(of: $0) == nil }
  }

  /// What data of these classes is of already, as they inherit from it.
  public func inherited(by dataClasses: [String]) -> Set<String> {
    Set(compiled.classes.lineage(of: dataClasses)).subtracting(dataClasses)
  }
}

extension Compiled {
  func foreignClusters(to request: DecisionRequest, on state: PlacementState) -> Set<String> {
    var judge = SubjectJudge(request, state, in: self)
    judge.judge()
    let foreign = judge.barriers.filter { $0.code.saysForeign }.reduce(into: table.none) { $0.formUnion($1.sites) }
    let (names, held) = (index.clusters, Set(request.existing.map(\.cluster)))
    return Set(names.indices.filter { foreign.contains($0) && !held.contains(names[$0]) }.map { names[$0] })
  }
}

extension Explanation {
  /// What stands in the way, as somebody of the project is told it: looked for without the clusters that are none of its business.
  /// Else the one thing that would make a place could be that a DR zone with so much room is reserved.
  public var obstaclesWithoutForeign: (reasons: [Reason], conflict: Plan.Conflict?) {
    guard plan.outcome != .placed else { return (plan.reasons, plan.conflict) }
    let (compiled, request, state) = (judgement.subject.compiled, judgement.subject.request, judgement.subject.state)
    let foreign = compiled.foreignClusters(to: request, on: state)
    guard !foreign.isEmpty else { return (plan.reasons, plan.conflict) }
    let engine = Engine(offer: compiled.offer.without(clusters: foreign), policy: compiled.policy, day: compiled.day)
    let own = engine.explain(request, on: state.fitted(to: engine)).plan
    return (own.reasons, own.conflict)
  }
}

extension PlacementState {
  /// This for an engine of another offer. What its offer does not hold is forgotten: it does not come back where something
  /// else is given the name.
  public func fitted(to engine: Engine) -> PlacementState { fitted(to: engine.compiled) }
}

extension ReasonCode {
  /// Whether a cluster that says so is none of the project's business.
  var saysForeign: Bool { self == .restrictedZoneReserved || self == .dedicatedToOthers }
}

extension CandidateVerdict {
  /// Whether the cluster refuses the project, and is none of its business.
  public var isForeign: Bool { !accepted && reasons.isForeign }
}

extension [Reason] {
  /// Whether a cluster that says so is none of the project's business.
  public var isForeign: Bool { contains { $0.code.saysForeign } }
}

extension [EnvironmentExplanation.LostCount] {
  /// These without clusters that refuse for such reasons: each was counted by the first.
  public func without(_ refusals: [[Reason]]) -> [EnvironmentExplanation.LostCount] {
    let firsts = refusals.compactMap { $0.min()?.code }
    return compactMap { lost in
      let count = lost.count - firsts.count { $0 == lost.code }
      return count > 0 ? EnvironmentExplanation.LostCount(code: lost.code, count: count) : nil
    }
  }
}
