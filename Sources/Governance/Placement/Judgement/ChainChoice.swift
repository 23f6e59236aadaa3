import Model

/// Which chains may deliver to which zones, for one project.
struct ChainChoice {
  let chains: [Resource<ChainSpec>]
  private let subject: Subject
  private let attributes: [Attributes]

  init(_ chains: [Resource<ChainSpec>], for subject: Subject) {
    self.chains = chains
    self.subject = subject
    attributes = chains.map(AttributeCatalogue.chain)
  }

  /// The chains, by number, that may deliver to `place` in a stage; or why none may.
  func options(for place: Site.Place, stage: String) -> (chains: [Int], refusal: Reason?) {
    let rules = subject.rules(in: stage)
    guard let wanted = place.zone.spec.chain else {
      let fit = chains.indices.filter { fault(of: $0, at: place, rules: rules) == nil }
      return (fit, fit.isEmpty ? Reason(.chainCannotDeliver, ["chain": "", "cause": "none"]) : nil)
    }
    guard let number = chains.indices.first(where: { chains[$0].name == wanted }) else {
      return ([], Reason(.chainCannotDeliver, ["chain": wanted, "cause": "unknown"]))
    }
    let refusal = fault(of: number, at: place, rules: rules)
    return (refusal == nil ? [number] : [], refusal)
  }

  /// 100 for each point of weight of the rules on chains that match, in any of the stages.
  func affinity(of chain: Int, stages: Set<String>) -> Int64 {
    subject.rules.reduce(0) { sum, rule in
      guard let selector = rule.chains, selector.matches(attributes[chain]),
        rule.stages.isEmpty || !stages.isDisjoint(with: rule.stages)
      else { return sum }
      return sum + 100 * rule.signedWeight
    }
  }

  private func fault(of index: Int, at place: Site.Place, rules: [PolicySpec.Rule]) -> Reason? {
    let chain = chains[index]
    func no(_ cause: String, _ more: [String: String] = [:]) -> Reason {
      Reason(.chainCannotDeliver, ["chain": chain.name, "cause": cause].merging(more) { $1 })
    }
    if !chain.spec.sensitivities.contains(place.zone.spec.sensitivity) { return no("sensitivity") }
    if !chain.spec.regions.contains(place.region.name) { return no("region") }
    if !subject.isAdmitted(by: chain.spec.audience) { return no("audience") }
    for rule in rules {
      guard let selector = rule.chains else { continue }
      let excluded =
        switch rule.effect {
        case .require: !selector.matches(attributes[index])
        case .forbid: selector.mayMatch(attributes[index]) { !AttributeCatalogue.isLabel($0) }
        case .prefer, .avoid: false
        }
      if excluded { return no("rule", ["rule": rule.id]) }
    }
    return nil
  }
}

extension PolicySpec.Rule {
  /// The weight with the effect's sign; 0 for restrictions.
  var signedWeight: Int64 {
    switch effect {
    case .require, .forbid: 0
    case .prefer: Int64(weight ?? 1)
    case .avoid: -Int64(weight ?? 1)
    }
  }
}
