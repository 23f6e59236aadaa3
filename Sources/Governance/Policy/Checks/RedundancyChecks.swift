import Model

/// What another part of the policy says already.
struct RedundancyChecks {
  let policy: PolicySpec
  let theory: Satisfiability
  let restrictions: [Restriction]

  var findings: [Finding] { shadowedRules + mootPreferences + shadowedCapacity }

  /// Restrictions that another one implies, for everyone they mean.
  private var shadowedRules: [Finding] {
    restrictions.compactMap { rule in
      // What can not be satisfied, or not be violated, has a selector that is told elsewhere.
      guard let number = rule.rule, !theory.isImpossible(rule.demands), !theory.implies(Clauses(), rule.demands),
        let wider = restrictions.first(where: { shadows($0, rule) })
      else { return nil }
      return Finding(
        .warning, .textual, .shadowedRule, "spec.rules[\(number)]",
        fr: "La règle « \(rule.name) » n’ajoute rien : \(wider.nameFR) l’implique pour les mêmes projets.",
        en: "Rule “\(rule.name)” adds nothing: \(wider.nameEN) implies it for the same projects.")
    }
  }

  private func shadows(_ wider: Restriction, _ rule: Restriction) -> Bool {
    guard implies(wider, rule) else { return false }
    // Of two that say the same, the later one is too much.
    guard let (first, second) = bothNumbers(wider, rule), first > second else { return true }
    return !implies(rule, wider)
  }

  private func bothNumbers(_ one: Restriction, _ other: Restriction) -> (Int, Int)? {
    if let first = one.rule, let second = other.rule { (first, second) } else { nil }
  }

  private func implies(_ wider: Restriction, _ rule: Restriction) -> Bool {
    // A rule that can be waived does not stand in for one that can not.
    wider.source != rule.source && wider.target == rule.target && (wider.notWaivable || !rule.notWaivable)
      && !theory.isImpossible(wider.demands) && theory.implies(wider.demands, rule.demands)
      && wider.scope.covers(rule.scope, theory)
  }

  /// Soft rules of which a restriction leaves all places or none.
  private var mootPreferences: [Finding] {
    policy.rules.enumerated().compactMap { number, rule in
      guard rule.effect == .prefer || rule.effect == .avoid, let selector = rule.places ?? rule.chains else {
        return nil
      }
      let (scope, wanted) = (Scope(rule), Clauses.every(selector.strictly))
      guard !theory.isImpossible(wanted) else { return nil }
      let restriction = restrictions.first { restriction in
        (restriction.target == .places) == (rule.places != nil) && !theory.isImpossible(restriction.demands)
          && (theory.isImpossible(restriction.demands + wanted) || theory.implies(restriction.demands, wanted))
          && restriction.scope.covers(scope, theory)
      }
      guard let restriction else { return nil }
      return Finding(
        .warning, .textual, .mootPreference, "spec.rules[\(number)]",
        fr:
          "La préférence « \(rule.id) » ne départage rien : \(restriction.nameFR) ne laisse que des lieux qu’elle vise "
          + "tous, ou aucun.",
        en: "The preference “\(rule.id)” tells nothing apart: \(restriction.nameEN) leaves only places all of which it "
          + "means, or none.")
    }
  }

  /// Capacity rules of which earlier ones take every case; the first that matches holds.
  private var shadowedCapacity: [Finding] {
    policy.capacity.enumerated().compactMap { index, rule in
      let takers = rule.cases.map { stage, resource in
        policy.capacity[..<index].first { $0.concerns(stage, resource) && covers($0, rule) }?.id
      }
      guard takers.allSatisfy({ $0 != nil }) else { return nil }
      let ids = Set(takers.compactMap(\.self)).sorted()
      return Finding(
        .warning, .textual, .shadowedRule, "spec.capacity[\(index)]",
        fr: "La règle « \(rule.id) » ne sert jamais : \(ids.map { "« \($0) »" }.joined(separator: ", ")), avant elle, "
          + "prend tous ses cas.",
        en:
          "Rule “\(rule.id)” is never used: \(ids.map { "“\($0)”" }.joined(separator: ", ")), before it, takes all its "
          + "cases.")
    }
  }

  private func covers(_ earlier: PolicySpec.CapacityRule, _ rule: PolicySpec.CapacityRule) -> Bool {
    guard let places = earlier.places else { return true }
    return theory.implies(.every(rule.places?.strictly ?? []), .every(places.strictly))
  }
}

extension PolicySpec.CapacityRule {
  /// Every stage and resource that the rule is about.
  fileprivate var cases: [(stage: String, resource: CountedResource)] {
    (stages.isEmpty ? Stage.wellKnown : stages).flatMap { stage in
      (resources.isEmpty ? CountedResource.allCases : resources).map { (stage, $0) }
    }
  }

  fileprivate func concerns(_ stage: String, _ resource: CountedResource) -> Bool {
    (stages.isEmpty || stages.contains(stage)) && (resources.isEmpty || resources.contains(resource))
  }
}
