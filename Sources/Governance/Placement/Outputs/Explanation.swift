/// A plan with the verdict of every cluster on every environment. Verdicts are made when they are read.
public struct Explanation: Sendable {
  /// Where the project goes, or what stands in its way.
  public let plan: Plan
  private let verdicts: [EnvironmentExplanation]
  /// For each environment, the accepted sites: chosen ones first, then by rank.
  private let ranked: [[Int]]

  init(_ decision: Decision, plan: Plan, ranked: [[Int]]) {
    self.plan = plan
    verdicts = decision.environments
    self.ranked = ranked
  }

  /// The names of the environments, sorted.
  public var environments: [String] { verdicts.map(\.environment) }
  /// The stage of an environment.
  public func stage(_ environment: Int) -> String { verdicts[environment].stage }
  /// How many replicas of an environment were asked for.
  public func replicas(_ environment: Int) -> Int { verdicts[environment].replicas }
  /// How many clusters are on offer.
  public var candidateCount: Int { verdicts.first?.candidates.count ?? 0 }

  /// What a cluster says to an environment.
  public func verdict(_ environment: Int, site: Int) -> CandidateVerdict { verdicts[environment].candidates[site] }

  /// The best of the clusters that may have some replica: chosen ones first, then by rank.
  public func best(_ count: Int, of environment: Int) -> [CandidateVerdict] {
    ranked[environment].prefix(max(0, count)).map { verdict(environment, site: $0) }
  }

  /// The clusters that take nothing new of an environment, counted by their first reason, in the order of the codes.
  public func lost(_ environment: Int) -> [EnvironmentExplanation.LostCount] { verdicts[environment].lost }

  /// How many clusters may have some replica of an environment.
  public func acceptedCount(_ environment: Int) -> Int { ranked[environment].count }

  /// Everything said.
  public var decision: Decision { Decision(plan, environments: verdicts) }

  /// What is kept of it.
  public var record: DecisionDocument {
    DecisionDocument(
      plan: plan,
      environments: environments.indices.map { number in
        DecisionDocument.Environment(
          environment: environments[number], stage: stage(number), replicas: replicas(number),
          candidates: verdicts[number].candidates.count, accepted: acceptedCount(number), refusals: findings(number),
          lost: lost(number), best: best(DecisionDocument.bestKept, of: number))
      })
  }

  private func findings(_ environment: Int) -> [DecisionDocument.Finding] {
    var sites: [Reason: [Int]] = [:]
    for (site, verdict) in verdicts[environment].candidates.enumerated() {
      for reason in Set(verdict.refusals.map(\.withoutAmounts)) { sites[reason, default: []].append(site) }
    }
    return sites.keys.sorted().map { reason in
      DecisionDocument.Finding(reason: reason, sites: SiteRanges(sites[reason, default: []]))
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
