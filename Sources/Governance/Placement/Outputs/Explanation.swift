import Model

/// A plan with the verdict of every cluster on every environment. Verdicts are made when they are read.
public struct Explanation: Sendable {
  /// Where the project goes, or what stands in its way.
  public let plan: Plan
  let judgement: Judgement
  /// The nodes that finding out what stands in the way has cost.
  let conflictNodes: Int
  /// By profile, what keeps its environments away from which clusters, and what speaks for and against them.
  private let findings: [Findings]
  /// By environment, the sites that replicas were placed on, with the replicas.
  let chosen: [[Int: [Int]]]
  /// By environment, the least score that was chosen.
  let leastChosen: [Int64?]
  /// By environment, whether all its replicas were pinned.
  let isPinned: [Bool]
  /// By environment, where the term matches that its places were chosen in; nil where they were in none.
  let terms: [(number: Int, sites: SiteSet)?]

  init(_ planner: Planner, _ result: Planner.Result) {
    let judgement = planner.judgement
    self.judgement = judgement
    conflictNodes = result.conflictNodes
    plan = PlanWriter(planner: planner, result: result).plan
    findings = judgement.profiles.map { Findings(judgement, $0) }
    var chosen = [[Int: [Int]]](repeating: [:], count: judgement.environments.count)
    for (slot, candidate) in zip(planner.problem.slots, result.solution?.candidates ?? []) {
      chosen[slot.environment][candidate.site, default: []].append(slot.replica)
    }
    self.chosen = chosen
    isPinned = judgement.environments.indices.map { environment in
      planner.problem.slots.allSatisfy { $0.environment != environment || $0.pin != nil }
    }
    terms = Self.terms(planner, result)
    leastChosen = chosen.enumerated().map { environment, sites in
      sites.keys.compactMap { judgement.shownScore(environment, at: $0) }.min()
    }
  }

  /// A term that holds for what is new alone was asked of no environment that stays as it is.
  private static func terms(_ planner: Planner, _ result: Planner.Result) -> [(number: Int, sites: SiteSet)?] {
    let (judgement, subject) = (planner.judgement, planner.judgement.subject)
    guard let number = result.term ?? result.termOfNew else { return judgement.environments.map { _ in nil } }
    let sites = subject.compiled.attributes.places(subject.project.preferences.terms[number])
    let new = zip(planner.problem.slots, result.solution?.candidates ?? []).filter { $1.kept == nil }
    let moved = Set(new.map(\.0.environment))
    return judgement.environments.indices.map { environment in
      result.term != nil || moved.contains(environment) ? (number: number, sites: sites) : nil
    }
  }

  func findings(_ environment: Int) -> Findings { findings[judgement.environments[environment].profile] }

  /// The names of the environments, sorted.
  public var environments: [String] { judgement.environments.map(\.name) }

  /// The stage of an environment.
  public func stage(_ environment: Int) -> String { judgement.environments[environment].stage }

  /// How many replicas of an environment were asked for.
  public func replicas(_ environment: Int) -> Int { judgement.environments[environment].replicas }

  /// How many clusters are on offer.
  public var candidateCount: Int { judgement.subject.compiled.sites.count }

  /// What a cluster says to an environment.
  public func verdict(_ environment: Int, site: Int) -> CandidateVerdict {
    VerdictWriter(explanation: self, environment: environment).verdict(site)
  }

  /// The best of the clusters that may have some replica: chosen ones first, then by rank.
  public func best(_ count: Int, of environment: Int) -> [CandidateVerdict] {
    let writer = VerdictWriter(explanation: self, environment: environment)
    return ranked(environment, count).map(writer.verdict)
  }

  /// The clusters that take nothing new of an environment, counted by their first reason, in the order of the codes.
  public func lost(_ environment: Int) -> [EnvironmentExplanation.LostCount] { findings(environment).lost }

  /// How many clusters may have some replica of an environment.
  public func acceptedCount(_ environment: Int) -> Int { judgement.accepted(environment).count }

  /// What every chain says to the project, sorted by name.
  public var chains: [ChainVerdict] { ChainWriter(judgement: judgement, chosen: plan.chain).verdicts }

  /// Everything said.
  public var decision: Decision {
    Decision(
      plan,
      environments: environments.indices.map { number in
        let writer = VerdictWriter(explanation: self, environment: number)
        return EnvironmentExplanation(
          environment: environments[number], stage: stage(number), replicas: replicas(number),
          candidates: (0..<candidateCount).map(writer.verdict), lost: lost(number))
      }, chains: chains)
  }

  func ranked(_ environment: Int, _ count: Int) -> [Int] {
    guard count > 0 else { return [] }
    let profile = judgement.profiles[judgement.environments[environment].profile]
    var scores = profile.scores
    for kept in judgement.environments[environment].kept.reversed().joined() { scores[kept.site] = kept.score }
    var rest = judgement.accepted(environment)
    let first = chosen[environment].keys.reduce(into: SiteSet(of: candidateCount)) { $0.insert($1) }
    rest.subtract(first)
    return [first, rest].flatMap { sites in
      var ranking = Ranking(
        sites, scores: scores, limits: judgement.views[profile.stage].limits,
        committed: judgement.subject.state.committed, few: count)
      return (0..<min(count, ranking.count)).compactMap { ranking[$0] }
    }.prefix(count).map(\.self)
  }
}

extension Judgement {
  /// The score that is shown of a site: of the first replica that is there, or of a new one.
  func shownScore(_ environment: Int, at site: Int) -> Int64? {
    let environment = environments[environment]
    if let kept = environment.kept.joined().first(where: { $0.site == site }) { return kept.score }
    let profile = profiles[environment.profile]
    return profile.open.contains(site) ? profile.scores[site] : nil
  }
}
