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
    let rechained = judgement.rechained(keepsExisting: subject.request.keepExisting)
    let least = chosen.flatMap(compiled.chains.number).map { rechained[$0] }
    return compiled.chains.chains.indices.map { number in
      verdict(number, score: scores[number], accepted, keepsLess: least.map { $0 < rechained[number] } ?? false)
    }
  }

  /// What keeps a chain from delivering to a replica of an environment where it is, in the environment's own stage. Where the
  /// cluster is not on offer any more, that is left out of account.
  func refusals(_ number: Int, environment: Int, at site: Int?) -> [Reason] {
    let (chain, view) = (compiled.chains.chains[number], judgement.views[judgement.environments[environment].view])
    var refusals = audience(chain) + rules(number, restricting: true, in: [view])
    if let site, let cause = unreached(chain, number, site) {
      refusals.append(reason(.chainCannotDeliver, chain, ["cause": cause, "held": "true"]))
    }
    return Set(refusals).sorted()
  }

  /// Why a chain that nothing else keeps away does not reach a site; nil where it does.
  private func unreached(_ chain: ChainTable.Chain, _ number: Int, _ site: Int) -> String? {
    guard compiled.resolved.contains(site), !chain.reach.contains(site) else { return nil }
    if !chain.sensitivity.contains(site) { return "sensitivity" }
    return chain.region.contains(site) ? "zone" : "region"
  }

  /// - Parameters:
  ///   - accepted: By environment, the sites that may have a replica.
  ///   - keepsLess: Whether more of what stands would have another chain than with the one that is chosen.
  private func verdict(_ number: Int, score: Int64, _ accepted: [SiteSet], keepsLess: Bool) -> ChainVerdict {
    let chain = compiled.chains.chains[number]
    let refusals = audience(chain) + rules(number, restricting: true, in: judgement.views) + unreached(number, accepted)
    let isChosen = chain.name == chosen
    var reasons = refusals
    if refusals.isEmpty {
      reasons += rules(number, restricting: false, in: judgement.views)
      if chosen != nil, !isChosen {
        let standing = keepsLess ? ["held": "true"] : [:]
        reasons.append(reason(.outranked, chain, ["score": String(score)].merging(standing) { first, _ in first }))
      }
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

  /// What rules say to the chain, in any of some stages.
  private func rules(_ number: Int, restricting: Bool, in views: [StageView]) -> [Reason] {
    let chain = compiled.chains.chains[number]
    return subject.chainRules.compactMap { rule in
      guard rule.isRestriction == restricting, rule.chains?[number] == true,
        views.contains(where: { subject.holds(rule, in: $0.stage) })
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
