import Model

/// Writes down what every chain says to a project. Rules on chains are restrictions and preferences like those on places:
/// a chain that one of them refuses in some stage can not deliver to the project as a whole.
struct ChainWriter {
  let judgement: Judgement
  /// The name of the chain that delivers.
  let chosen: String?

  private var subject: Subject { judgement.subject }
  private var compiled: Compiled { subject.compiled }

  /// Sorted by name.
  var verdicts: [ChainVerdict] {
    let scores = subject.chainScores(in: judgement.views)
    let accepted = judgement.environments.indices.map(judgement.accepted)
    return compiled.chains.chains.indices.map { verdict($0, score: scores[$0], accepted) }
  }

  /// - Parameter accepted: By environment, the sites that may have a replica.
  private func verdict(_ number: Int, score: Int64, _ accepted: [SiteSet]) -> ChainVerdict {
    let chain = compiled.chains.chains[number]
    let refusals = audience(chain) + rules(number, restricting: true) + unreached(number, accepted)
    let isChosen = chain.name == chosen
    var reasons = refusals
    if refusals.isEmpty {
      reasons += rules(number, restricting: false)
      if chosen != nil, !isChosen { reasons.append(reason(.outranked, chain, ["score": String(score)])) }
    }
    return ChainVerdict(
      chain: chain.name, accepted: refusals.isEmpty, chosen: isChosen,
      reasons: reasons.count < 2 ? reasons : Set(reasons).sorted(),
      score: refusals.isEmpty ? score : nil)
  }

  private func reason(_ code: ReasonCode, _ chain: ChainTable.Chain, _ parameters: [String: String]) -> Reason {
    var parameters = parameters
    parameters[code == .chainCannotDeliver ? "chain" : "secondaryChain"] = chain.name
    return Reason(code, parameters)
  }

  private func audience(_ chain: ChainTable.Chain) -> [Reason] {
    let (project, audience) = (subject.project, chain.audience)
    var refusals: [Reason] = []
    if !audience.organisations.contains("*"), !audience.organisations.contains(project.organisation) {
      let allowed = ReasonWriter.list(audience.organisations)
      refusals.append(reason(.audienceRefused, chain, ["wanted": project.organisation, "allowed": allowed]))
    }
    if !audience.scopes.contains(project.audience) {
      let allowed = ReasonWriter.list(audience.scopes.map(\.rawValue))
      refusals.append(reason(.audienceRefused, chain, ["wanted": project.audience.rawValue, "allowed": allowed]))
    }
    return refusals
  }

  /// What rules say to the chain, in any of the project's stages.
  private func rules(_ number: Int, restricting: Bool) -> [Reason] {
    let chain = compiled.chains.chains[number]
    return subject.chainRules.compactMap { rule in
      guard rule.isRestriction == restricting, rule.chains?[number] == true,
        judgement.views.contains(where: { subject.holds(rule, in: $0.stage) })
      else { return nil }
      let spec = compiled.policy.spec.rules[rule.number]
      if restricting, let attribute = spec.chains?.undeclared(in: chain.attributes) {
        return reason(.attributeUndeclared, chain, ["attribute": attribute, "source": rule.id])
      }
      let code: ReasonCode =
        restricting
        ? (rule.effect == .require ? .ruleRequires : .ruleForbids) : (rule.weight > 0 ? .rulePrefers : .ruleAvoids)
      return reason(code, chain, ReasonWriter.parameters(of: spec))
    }
  }

  /// The environments none of whose accepted places the chain delivers to, although nothing else keeps it away.
  private func unreached(_ number: Int, _ accepted: [SiteSet]) -> [Reason] {
    let chain = compiled.chains.chains[number]
    return judgement.environments.indices.compactMap { environment in
      let view = judgement.views[judgement.environments[environment].view]
      guard view.chainFaults[number] == nil,
        view.delivered[number].firstCommon(accepted[environment]) == nil
      else { return nil }
      return reason(
        .chainCannotDeliver, chain, ["cause": "environment", "environment": judgement.environments[environment].name])
    }
  }
}
