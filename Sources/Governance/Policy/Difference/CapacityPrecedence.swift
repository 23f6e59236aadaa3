import Model

/// Which capacity rules come before which others, where that matters: the first rule that matches holds.
struct CapacityPrecedence: Sendable {
  private var later: [String: [String]] = [:]

  /// - Parameter other: the policy that this one is compared with. Of two rules that both policies have, the order counts
  ///   where they compete in one of them, so that nothing but the order makes a difference.
  init(_ policy: PolicySpec, beside other: PolicySpec) {
    let there = Dictionary(other.capacity.map { ($0.id, $0) }) { first, _ in first }
    let (here, elsewhere) = (Satisfiability(policy), Satisfiability(other))
    for (number, rule) in policy.capacity.enumerated() {
      later[rule.id] = policy.capacity[(number + 1)...].filter { next in
        guard let before = there[rule.id] else { return rule.competes(with: next, here) }
        guard let nextBefore = there[next.id] else { return false }
        return rule.competes(with: next, here) || before.competes(with: nextBefore, elsewhere)
      }.map(\.id)
    }
  }

  /// The rules that a rule comes before.
  func behind(_ id: String) -> [String] { later[id] ?? [] }
}

extension PolicySpec.CapacityRule {
  /// Whether both may be about the same, and say something else of it.
  fileprivate func competes(with other: Self, _ satisfiability: Satisfiability) -> Bool {
    func meet(_ left: [String], _ right: [String]) -> Bool {
      left.isEmpty || right.isEmpty || !Set(left).isDisjoint(with: right)
    }
    guard meet(stages, other.stages), meet(resources.map(\.rawValue), other.resources.map(\.rawValue)),
      (overcommit, reserve, tolerance) != (other.overcommit, other.reserve, other.tolerance)
    else { return false }
    return !satisfiability.isImpossible(
      .every(places?.strictly ?? []) + .every(other.places?.strictly ?? []))
  }
}
