import Model

/// Which capacity rules come before which others, where that matters: the first rule that matches holds.
struct CapacityPrecedence: Sendable {
  /// So many terms and values are looked at in all: every pair of two hundred rules, where each names ten.
  static let mostValues = 1_000_000

  private var later: [String: [String]] = [:]

  /// - Parameters:
  ///   - other: the policy that this one is compared with. Of two rules that both policies have, the order counts where they
  ///     compete in one of them, so that nothing but the order makes a difference.
  ///   - most: where more terms and values would have to be looked at, it is not found out of the rest whether they can be
  ///     about the same: their order counts, as if they were.
  init(_ policy: PolicySpec, beside other: PolicySpec, within most: Int = Self.mostValues) {
    let there = Dictionary(other.capacity.map { ($0.id, $0) }) { first, _ in first }
    let (here, elsewhere) = (Satisfiability(policy), Satisfiability(other))
    var left = most
    for (number, rule) in policy.capacity.enumerated() {
      later[rule.id] = policy.capacity[(number + 1)...].filter { next in
        guard let before = there[rule.id] else { return rule.competes(with: next, here, &left) }
        guard let nextBefore = there[next.id] else { return false }
        return rule.competes(with: next, here, &left) || before.competes(with: nextBefore, elsewhere, &left)
      }.map(\.id)
    }
  }

  /// The rules that a rule comes before.
  func behind(_ id: String) -> [String] { later[id] ?? [] }
}

extension PolicySpec.CapacityRule {
  /// Whether both may be about the same, and say something else of it.
  ///
  /// - Parameter left: how many terms and values may still be looked at.
  fileprivate func competes(with other: Self, _ satisfiability: Satisfiability, _ left: inout Int) -> Bool {
    func meet(_ left: [String], _ right: [String]) -> Bool {
      left.isEmpty || right.isEmpty || !Set(left).isDisjoint(with: right)
    }
    guard meet(stages, other.stages), meet(resources.map(\.rawValue), other.resources.map(\.rawValue)),
      (overcommit, reserve, tolerance) != (other.overcommit, other.reserve, other.tolerance)
    else { return false }
    let literals = (places?.strictly ?? []) + (other.places?.strictly ?? [])
    let cost = literals.reduce(0) { $0 + 1 + $1.term.values.count }
    guard cost <= left else { return true }
    left -= cost
    return !satisfiability.isImpossible(.every(literals))
  }
}
