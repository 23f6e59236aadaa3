import Placement

/// What the best clusters say to an environment, but for where they are, which is the offer's.
struct Said: Equatable {
  var cluster: String
  var chosen: [Int]
  var reasons: [Reason]
  var score: Int64?
  var components: ScoreComponents?
}

extension Explanation {
  /// By the verdicts.
  func said(_ environment: Int) -> [Said] {
    best(DecisionDocument.bestKept, of: environment).map { verdict in
      Said(
        cluster: verdict.cluster, chosen: verdict.chosen, reasons: verdict.reasons, score: verdict.score,
        components: verdict.components)
    }
  }

  /// By what is kept of the decision.
  func kept(_ environment: Int) -> [Said] {
    let kept = record.environments[environment]
    let names = (0..<candidateCount).map { verdict(environment, site: $0).cluster }
    let replicas = Dictionary(
      grouping: plan.assignments.filter { $0.environment == kept.environment }, by: \.cluster)
    let chosen = Set(names.indices.filter { replicas[names[$0]] != nil })
    return kept.best.map { ranked in
      let name = names[ranked.site]
      return Said(
        cluster: name, chosen: (replicas[name] ?? []).map(\.replica).sorted(),
        reasons: kept.reasons(of: ranked, chosen: chosen), score: ranked.score, components: ranked.components)
    }
  }
}
