import Model

/// What the rules on places that prefer and avoid say, put into parameters once for an engine: they are told of many
/// clusters, in many answers.
public struct RuleReasons: Sendable {
  /// By the rule's number in the policy; nil for rules that restrict, are about chains, or are not in force.
  public let reasons: [Reason?]
  /// By the rule's number, its place in the order of reasons.
  let ranks: [Int]

  /// The reasons of an engine's rules.
  public init(of engine: Engine) {
    let compiled = engine.compiled
    var reasons = [Reason?](repeating: nil, count: compiled.policy.spec.rules.count)
    for rule in compiled.rules where !rule.isRestriction && !rule.isOnChains {
      guard let barrier = rule.barriers.first else { continue }
      reasons[rule.number] = Reason(
        barrier.code, ReasonWriter.parameters(of: compiled.policy.spec.rules[rule.number]))
    }
    let told = reasons.indices.compactMap { number in reasons[number].map { (reason: $0, number: number) } }
    var ranks = [Int](repeating: 0, count: reasons.count)
    for (rank, rule) in told.sorted(by: { ($0.reason, $0.number) < ($1.reason, $1.number) }).enumerated() {
      ranks[rule.number] = rank
    }
    (self.reasons, self.ranks) = (reasons, ranks)
  }
}
