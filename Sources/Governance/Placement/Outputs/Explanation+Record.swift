import Model

extension Explanation {
  /// What is kept of it.
  public var record: DecisionDocument { record(in: .ranked) }

  /// What is kept of it, in one form or the other: a decision is compared in that in which it is stored.
  public func record(in form: DecisionDocument.Form) -> DecisionDocument {
    DecisionDocument(
      plan: plan,
      environments: environments.indices.map { number in
        let sites = ranked(number, DecisionDocument.bestKept)
        let writer = VerdictWriter(explanation: self, environment: number)
        var environment = DecisionDocument.Environment(
          environment: environments[number], stage: stage(number), replicas: replicas(number),
          candidates: candidateCount, accepted: acceptedCount(number), refusals: recorded(number),
          lost: lost(number), best: [], remarks: [])
        switch form {
        case .verdicts: environment.verdicts = sites.map(writer.verdict)
        case .ranked:
          environment.best = sites.compactMap(writer.ranked)
          environment.remarks = writer.remarks(sites)
        }
        return environment
      }, chains: chains)
  }

  /// Each reason once, with the clusters that give it.
  private func recorded(_ environment: Int) -> [DecisionDocument.Finding] {
    let writer = ReasonWriter(judgement: judgement, environment: environment)
    var sites: [Reason: [Int]] = [:]
    for barrier in findings(environment).refusals {
      barrier.sites.forEach { site in
        sites[writer.reason(barrier, at: site).withoutAmounts, default: []].append(site)
      }
    }
    return sites.keys.sorted().map { reason in
      DecisionDocument.Finding(reason: reason, sites: SiteRanges(Set(sites[reason, default: []]).sorted()))
    }
  }
}

extension Reason {
  /// The reason without what differs from cluster to cluster.
  fileprivate var withoutAmounts: Reason {
    guard code == .capacityNeverFits || code == .capacityShort else { return self }
    return Reason(code, parameters.filter { $0.key == "resource" || $0.key == "needed" })
  }
}
