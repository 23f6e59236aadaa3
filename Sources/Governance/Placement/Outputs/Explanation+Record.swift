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
    let compiled = judgement.subject.compiled
    var sites: [Reason: SiteSet] = [:]
    for barrier in findings(environment).refusals {
      for part in barrier.parts(in: compiled) {
        guard let first = part.first else { continue }
        sites[writer.reason(barrier, at: first).withoutAmounts, default: SiteSet(of: candidateCount)].formUnion(part)
      }
    }
    return sites.sorted { $0.key < $1.key }.map { reason, sites in
      DecisionDocument.Finding(reason: reason, sites: SiteRanges(sites.sites))
    }
  }
}

extension Barrier {
  /// The sites, in parts that have one reason each, once the amounts are left out of it. A rule keeps away hundreds of
  /// clusters for the same words: these are put together once for as far as they go, and not for each.
  fileprivate func parts(in compiled: Compiled) -> [SiteSet] {
    let regions = compiled.topologies.regions
    switch cause {
    case .dataClass, .demand, .rule, .network, .resource, .wish: return [sites]
    case .qualification, .residency, .organisation, .scope: return sites.parts { regions[$0] }
    case .service: return code == .serviceVersion ? sites.parts { regions[$0] } : [sites]
    case .taint(_, let onRegion): return onRegion ? sites.parts { regions[$0] } : sites.alone
    case .sensitivity:
      let zones = compiled.topologies.single(by: .zone)
      return sites.parts { zones[$0] }
    case .attribute(let name, _):
      return sites.parts { compiled.sites[$0].facts?.inconclusive(name) == nil ? 0 : -1 }
    case .site: return sites.alone
    }
  }
}

extension SiteSet {
  /// Each site by itself.
  fileprivate var alone: [SiteSet] { parts { _ in -1 } }

  /// The sites that have a place in common, place by place; each by itself that has none (-1).
  fileprivate func parts(by place: (Int) -> Int) -> [SiteSet] {
    let none = subtracting(self)
    var parts: [SiteSet] = []
    var known: [Int: Int] = [:]
    forEach { site in
      let place = place(site)
      if let part = known[place] {
        parts[part].insert(site)
      } else {
        if place >= 0 { known[place] = parts.count }
        var part = none
        part.insert(site)
        parts.append(part)
      }
    }
    return parts
  }
}

extension Reason {
  /// The reason without what differs from cluster to cluster.
  fileprivate var withoutAmounts: Reason {
    guard code == .capacityNeverFits || code == .capacityShort else { return self }
    return Reason(code, parameters.filter { $0.key == "resource" || $0.key == "needed" })
  }
}
