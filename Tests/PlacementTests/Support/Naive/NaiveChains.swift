import Model
import Placement

/// Which chains may deliver where.
struct NaiveChains {
  let scenario: Scenario

  /// Why a chain can not deliver an environment to a place; nil if it can.
  func obstacle(_ chain: Resource<ChainSpec>, _ environment: ProjectSpec.Environment, _ place: NaivePlace) -> String? {
    let rules = NaiveRules(scenario: scenario)
    if !chain.spec.sensitivities.contains(place.zone.spec.sensitivity) { return "sensitivity" }
    if !chain.spec.regions.contains(place.region.name) { return "region" }
    if !rules.notAdmitted(chain.spec.audience).isEmpty { return "audience" }
    let facts = NaiveFacts.of(chain)
    for rule in rules.rules(environment.stage) {
      guard let selector = rule.chains.map(NaiveSelector.init) else { continue }
      if rule.effect == .require, selector.truth(facts) != .yes { return "rule" }
      if rule.effect == .forbid, selector.couldHold(facts) { return "rule" }
    }
    return nil
  }

  /// The chains that may deliver an environment to a place: the zone's own, or any where the zone names none.
  func delivering(_ environment: ProjectSpec.Environment, to place: NaivePlace) -> Set<String> {
    Set(
      scenario.chains.filter { chain in
        (place.zone.spec.chain ?? chain.name) == chain.name && obstacle(chain, environment, place) == nil
      }.map(\.name))
  }

  /// What keeps a chain from delivering to what it delivers to already, in the environment's own stage.
  func objections(
    to name: String, _ environment: ProjectSpec.Environment, on cluster: String
  ) -> Set<NaiveReason> {
    guard let chain = scenario.chains.first(where: { $0.name == name }) else {
      return [NaiveReason(.unresolvedReference, ["kind": "Chain", "name": name])]
    }
    let rules = NaiveRules(scenario: scenario)
    var found = Set(rules.notAdmitted(chain.spec.audience).map { NaiveReason(.audienceRefused, ["wanted": $0]) })
    let facts = NaiveFacts.of(chain)
    for rule in rules.rules(environment.stage) {
      guard let selector = rule.chains.map(NaiveSelector.init), [.require, .forbid].contains(rule.effect) else {
        continue
      }
      if let attribute = selector.undeclared(facts) {
        let isOpen = rule.effect == .require ? selector.truth(facts) != .yes : selector.couldHold(facts)
        if isOpen { found.insert(NaiveReason(.attributeUndeclared, ["attribute": attribute, "source": rule.id])) }
      } else if rule.effect == .require, selector.truth(facts) != .yes {
        found.insert(NaiveReason(.ruleRequires, ["rule": rule.id]))
      } else if rule.effect == .forbid, selector.couldHold(facts) {
        found.insert(NaiveReason(.ruleForbids, ["rule": rule.id]))
      }
    }
    guard let place = scenario.place(of: cluster) else { return found }
    let cause =
      !chain.spec.sensitivities.contains(place.zone.spec.sensitivity)
      ? "sensitivity"
      : !chain.spec.regions.contains(place.region.name)
        ? "region" : (place.zone.spec.chain ?? name) != name ? "zone" : nil
    if let cause { found.insert(NaiveReason(.chainCannotDeliver, ["chain": name, "cause": cause])) }
    return found
  }

  func judge(_ environment: ProjectSpec.Environment, _ place: NaivePlace, _ verdict: inout NaiveJudge.Verdict) {
    guard delivering(environment, to: place).isEmpty else { return }
    let name = place.zone.spec.chain ?? ""
    var cause = name.isEmpty ? "none" : "unknown"
    if let own = scenario.chains.first(where: { $0.name == name }) {
      cause = obstacle(own, environment, place) ?? ""
    }
    verdict.always.insert(NaiveReason(.chainCannotDeliver, ["chain": name, "cause": cause]))
  }

  /// 100 for each point of the rules that prefer or avoid the chain, in a stage of the project.
  func affinity(_ name: String) -> Int64 {
    guard let chain = scenario.chains.first(where: { $0.name == name }) else { return 0 }
    let facts = NaiveFacts.of(chain)
    let stages = Set(scenario.project.spec.environments.map(\.stage))
    let rules = stages.flatMap { NaiveRules(scenario: scenario).rules($0) }
    var counted: Set<String> = []
    return rules.reduce(0) { sum, rule in
      guard let selector = rule.chains.map(NaiveSelector.init), selector.holds(facts),
        counted.insert(rule.id).inserted
      else { return sum }
      return sum + 100 * NaiveScore.points(rule)
    }
  }
}
