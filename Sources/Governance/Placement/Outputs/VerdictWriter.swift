import Model

/// Writes down what one cluster says to an environment.
struct VerdictWriter {
  let explanation: Explanation
  let environment: Int

  private var judgement: Judgement { explanation.judgement }

  func verdict(_ number: Int) -> CandidateVerdict {
    let site = judgement.subject.compiled.sites[number]
    let chosen = explanation.chosen[environment][number] ?? []
    let components = shownComponents(number)
    return CandidateVerdict(
      cluster: site.cluster.name, zone: site.zone?.spec.slug ?? "", region: site.region?.name ?? "",
      operator: site.operatorName, accepted: components != nil, chosen: chosen.sorted(),
      reasons: reasons(number, isAccepted: components != nil),
      score: components.map(judgement.subject.compiled.weights.score), components: components)
  }

  /// An accepted site, by numbers; nil where it is none.
  func ranked(_ site: Int) -> DecisionDocument.Ranked? {
    shownComponents(site).map { components in
      DecisionDocument.Ranked(
        site: site, score: judgement.subject.compiled.weights.score(components), components: components)
    }
  }

  /// What accepted sites say beside having been outranked: each reason once, with those that give it.
  func remarks(_ sites: [Int]) -> [DecisionDocument.Finding] {
    let writer = ReasonWriter(judgement: judgement, environment: environment)
    let findings = explanation.findings(environment)
    var said: [Reason: Set<Int>] = [:]
    for barriers in [findings.refusals, findings.preferences] {
      for barrier in barriers {
        for site in sites where barrier.sites.contains(site) {
          said[writer.reason(barrier, at: site), default: []].insert(site)
        }
      }
    }
    for site in sites where isPassedBy(site) {
      if let reason = apart(site) { said[reason, default: []].insert(site) }
    }
    return said.keys.sorted().map { reason in
      DecisionDocument.Finding(reason: reason, sites: SiteRanges(said[reason, default: []].sorted()))
    }
  }

  /// The components of the first replica that is there, or of a new one; nil where neither may be.
  private func shownComponents(_ site: Int) -> ScoreComponents? {
    let spec = judgement.environments[environment]
    if let kept = spec.kept.joined().first(where: { $0.site == site }) {
      return judgement.components(environment, at: site, growth: kept.growth, stays: true)
    }
    guard judgement.profiles[spec.profile].open.contains(site) else { return nil }
    return judgement.components(environment, at: site, growth: spec.quota, stays: false)
  }

  private func reasons(_ site: Int, isAccepted: Bool) -> [Reason] {
    let writer = ReasonWriter(judgement: judgement, environment: environment)
    let findings = explanation.findings(environment)
    let refusals = findings.refusals.filter { $0.sites.contains(site) }.map { writer.reason($0, at: site) }
    let preferences =
      isAccepted ? findings.preferences.filter { $0.sites.contains(site) }.map { writer.reason($0, at: site) } : []
    return (Array(Set(refusals)) + preferences + [notChosen(site)].compactMap(\.self)).sorted()
  }

  /// Why an accepted site was not taken, if something else was.
  private func notChosen(_ site: Int) -> Reason? {
    guard isPassedBy(site), let least = explanation.leastChosen[environment],
      let score = judgement.shownScore(environment, at: site)
    else { return nil }
    return apart(site) ?? Reason(.outranked, ["score": String(score), "chosen": String(least)])
  }

  /// Whether something was chosen, and not this site.
  private func isPassedBy(_ site: Int) -> Bool {
    explanation.leastChosen[environment] != nil && explanation.chosen[environment][site] == nil
  }

  /// Why a site was not compared with those that were chosen; nil where it was.
  private func apart(_ site: Int) -> Reason? {
    if explanation.isPinned[environment] { return Reason(.pinnedElsewhere) }
    guard let term = explanation.terms[environment], !term.sites.contains(site) else { return nil }
    return Reason(.outsideHeldTerm, ["term": String(term.number + 1)])
  }
}
