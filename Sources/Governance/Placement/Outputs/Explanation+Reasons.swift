import Model

extension Explanation {
  /// Visits every reason of every cluster's verdict on an environment: the clusters by number, the reasons of each in
  /// the order of the codes.
  public func forEachReason(of environment: Int, _ body: (_ site: Int, _ reason: TypedReason) -> Void) {
    let findings = findings(environment)
    let rows = findings.refusals + findings.preferences
    let kinds = rows.enumerated().map { TypedRow($1, number: $0) }
    let view = judgement.views[judgement.environments[environment].view]
    let (quota, committed) = (judgement.environments[environment].quota, judgement.subject.state.committed)
    let notChosen = notChosen(environment)
    let accepted = judgement.accepted(environment)
    var matrix = BitMatrix(
      findings.refusals.map(\.sites) + findings.preferences.map { $0.sites.intersection(accepted) })
    let count = candidateCount
    for word in 0..<(count + 63) / 64 {
      matrix.load(word)
      for site in word << 6..<min(count, (word + 1) << 6) {
        matrix.forEachRow(of: site & 63) { row in
          let kind = kinds[row]
          guard let resource = kind.resource else { return body(site, kind.reason) }
          var reason = kind.reason
          reason.needed = quota[resource]
          reason.limit = view.limits[site][resource]
          reason.committed = committed[site][resource]
          body(site, reason)
        }
        if let notChosen, notChosen.sites.contains(site) { body(site, notChosen.reason(site)) }
      }
    }
  }

  /// The accepted sites that were not taken although something else was, and why.
  private func notChosen(_ environment: Int) -> NotChosen? {
    guard let least = leastChosen[environment] else { return nil }
    var sites = judgement.accepted(environment)
    for site in chosen[environment].keys { sites.remove(site) }
    return NotChosen(
      sites: sites, isPinned: isPinned[environment], held: terms[environment], least: least,
      scores: judgement.environments[environment].kept.joined().isEmpty
        ? judgement.profiles[judgement.environments[environment].profile].scores
        : (0..<candidateCount).map { judgement.shownScore(environment, at: $0) ?? 0 })
  }
}

/// What all reasons of one barrier have in common.
private struct TypedRow {
  let reason: TypedReason
  let resource: CountedResource?

  init(_ barrier: Barrier, number: Int) {
    var reason = TypedReason(order: barrier.code.position, item: number)
    var resource: CountedResource?
    switch barrier.cause {
    case .rule(let rule):
      reason.item = rule
      reason.needed = barrier.weight
    case .wish(let wish):
      reason.item = wish
      reason.needed = barrier.weight
    case .resource(let counted):
      reason.item = CountedResource.allCases.firstIndex(of: counted) ?? 0
      resource = counted
    default: break
    }
    (self.reason, self.resource) = (reason, resource)
  }
}

/// Accepted sites that were not taken.
private struct NotChosen {
  let sites: SiteSet
  let isPinned: Bool
  let held: (number: Int, sites: SiteSet)?
  let least: Int64
  let scores: [Int64]
  private let outside = ReasonCode.outsideHeldTerm.position
  private let outranked = ReasonCode.outranked.position
  private let pinned = ReasonCode.pinnedElsewhere.position

  init(sites: SiteSet, isPinned: Bool, held: (number: Int, sites: SiteSet)?, least: Int64, scores: [Int64]) {
    self.sites = sites
    self.isPinned = isPinned
    self.held = held
    self.least = least
    self.scores = scores
  }

  func reason(_ site: Int) -> TypedReason {
    if isPinned { return TypedReason(order: pinned, item: 0) }
    if let held, !held.sites.contains(site) { return TypedReason(order: outside, item: held.number) }
    return TypedReason(order: outranked, item: 0, needed: scores[site], limit: least)
  }
}
