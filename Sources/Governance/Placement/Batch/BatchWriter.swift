import Model

/// Writes down what the search has found.
struct BatchWriter {
  let batch: BatchRequest
  let engine: Engine
  let start: PlacementState
  let search: BatchSearch

  /// The answer; `repeated` are the positions whose names came before, `explained` what explaining has cost.
  func answer(repeated: [Int], explained: Int) -> BatchAnswer {
    let isAll = search.best.count == search.projects.count
    let isWithheld = batch.allOrNothing && !isAll
    var state = start
    var (nodes, explained) = (search.nodes, explained)
    var entries: [BatchEntry] = []
    if !isWithheld {
      for project in search.best.order { entries.append(placed(project, &state, &nodes)) }
    }
    for project in search.projects.indices where isWithheld || search.best.placed[project] == nil {
      entries.append(left(project, isWithheld, state, &nodes, &explained))
    }
    entries += repeated.map { position in
      let name = batch.projects[position].project.name
      return BatchEntry(project: name, position: position, status: .repeated, plan: nil, isFirstChoice: false)
    }
    let value = isWithheld ? BatchObjective(placed: 0, preference: 0, fullest: 0) : search.best.value
    let bound = isWithheld ? BatchObjective(placed: search.most, preference: 0, fullest: 0) : search.bound
    let proven = search.isExhaustive && !isWithheld ? 3 : value.levels(reaching: bound)
    let isImpossible = batch.allOrNothing && (search.most < search.projects.count || (search.isExhaustive && !isAll))
    return BatchAnswer(
      outcome: isImpossible ? .unplaceable : proven == 3 ? .optimal : .undecided, value: value, bound: bound,
      provenLevels: proven, oneByOne: search.oneByOne, entries: entries, nodes: nodes + explained,
      isExhausted: search.isExhausted)
  }

  /// An entry that is decided after all that is in `state`, and adds to it.
  private func placed(_ number: Int, _ state: inout PlacementState, _ nodes: inout Int) -> BatchEntry {
    let project = search.projects[number]
    let first: Plan
    if let places = search.best.placed[number], search.best.isAsDecided(number) {
      first = places.plan
    } else {
      first = plan(project, on: state, &nodes)
    }
    var entry = entry(project, .placed, first)
    entry.isFirstChoice = true
    if let places = search.best.placed[number] {
      if first.assignments.map(\.cluster) != places.plan.assignments.map(\.cluster) || first.chain != places.plan.chain
      {
        entry.plan = brought(places, to: state)
        entry.isFirstChoice = false
      }
      for (site, amounts) in places.growth { state.add(amounts, to: site) }
    }
    return entry
  }

  /// A plan that was made on a fuller or emptier state, with the balance and the versions of this one.
  private func brought(_ places: BatchBoard.Placed, to state: PlacementState) -> Plan {
    let weight = Weights(engine.policy.spec.scoring).balance
    var plan = places.plan
    for (index, (site, growth)) in places.growth.enumerated() {
      let entry = state.entry(site)
      let limit = plan.assignments[index].limit
      let left = CountedResource.allCases.filter { limit[$0] > 0 }.map { resource in
        let rest = Int128(limit[resource]) - Int128(entry.committed[resource]) - Int128(growth[resource])
        return Int64(max(0, min(1000, rest * 1000 / Int128(limit[resource]))))
      }
      let balance = left.min() ?? 0
      plan.assignments[index].score += weight * (balance - plan.assignments[index].components.balance)
      plan.assignments[index].components.balance = balance
      plan.assignments[index].ledgerVersion = entry.version
    }
    return plan
  }

  /// An entry of a project that gets nothing.
  private func left(
    _ number: Int, _ isWithheld: Bool, _ state: PlacementState, _ nodes: inout Int, _ explained: inout Int
  ) -> BatchEntry {
    let project = search.projects[number]
    guard project.mayBePlaced else { return entry(project, project.status, project.alone) }
    if isWithheld {
      return entry(project, project.status == .undecided ? .undecided : .withheld, project.alone)
    }
    let plan = search.refusals[number] ?? plan(project, on: state, &nodes)
    switch plan.outcome {
    case .placed: return entry(project, .wouldMove, plan)
    case .unplaceable where plan.needsMoves: return entry(project, .wouldMove, plan)
    case .unplaceable: return entry(project, .crowdedOut, self.explained(plan, project, state, &explained))
    case .undecided: return entry(project, .undecided, plan)
    }
  }

  private func plan(_ project: BatchProject, on state: PlacementState, _ nodes: inout Int) -> Plan {
    var request = project.request
    request.nodeBudget = min(request.nodeBudget, max(BatchRequest.leastNodes, batch.nodeBudget - nodes))
    let plan = engine.plan(request, on: state)
    nodes += max(1, plan.nodes)
    return plan
  }

  /// A plan of a project that got no place beside the others, with what stands in its way then.
  private func explained(
    _ plan: Plan, _ project: BatchProject, _ state: PlacementState, _ nodes: inout Int
  ) -> Plan {
    let left = max(BatchRequest.leastNodes, batch.nodeBudget - nodes)
    let planner = engine.planner(project.request, state)
    let result = planner.plan(explains: true, conflictBudget: min(left, ConflictFinder.budget))
    nodes += result.conflictNodes
    let explained = PlanWriter(planner: planner, result: result).plan
    return explained.outcome == .unplaceable ? explained : plan
  }

  private func entry(_ project: BatchProject, _ status: BatchEntry.Status, _ plan: Plan) -> BatchEntry {
    BatchEntry(project: project.name, position: project.position, status: status, plan: plan, isFirstChoice: false)
  }
}
