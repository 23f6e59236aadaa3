import Model

/// What two parts of a policy's text say against each other.
struct TextualChecks {
  let policy: PolicySpec

  init(_ policy: PolicySpec) {
    self.policy = policy
  }

  var findings: [Finding] { contradictions + shadowed }

  /// A require and a forbid of the very same places or chains, for projects that both are about.
  private var contradictions: [Finding] {
    policy.rules.indices.flatMap { index in
      policy.rules.indices.dropFirst(index + 1).compactMap { other in
        let (first, second) = (policy.rules[index], policy.rules[other])
        guard Set([first.effect, second.effect]) == [.require, .forbid], first.meets(second),
          first.places == second.places, first.chains == second.chains
        else { return nil }
        return Finding(
          severity: .error, kind: .textual, code: .contradiction, path: "spec.rules[\(other)]",
          message: LocalizedText(
            fr: "La règle « \(second.id) » et la règle « \(first.id) » exigent et interdisent la même chose.",
            en: "Rule “\(second.id)” and rule “\(first.id)” require and forbid the same thing."))
      }
    }
  }

  /// A capacity rule of which an earlier one takes every case.
  private var shadowed: [Finding] {
    policy.capacity.indices.compactMap { index in
      let rule = policy.capacity[index]
      guard let earlier = policy.capacity[..<index].first(where: { $0.covers(rule) }) else { return nil }
      return Finding(
        severity: .warning, kind: .textual, code: .shadowedRule, path: "spec.capacity[\(index)]",
        message: LocalizedText(
          fr: "La règle « \(rule.id) » ne sert jamais : « \(earlier.id) », placée avant, prend tous ses cas.",
          en: "Rule “\(rule.id)” is never used: “\(earlier.id)”, which comes first, takes all its cases."))
    }
  }
}

extension PolicySpec.Rule {
  /// Whether both rules surely are about some project at once: one is about all, or both are about the same ones.
  func meets(_ other: Self) -> Bool {
    let subjects = subject == other.subject || subject.isEmpty || other.subject.isEmpty
    let meet = stages.isEmpty || other.stages.isEmpty || !Set(stages).isDisjoint(with: other.stages)
    return subjects && meet && overlaps(other)
  }

  private func overlaps(_ other: Self) -> Bool {
    if let validFrom, let until = other.validUntil, until < validFrom { return false }
    if let validUntil, let from = other.validFrom, validUntil < from { return false }
    return true
  }
}

extension PolicySpec.CapacityRule {
  /// Whether this rule matches wherever `other` does.
  fileprivate func covers(_ other: Self) -> Bool {
    func contains<Value: Hashable>(_ own: [Value], _ others: [Value]) -> Bool {
      own.isEmpty || (!others.isEmpty && Set(own).isSuperset(of: others))
    }
    return (places == nil || places == other.places) && contains(stages, other.stages)
      && contains(resources, other.resources)
  }
}
