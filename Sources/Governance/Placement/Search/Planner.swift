import Model

/// From judgements to one assignment, or to what stands in its way.
struct Planner {
  /// How planning ended.
  struct Result {
    var solution: Search.Solution?
    var term: Int?
    var reasons: [Reason] = []
    var conflict: Plan.Conflict?
    var isUndecided = false
    var nodes = 0
  }

  let judgement: Judgement
  let problem: SearchProblem
  private var budget: Int { max(1, judgement.subject.request.nodeBudget) }

  init(_ judgement: Judgement) {
    self.judgement = judgement
    problem = SearchProblem(judgement)
  }

  /// Plans.
  func plan() -> Result {
    var result = Result(reasons: ContractJudge.excesses(of: judgement.subject))
    let abandoned = Set(problem.slots.filter { $0.choices == 0 }.map(\.environment)).sorted()
    result.reasons += abandoned.map(noCandidate)
    guard result.reasons.isEmpty else { return result }
    // The project's terms in order, then anywhere: the first that admits a full assignment holds.
    let terms = judgement.subject.project.preferences.terms
    for (number, term) in terms.enumerated() {
      let places = judgement.subject.compiled.attributes.places(term)
      search(among: places, &result)
      if result.isUndecided { return result }
      if let solution = result.solution {
        if solution.candidates.allSatisfy({ places.contains($0.site) }) { result.term = number }
        return result
      }
    }
    search(among: nil, &result)
    if result.isUndecided || result.solution != nil { return result }
    (result.reasons, result.conflict) = obstacles(&result.nodes)
    return result
  }

  private func search(among places: SiteSet?, _ result: inout Result) {
    var search = Search(problem, budget: budget - min(budget, result.nodes))
    search.run(among: places, keepsAnyway: judgement.subject.request.keepExisting)
    result.nodes += search.nodes
    result.solution = search.isExhausted ? nil : search.best
    if search.isExhausted {
      result.isUndecided = true
      result.reasons = [Reason(.budgetExhausted, ["nodes": String(result.nodes)])]
    }
  }

  private func noCandidate(_ environment: Int) -> Reason {
    let most = Findings(judgement, judgement.profiles[judgement.environments[environment].profile]).lost.max {
      ($0.count, $1.code) < ($1.count, $0.code)
    }
    let name = judgement.environments[environment].name
    return Reason(.noCandidate, ["environment": name, "mostly": most?.code.rawValue ?? "-"])
  }

  /// The constraints of which each, left out alone, would make an assignment exist; all of them if none does alone.
  private func obstacles(_ nodes: inout Int) -> ([Reason], Plan.Conflict) {
    var constraints: [(reason: Reason, relaxation: Search.Relaxation)] = problem.groups.indices
      .filter { problem.groups[$0].isHard }
      .map { (spreadReason(problem.groups[$0]), Search.Relaxation(groups: [$0])) }
    constraints.append((Reason(.noCommonChain), Search.Relaxation(chains: true)))
    constraints.append((Reason(.jointCapacityShort), Search.Relaxation(capacity: true)))
    let alone = constraints.filter { constraint in
      var search = Search(problem, budget: budget, relaxation: constraint.relaxation, stopsAtFirst: true)
      search.run()
      nodes += search.nodes
      return search.best != nil
    }
    return alone.isEmpty ? (constraints.map(\.reason), .together) : (alone.map(\.reason), .alone)
  }

  private func spreadReason(_ group: SearchGroup) -> Reason {
    let available = CandidateOrders(problem, among: nil, keepsAnyway: true, chain: nil).map { orders in
      Search.mostApart(group, in: problem, orders)
    }
    return Reason(
      .spreadUnsatisfiable,
      [
        "environments": group.environments.joined(separator: ", "), "topology": group.topology.rawValue,
        "wanted": String(group.slots.count), "atMost": String(group.atMost), "available": String(available ?? 0),
      ])
  }
}
