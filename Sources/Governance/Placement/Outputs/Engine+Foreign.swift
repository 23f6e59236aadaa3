import Model

extension Offer {
  /// The offer without these clusters, and without what was found on them.
  public func without(clusters names: Set<String>) -> Offer {
    Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters.filter { !names.contains($0.name) },
      chains: chains, facts: facts.filter { !names.contains($0.cluster) }, unacknowledged: unacknowledged)
  }
}

extension Engine {
  /// The names of the clusters that are none of a project's business: they are in a DR zone and its data is not, or they are
  /// other projects' own, and nothing of it is there (protocol rule 6).
  public func foreignClusters(to request: DecisionRequest, on state: PlacementState) -> Set<String> {
    var judge = SubjectJudge(request, state.fitted(to: compiled), in: compiled)
    judge.judge()
    let foreign = judge.barriers.filter { $0.code.saysForeign }.reduce(into: compiled.table.none) {
      $0.formUnion($1.sites)
    }
    let held = Set(request.existing.map(\.cluster))
    return Set(clusters.indices.filter { foreign.contains($0) && !held.contains(clusters[$0]) }.map { clusters[$0] })
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
