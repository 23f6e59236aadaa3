import Model

/// From judgements to one assignment, or to what stands in its way.
struct Planner {
  /// How planning ended.
  struct Result {
    var solution: Search.Solution?
    /// The term that all hold.
    var term: Int?
    /// Where none is held by all, the term that all hold which do not stay where they are.
    var termOfNew: Int?
    var reasons: [Reason] = []
    var conflict: Plan.Conflict?
    var isUndecided = false
    var nodes = 0
    /// What finding out what stands in the way has cost beside.
    var conflictNodes = 0
  }

  let judgement: Judgement
  let problem: SearchProblem
  private let isBeside: Bool
  private var budget: Int { max(1, judgement.subject.request.nodeBudget) }

  /// - Parameters:
  ///   - keepsExisting: Whether what may stay where it is has to; by default as the request says.
  ///   - isBeside: Whether what is new has to hold beside what stands, too, as it has to be written; else only with all of it
  ///     where it is best.
  init(_ judgement: Judgement, keepsExisting: Bool? = nil, isBeside: Bool = true) {
    self.judgement = judgement
    self.isBeside = isBeside
    problem = SearchProblem(judgement, keepsExisting: keepsExisting)
  }

  /// Plans.
  ///
  /// - Parameter explains: Whether to find out what stands in the way, if something does, beyond what is at hand.
  /// - Parameter conflictBudget: The nodes that finding that out may cost.
  func plan(explains: Bool, conflictBudget: Int = ConflictFinder.budget) -> Result {
    let faults = PinJudge.faults(of: judgement.subject)
    var result = Result(reasons: faults + ContractJudge.excesses(of: judgement.subject))
    guard result.reasons.isEmpty else {
      if explains, faults.isEmpty { explainExcesses(&result, conflictBudget) }
      return result
    }
    let abandoned = Set(problem.slots.filter { !$0.hasPlace }.map(\.environment)).sorted()
    result.reasons = abandoned.filter(isWithoutCandidate).map(noCandidate)
    result.reasons += PinJudge.refusals(of: problem.slots, in: judgement)
    if result.reasons.isEmpty {
      searchByTerms(&result)
      if result.isUndecided || result.solution != nil { return result }
      result.reasons = neededMoves(&result)
      guard result.reasons.isEmpty else {
        if explains, !result.isUndecided { result.conflict = .all }
        return result
      }
    }
    guard explains else { return result }
    var finder = ConflictFinder(problem, abandoned: abandoned, budget: conflictBudget)
    let found = finder.find()
    result.conflictNodes = conflictBudget - finder.left
    result.reasons += found.reasons
    result.conflict = found.conflict
    return result
  }

  /// What has to be moved before the rest has a place beside what stands; nothing where that would not help. Where the nodes
  /// do not suffice for finding out, nothing else may be said to stand in the way either.
  private func neededMoves(_ result: inout Result) -> [Reason] {
    guard isBeside, problem.isBeside else { return [] }
    var search = Search(problem, budget: budget - min(budget, result.nodes))
    search.run()
    result.nodes += search.nodes
    if search.isExhausted {
      result.isUndecided = true
      return [Reason(.budgetExhausted, ["nodes": String(result.nodes)])]
    }
    guard let solution = search.best else { return [] }
    let (clusters, subject) = (judgement.subject.compiled.index.clusters, judgement.subject)
    return problem.movedFirst(solution).map { move in
      let slot = problem.slots[move.slot]
      let environment = judgement.environments[slot.environment].name
      let present = subject.present(environment, replica: slot.replica)
      return Reason(
        .moveNeeded,
        [
          "environment": environment, "replica": String(slot.replica),
          "from": move.left.map { clusters[$0] } ?? present ?? "-",
          "to": move.left == nil ? clusters[solution.candidates[move.slot].site] : present ?? "-",
        ])
    }
  }

  /// How excesses of the contract go together: whether there is a full assignment once they are lifted.
  private func explainExcesses(_ result: inout Result, _ budget: Int) {
    guard problem.slots.allSatisfy(\.hasPlace) else { return }
    var search = Search(problem, budget: min(budget, ConflictFinder.budgetOfOne), stopsAtFirst: true)
    search.run()
    result.conflictNodes = search.nodes
    if search.best != nil {
      result.conflict = result.reasons.count == 1 ? .alone : .all
    } else if search.isExhausted {
      result.conflict = .unproven
    }
  }

  /// The first term that admits a full assignment; where there is none, the first one that admits all that does not
  /// stay where it is; or the best place anywhere. Where all stays, the term of what does not is none. No term makes
  /// anything move that may stay, or gives it another chain: the fewest such changes there are come first.
  private func searchByTerms(_ result: inout Result) {
    let terms = judgement.subject.project.preferences.terms.map { judgement.subject.compiled.attributes.places($0) }
    var anywhere: Search.Solution?
    if !terms.isEmpty, problem.slots.contains(where: \.isAnchored) {
      search(among: nil, &result)
      guard let solution = result.solution else { return }
      anywhere = solution
    }
    func keepsEnough(_ solution: Search.Solution) -> Bool {
      anywhere.map { solution.value.keepsAsMuch(as: $0.value) } ?? true
    }
    let fewest = anywhere?.value.moves ?? .max
    for (number, places) in terms.enumerated() where mustMove(outOf: places) <= fewest {
      search(among: places, &result)
      if result.isUndecided { return }
      if let solution = result.solution, keepsEnough(solution) {
        result.term = number
        return
      }
    }
    guard let anywhere else { return search(among: nil, &result) }
    for (number, places) in terms.enumerated() {
      search(among: places, keepsAnyway: true, &result)
      if result.isUndecided { return }
      if let solution = result.solution, keepsEnough(solution) {
        result.termOfNew = solution.candidates.contains { $0.kept == nil } ? number : nil
        return
      }
    }
    result.solution = anywhere
  }

  /// How many replicas at least would have to move for all to be in a term: no search is spent on one that asks for more
  /// moves than are needed.
  private func mustMove(outOf places: SiteSet) -> Int {
    problem.slots.count { $0.isAnchored && !$0.kept.contains { places.contains($0.site) } }
  }

  private func search(among places: SiteSet?, keepsAnyway: Bool = false, _ result: inout Result) {
    var search = Search(problem, budget: budget - min(budget, result.nodes), isBeside: isBeside)
    search.run(among: places, keepsAnyway: keepsAnyway)
    result.nodes += search.nodes
    result.solution = search.isExhausted ? nil : search.best
    if search.isExhausted {
      result.isUndecided = true
      result.reasons = [Reason(.budgetExhausted, ["nodes": String(result.nodes)])]
    }
  }

  /// Whether a replica that is pinned nowhere has no place.
  private func isWithoutCandidate(_ environment: Int) -> Bool {
    problem.slots.contains { $0.environment == environment && !$0.hasPlace && $0.pin == nil }
  }

  private func noCandidate(_ environment: Int) -> Reason {
    let most = Findings(judgement, judgement.profiles[judgement.environments[environment].profile]).lost.max {
      ($0.count, $1.code) < ($1.count, $0.code)
    }
    let name = judgement.environments[environment].name
    return Reason(.noCandidate, ["environment": name, "mostly": most?.code.rawValue ?? "-"])
  }
}
