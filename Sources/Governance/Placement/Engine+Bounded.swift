extension Engine {
  /// The same as ``explain(_:on:)`` for a project that is placed after no more than so many nodes, and nil for any other.
  /// So whoever must not be held up may try, and leave to others what takes long.
  ///
  /// What a search finds does not depend on how long it might have gone on: one that was cut short is not looked at.
  public func explain(_ request: DecisionRequest, on state: PlacementState, within nodes: Int) -> Explanation? {
    var bounded = request
    bounded.nodeBudget = min(request.nodeBudget, nodes)
    let planner = planner(bounded, state)
    let result = planner.plan(explains: false)
    return result.solution == nil ? nil : Explanation(planner, result)
  }

  /// The same as ``explain(_:on:)`` without the verdicts, and with so many nodes for all of it: one half at the most for the
  /// search, and the rest, fixed before the search whatever that uses, for finding out what stands in the way.
  ///
  /// - Returns: the plan, and how many nodes all of it has visited.
  public func plan(
    _ request: DecisionRequest, on state: PlacementState, explainedWithin nodes: Int
  ) -> (plan: Plan, nodes: Int) {
    var bounded = request
    bounded.nodeBudget = min(request.nodeBudget, max(1, nodes / 2))
    let planner = planner(bounded, state)
    let result = planner.plan(
      explains: true, conflictBudget: min(ConflictFinder.budget, max(0, nodes - bounded.nodeBudget)))
    return (PlanWriter(planner: planner, result: result).plan, result.nodes + result.conflictNodes)
  }
}
