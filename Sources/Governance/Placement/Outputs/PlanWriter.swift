import Model

/// Writes down what was planned.
struct PlanWriter {
  let planner: Planner
  let result: Planner.Result

  private var judgement: Judgement { planner.judgement }
  private var subject: Subject { judgement.subject }
  private var compiled: Compiled { judgement.subject.compiled }

  var plan: Plan {
    Plan(
      engineVersion: EngineVersion.current, policyVersion: compiled.policy.version,
      project: subject.request.project.name,
      day: compiled.day, outcome: result.isUndecided ? .undecided : result.solution == nil ? .unplaceable : .placed,
      chain: result.solution?.chain.map { compiled.chains.chains[$0].name }, preferenceTerm: result.term,
      preferenceTermOfNew: result.termOfNew, derogations: subject.derogations, assignments: assignments,
      reasons: result.reasons.isEmpty ? [] : Array(Set(result.reasons)).sorted(), conflict: result.conflict,
      nodes: result.nodes)
  }

  private var assignments: [Assignment] {
    guard let solution = result.solution else { return [] }
    let slots = planner.problem.slots
    return slots.indices
      .sorted { (slots[$0].environment, slots[$0].replica) < (slots[$1].environment, slots[$1].replica) }
      .map { assignment($0, in: solution) }
  }

  private func assignment(_ number: Int, in solution: Search.Solution) -> Assignment {
    let (slot, candidate) = (planner.problem.slots[number], solution.candidates[number])
    let environment = judgement.environments[slot.environment]
    let site = compiled.sites[candidate.site]
    let isKept = candidate.kept != nil
    var components = judgement.components(
      slot.environment, at: candidate.site, growth: planner.problem.growth(number, candidate), stays: isKept)
    components.locality = solution.locality[number]
    components.spread = solution.spread[number]
    return Assignment(
      environment: environment.name, replica: slot.replica, stage: environment.stage, cluster: site.cluster.name,
      zone: site.zone?.spec.slug ?? "", zoneName: site.zone?.name ?? "", region: site.region?.name ?? "",
      operator: site.operatorName, score: compiled.weights.score(components), components: components,
      quota: environment.quota, limit: planner.problem.limit(number, candidate.site),
      ledgerVersion: subject.state.versions[candidate.site], kept: isKept,
      movedFrom: isKept ? nil : subject.present(environment.name, replica: slot.replica))
  }
}
