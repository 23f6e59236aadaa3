import Model

/// From verdicts to one assignment, or to what stands in its way.
struct Planner {
  /// How planning ended.
  struct Plan {
    var solution: Search.Solution?
    var term: Int?
    var reasons: [Reason]
    var conflict: Placement.Plan.Conflict?
    var isUndecided = false
    var nodes = 0
  }

  let judgement: Judgement
  let problem: Search.Problem
  private var budget: Int { max(1, judgement.subject.request.nodeBudget) }

  init(_ judgement: Judgement, topologies: Topologies) {
    self.judgement = judgement
    problem = Search.Problem(judgement, topologies: topologies)
  }

  /// Plans, given what is wrong with the project as a whole already.
  func plan(_ excesses: [Reason]) -> Plan {
    var plan = Plan(reasons: excesses)
    let abandoned = Set(problem.slots.filter(\.candidates.isEmpty).map(\.environment)).sorted()
    plan.reasons += abandoned.map(noCandidate)
    guard plan.reasons.isEmpty else { return plan }
    // The project's terms in order, then anywhere: the first that admits a full assignment holds.
    let terms = judgement.subject.project.preferences.terms
    for term in Array(terms.indices.map(Int?.some)) + [nil] {
      search(term.map { terms[$0] }, &plan)
      if plan.isUndecided { return plan }
      if let solution = plan.solution {
        if let term, solution.candidates.allSatisfy({ matches(terms[term], $0) }) { plan.term = term }
        return plan
      }
    }
    (plan.reasons, plan.conflict) = obstacles(&plan.nodes)
    return plan
  }

  /// Whether a candidate's site meets a term.
  func matches(_ term: LabelSelector, _ candidate: SearchSlot.Candidate) -> Bool {
    term.matches(judgement.attributes[candidate.site])
  }

  private func search(_ term: LabelSelector?, _ plan: inout Plan) {
    let keeps = judgement.subject.request.keepExisting
    var search = Search(problem, budget: budget - min(budget, plan.nodes))
    search.run { candidate in
      guard let term else { return true }
      return (keeps && candidate.isKept) || matches(term, candidate)
    }
    plan.nodes += search.nodes
    plan.solution = search.isExhausted ? nil : search.best
    if search.isExhausted {
      plan.isUndecided = true
      plan.reasons = [Reason(.budgetExhausted, ["nodes": String(plan.nodes)])]
    }
  }

  private func noCandidate(_ environment: Int) -> Reason {
    let most = judgement.lost(environment).max { ($0.count, $1.code) < ($1.count, $0.code) }
    let name = judgement.environments[environment].name
    return Reason(.noCandidate, ["environment": name, "mostly": most?.code.rawValue ?? "-"])
  }

  /// The constraints of which each, left out alone, would make an assignment exist; all of them if none does alone.
  private func obstacles(_ nodes: inout Int) -> ([Reason], Placement.Plan.Conflict) {
    var constraints: [(reason: Reason, relaxation: Search.Relaxation)] = problem.groups.indices
      .filter { problem.groups[$0].isHard }
      .map { (spreadReason(problem.groups[$0]), Search.Relaxation(groups: [$0])) }
    constraints.append((Reason(.noCommonChain), Search.Relaxation(chains: true)))
    constraints.append((Reason(.jointCapacityShort), Search.Relaxation(capacity: true)))
    let alone = constraints.filter { constraint in
      var search = Search(problem, budget: budget, relaxation: constraint.relaxation, stopsAtFirst: true)
      search.run { _ in true }
      nodes += search.nodes
      return search.best != nil
    }
    return alone.isEmpty ? (constraints.map(\.reason), .together) : (alone.map(\.reason), .alone)
  }

  private func spreadReason(_ group: SearchGroup) -> Reason {
    let search = Search(problem, budget: 1)
    return Reason(
      .spreadUnsatisfiable,
      [
        "environments": group.environments.joined(separator: ", "), "topology": group.topology.rawValue,
        "wanted": String(group.slots.count), "atMost": String(group.atMost),
        "available": String(search.mostApart(group, problem.slots)),
      ])
  }
}
