import Model

/// Writes down what was judged and planned.
struct DecisionWriter {
  let planner: Planner
  let plan: Planner.Plan

  private var judgement: Judgement { planner.judgement }
  private var request: DecisionRequest { judgement.subject.request }

  /// The explanation.
  func explanation(policyVersion: Int64) -> Explanation {
    let outcome: Decision.Outcome =
      plan.isUndecided ? .undecided : plan.solution == nil ? .unplaceable : .placed
    let written = Plan(
      engineVersion: EngineVersion.current, policyVersion: policyVersion, project: request.project.name,
      day: judgement.subject.day, outcome: outcome,
      chain: plan.solution?.chain.map { judgement.chains.chains[$0].name }, preferenceTerm: plan.term,
      derogations: judgement.subject.derogations, assignments: assignments,
      reasons: Array(Set(plan.reasons)).sorted(), conflict: plan.conflict, nodes: plan.nodes)
    let decision = Decision(written, environments: judgement.environments.indices.map(explanation))
    return Explanation(decision, plan: written, ranked: decision.environments.indices.map { ranked($0, decision) })
  }

  /// The accepted sites: chosen ones first, then by score, most free capacity and name.
  private func ranked(_ number: Int, _ decision: Decision) -> [Int] {
    let candidates = decision.environments[number].candidates
    let verdicts = judgement.verdicts[number]
    return verdicts.indices.filter { verdicts[$0].isAccepted }.sorted { left, right in
      let (first, second) = (candidates[left], candidates[right])
      if first.chosen.isEmpty != second.chosen.isEmpty { return !first.chosen.isEmpty }
      if first.score != second.score { return (first.score ?? 0) > (second.score ?? 0) }
      for resource in CountedResource.allCases where verdicts[left].free[resource] != verdicts[right].free[resource] {
        return verdicts[left].free[resource] > verdicts[right].free[resource]
      }
      return left < right
    }
  }

  private var assignments: [Assignment] {
    guard let solution = plan.solution else { return [] }
    return planner.problem.slots.indices
      .map { assignment(planner.problem.slots[$0], number: $0, in: solution) }
      .sorted { ($0.environment, $0.replica) < ($1.environment, $1.replica) }
  }

  private func assignment(_ slot: SearchSlot, number: Int, in solution: Search.Solution) -> Assignment {
    let candidate = solution.candidates[number]
    let site = judgement.sites[candidate.site]
    let environment = judgement.environments[slot.environment]
    var components = candidate.option.components
    components.locality = solution.locality[number]
    components.spread = solution.spread[number]
    let present = judgement.subject.existing(environment.name, replica: slot.replica).keys.sorted()
    return Assignment(
      environment: environment.name, replica: slot.replica, stage: environment.stage, cluster: site.cluster.name,
      zone: site.zone?.spec.slug ?? "", zoneName: site.zone?.name ?? "", region: site.region?.name ?? "",
      operator: site.operatorName, score: judgement.weights.score(components), components: components,
      quota: ResourceAmounts(environment.quota), limit: candidate.limit,
      ledgerVersion: judgement.subject.state.versions[candidate.site], kept: candidate.isKept,
      movedFrom: candidate.isKept ? nil : present.first)
  }

  private func explanation(_ number: Int) -> EnvironmentExplanation {
    let environment = judgement.environments[number]
    var chosen: [Int: [Int]] = [:]
    for (index, slot) in planner.problem.slots.enumerated() where slot.environment == number {
      guard let site = plan.solution?.candidates[index].site else { continue }
      chosen[site, default: []].append(slot.replica)
    }
    let verdicts = judgement.verdicts[number]
    let least = chosen.keys.compactMap { verdicts[$0].shown?.score }.min()
    return EnvironmentExplanation(
      environment: environment.name, stage: environment.stage, replicas: environment.replicaCount,
      candidates: verdicts.map { written($0, chosen: chosen[$0.site] ?? [], least: least) },
      lost: judgement.lost(number))
  }

  private func written(_ verdict: Verdict, chosen: [Int], least: Int64?) -> CandidateVerdict {
    let site = judgement.sites[verdict.site]
    return CandidateVerdict(
      cluster: site.cluster.name, zone: site.zone?.spec.slug ?? "", region: site.region?.name ?? "",
      operator: site.operatorName, accepted: verdict.isAccepted, chosen: chosen.sorted(),
      reasons: (verdict.refusals + verdict.preferences + notChosen(verdict, chosen, least)).sorted(),
      score: verdict.shown?.score, components: verdict.shown?.components)
  }

  /// Why an accepted site was not taken, if something else was.
  private func notChosen(_ verdict: Verdict, _ chosen: [Int], _ least: Int64?) -> [Reason] {
    guard let least, chosen.isEmpty, let shown = verdict.shown else { return [] }
    if let number = plan.term {
      let term = judgement.subject.project.preferences.terms[number]
      if !term.matches(judgement.attributes[verdict.site]) {
        return [Reason(.outsideHeldTerm, ["term": String(number + 1)])]
      }
    }
    return [Reason(.outranked, ["score": String(shown.score), "chosen": String(least)])]
  }
}
