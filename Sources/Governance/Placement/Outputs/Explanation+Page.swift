import Model

extension Explanation {
  /// The same clusters in the same order as ``best(_:of:)``, and the same said of them, but not yet in words.
  ///
  /// - Parameter rules: those of the engine that has explained.
  public func page(_ count: Int, of environment: Int, rules: RuleReasons) -> [RankedCandidate] {
    let (spec, view) = (judgement.environments[environment], judgement.views[judgement.environments[environment].view])
    let kept = Set(spec.kept.joined().map(\.site))
    let sites = ranked(environment, count)
    var page = sites.map { site in
      let room = Room(limit: view.limits[site], committed: judgement.subject.state.committed[site])
      return RankedCandidate(
        site: site, chosen: (chosen[environment][site] ?? []).sorted(), score: 0,
        components: ScoreComponents(balance: room.balance(after: spec.quota)), told: [])
    }
    let preferences = RulesFirst(findings(environment).preferences, rules)
    for (barrier, told) in preferences.ordered {
      for place in sites.indices where barrier.sites.contains(sites[place]) {
        if barrier.code == .softTaint { page[place].components.taints -= 1000 }
        page[place].components.affinity += 100 * barrier.weight
        page[place].told.append(told ?? reason(barrier, at: sites[place], environment))
      }
    }
    let weights = judgement.subject.compiled.weights
    for place in sites.indices {
      page[place].orderReasons()
      guard !kept.contains(sites[place]) else {
        page[place] = written(sites[place], environment) ?? page[place]
        continue
      }
      page[place].score = weights.score(page[place].components)
      if page[place].chosen.isEmpty, let told = notChosen(page[place], environment) { page[place].told.append(told) }
    }
    return page
  }

  private func reason(_ barrier: Barrier, at site: Int, _ environment: Int) -> RankedCandidate.Told {
    .reason(ReasonWriter(judgement: judgement, environment: environment).reason(barrier, at: site))
  }

  /// What is there already may be kept in spite of refusals, at a score of its own.
  private func written(_ site: Int, _ environment: Int) -> RankedCandidate? {
    let verdict = verdict(environment, site: site)
    guard let score = verdict.score, let components = verdict.components else { return nil }
    return RankedCandidate(
      site: site, chosen: verdict.chosen, score: score, components: components,
      told: verdict.reasons.map { .reason($0) })
  }

  /// Why an accepted cluster was not taken, if something else was.
  private func notChosen(_ candidate: RankedCandidate, _ environment: Int) -> RankedCandidate.Told? {
    guard let least = leastChosen[environment] else { return nil }
    if isPinned[environment] { return .reason(Reason(.pinnedElsewhere)) }
    if let term = terms[environment], !term.sites.contains(candidate.site) {
      return .reason(Reason(.outsideHeldTerm, ["term": String(term.number + 1)]))
    }
    return .outranked(score: candidate.score, chosen: least)
  }
}

extension RankedCandidate {
  /// Rules come first by their codes, and in their order; wishes and taints are put in order here.
  fileprivate mutating func orderReasons() {
    let reasons = told.compactMap { if case .reason(let reason) = $0 { reason } else { nil } }
    guard reasons.count > 1 else { return }
    told.removeLast(reasons.count)
    told += reasons.sorted().map { .reason($0) }
  }
}

/// What speaks for and against clusters, in the order in which verdicts tell it, where the reasons of one code do not
/// depend on the cluster.
private struct RulesFirst {
  let ordered: [(barrier: Barrier, told: RankedCandidate.Told?)]

  /// - Parameter preferences: In the order of the codes.
  init(_ preferences: [Barrier], _ rules: RuleReasons) {
    let positions = preferences.map { barrier in
      if case .rule(let number) = barrier.cause { rules.ranks[number] } else { Int.max }
    }
    let order = preferences.indices.sorted {
      let (one, other) = (preferences[$0].code.position, preferences[$1].code.position)
      guard one == other else { return one < other }
      return positions[$0] == positions[$1] ? $0 < $1 : positions[$0] < positions[$1]
    }
    ordered = order.map { index in
      guard case .rule(let number) = preferences[index].cause else { return (preferences[index], nil) }
      return (preferences[index], .rule(number))
    }
  }
}
