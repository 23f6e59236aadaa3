public import Model
public import Placement

extension ExplanationView {
  /// How the console knows the cluster of a name.
  public typealias ConsoleLookup = (String) -> ClusterSpec.Console?

  /// Says in `language` to `reader` what the engine has found, as far as `extent` goes.
  public init(
    _ explanation: Explanation, to reader: ExplanationReader, language: Language, extent: ExplanationExtent,
    console: ConsoleLookup
  ) {
    let plan = explanation.plan
    let limit = extent.limit(environments: explanation.environments.count)
    let (reasons, conflict) =
      reader == .everything ? (plan.reasons, plan.conflict) : explanation.obstaclesWithoutForeign
    self.init(
      project: plan.project, outcome: plan.outcome, chain: plan.chain,
      chains: explanation.chains.map { Chain($0, language) }, preferenceTerm: plan.preferenceTerm,
      preferenceTermOfNew: plan.preferenceTermOfNew, derogations: plan.derogations,
      reasons: reasons.map { ReasonView($0, language) }, conflict: conflict,
      environments: explanation.environments.indices.map { number in
        let foreign = reader == .everything ? [CandidateVerdict]() : explanation.foreign(to: number)
        let best = explanation.best(limit, of: number)
        let shown = best + explanation.refusing(limit - best.count, of: number, without: Set(foreign.map(\.cluster)))
        let accepted = explanation.acceptedCount(number)
        let told = explanation.candidateCount - foreign.count
        return Environment(
          environment: explanation.environments[number], stage: explanation.stage(number),
          replicas: explanation.replicas(number), accepted: accepted, refused: told - accepted,
          omitted: told - shown.count, candidates: shown.map { Candidate($0, language, console($0.cluster)) },
          lost: explanation.lost(number).without(foreign.map(\.reasons)),
          withheld: foreign.isEmpty ? nil : foreign.count)
      })
  }
}

extension Explanation {
  /// What the clusters say to an environment that are none of the project's business.
  fileprivate func foreign(to environment: Int) -> [CandidateVerdict] {
    (0..<candidateCount).map { verdict(environment, site: $0) }.filter(\.isForeign)
  }

  /// The first of the clusters that refuse an environment, by name.
  ///
  /// - Parameter withheld: Clusters that are not shown.
  public func refusing(_ count: Int, of environment: Int, without withheld: Set<String> = []) -> [CandidateVerdict] {
    var found: [CandidateVerdict] = []
    var site = 0
    while found.count < count, site < candidateCount {
      let verdict = verdict(environment, site: site)
      if !verdict.accepted, !withheld.contains(verdict.cluster) { found.append(verdict.told) }
      site += 1
    }
    return found
  }
}

extension CandidateVerdict {
  /// As it is told to whoever asks for a project.
  public var told: CandidateVerdict {
    var verdict = self
    verdict.reasons = reasons.told
    return verdict
  }
}

extension [Reason] {
  /// What keeps a project from a cluster, as it is told to whoever asks for it: where a DR zone, or a cluster that is other
  /// projects' own, is none of its business, how full it is is neither (protocol rule 6). Not even that room is short is told:
  /// who asks for ever larger projects would have the figure.
  public var told: [Reason] {
    guard isForeign else { return self }
    return filter { $0.code != .capacityShort && $0.code != .capacityNeverFits }
  }
}

extension ExplanationView.Candidate {
  init(_ verdict: CandidateVerdict, _ language: Language, _ console: ClusterSpec.Console?) {
    self.init(
      cluster: verdict.cluster, clusterLabel: console?.label, clusterID: console?.id, zone: verdict.zone,
      region: verdict.region, operator: verdict.operator, accepted: verdict.accepted, chosen: verdict.chosen,
      score: verdict.score, components: verdict.components,
      reasons: verdict.reasons.map { ExplanationView.ReasonView($0, language) })
  }
}

extension ExplanationView.Chain {
  /// A verdict in one language.
  public init(_ verdict: ChainVerdict, _ language: Language) {
    self.init(
      chain: verdict.chain, accepted: verdict.accepted, chosen: verdict.chosen, score: verdict.score,
      reasons: verdict.reasons.map { ExplanationView.ReasonView($0, language) })
  }
}

extension ExplanationView.ReasonView {
  /// A reason, said in `language`.
  public init(_ reason: Reason, _ language: Language) {
    let sentence = reason.sentence
    let remedy = reason.remedy
    self.init(
      code: reason.code, category: reason.code.category.rawValue, temporary: reason.code.isTemporary,
      parameters: reason.parameters, sentence: language == .fr ? sentence.fr : sentence.en ?? sentence.fr,
      remedy: language == .fr ? remedy.fr : remedy.en ?? remedy.fr)
  }
}
