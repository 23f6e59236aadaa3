import Model

/// A rule in force on the day, and what it says to every place or chain.
final class CompiledRule: Sendable {
  /// Its number in the policy.
  let number: Int
  let id: String
  let effect: PolicySpec.Effect
  let subject: SubjectTable.Number
  let stages: [String]
  /// The weight with the effect's sign; 0 for restrictions.
  let weight: Int64
  /// Whether it restricts, rather than prefers or avoids.
  let isRestriction: Bool
  let isOnChains: Bool
  /// Whether a derogation may waive it.
  let isWaivable: Bool
  /// What it says to places: where it refuses clearly, where for want of a declared attribute; or what it prefers or
  /// avoids.
  let barriers: [Barrier]
  /// The chains that it refuses, or prefers or avoids; nil for a rule on places.
  let chains: [Bool]?

  init(
    _ rule: PolicySpec.Rule, number: Int, subjects: inout SubjectTable, on index: AttributeIndex,
    resolved: SiteSet, chains known: [Attributes]
  ) {
    self.number = number
    id = rule.id
    effect = rule.effect
    subject = subjects.add(rule.subject)
    stages = rule.stages
    weight = rule.signedWeight
    isRestriction = rule.effect == .require || rule.effect == .forbid
    isOnChains = rule.chains != nil
    isWaivable = !rule.notWaivable
    chains = rule.chains.map { selector in known.map { Self.concerns(rule.effect, selector, $0) } }
    barriers =
      rule.places.map { Self.barriers(rule, number, CompiledSelector($0, on: index), resolved: resolved) } ?? []
  }

  /// Whether the rule holds in a stage.
  func holds(in stage: String) -> Bool { stages.isEmpty || stages.contains(stage) }

  private static func barriers(
    _ rule: PolicySpec.Rule, _ number: Int, _ places: CompiledSelector, resolved: SiteSet
  ) -> [Barrier] {
    func barrier(_ code: ReasonCode, _ sites: SiteSet) -> [Barrier] {
      [Barrier(code, .rule(number), sites, weight: rule.signedWeight)]
    }
    let meant: SiteSet
    switch rule.effect {
    case .prefer, .avoid:
      // A negative weight turns the effect round: what is told is what is counted.
      return barrier(rule.signedWeight > 0 ? .rulePrefers : .ruleAvoids, resolved.intersection(places.matching))
    case .require: meant = resolved.subtracting(places.matching)
    case .forbid: meant = resolved.intersection(places.possible)
    }
    let unclear = places.undeclared.map { ($0.attribute, $0.sites.intersection(meant)) }
    let clear = unclear.reduce(meant) { $0.subtracting($1.1) }
    return barrier(rule.effect == .require ? .ruleRequires : .ruleForbids, clear)
      + unclear.map { Barrier(.attributeUndeclared, .attribute($0.0, source: rule.id), $0.1, source: .rule(number)) }
  }

  private static func concerns(_ effect: PolicySpec.Effect, _ selector: LabelSelector, _ chain: Attributes) -> Bool {
    switch effect {
    case .require: !selector.matches(chain)
    case .forbid: selector.mayMatch(chain) { !AttributeCatalogue.isLabel($0) }
    case .prefer, .avoid: selector.matches(chain)
    }
  }
}

extension PolicySpec.Rule {
  /// The weight with the effect's sign; 0 for restrictions.
  var signedWeight: Int64 {
    switch effect {
    case .require, .forbid: 0
    case .prefer: Weights.clamped(weight ?? 1)
    case .avoid: -Weights.clamped(weight ?? 1)
    }
  }
}
