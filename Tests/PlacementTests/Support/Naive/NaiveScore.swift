import Model
import Placement

/// What a place is worth to a replica.
struct NaiveScore {
  let scenario: Scenario

  /// The weight of a rule with the sign of its effect; restrictions weigh nothing.
  static func points(_ rule: PolicySpec.Rule) -> Int64 {
    switch rule.effect {
    case .require, .forbid: 0
    case .prefer: Int64(rule.weight ?? 1)
    case .avoid: -Int64(rule.weight ?? 1)
    }
  }

  /// The components that do not depend on the other replicas.
  func components(_ environment: ProjectSpec.Environment, _ place: NaivePlace, held: ResourceAmounts?)
    -> ScoreComponents
  {
    let growth = NaiveRoom.growth(environment, held: held)
    let facts = NaiveFacts.of(place, on: scenario.day)
    var components = ScoreComponents()
    components.balance = NaiveRoom(place, stage: environment.stage, in: scenario).balance(growth)
    for rule in NaiveRules(scenario: scenario).rules(environment.stage) {
      guard let selector = rule.places.map(NaiveSelector.init), selector.holds(facts) else { continue }
      components.affinity += 100 * Self.points(rule)
    }
    for wish in scenario.project.spec.preferences.weighted where NaiveSelector(wish.target).holds(facts) {
      components.affinity += 100 * Int64(wish.weight)
    }
    components.stickiness = held == nil ? 0 : 1000
    let soft = NaiveJudge.untolerated(place, by: scenario.project.spec).filter { $0.1.effect == .preferNoPlacement }
    components.taints = -1000 * Int64(soft.count)
    return components
  }

  /// What speaks for and against an accepted place, as reasons.
  func reasons(_ environment: ProjectSpec.Environment, _ place: NaivePlace) -> Set<NaiveReason> {
    let facts = NaiveFacts.of(place, on: scenario.day)
    var reasons: Set<NaiveReason> = []
    for rule in NaiveRules(scenario: scenario).rules(environment.stage) where Self.points(rule) != 0 {
      guard let selector = rule.places.map(NaiveSelector.init), selector.holds(facts) else { continue }
      let code: ReasonCode = Self.points(rule) > 0 ? .rulePrefers : .ruleAvoids
      reasons.insert(NaiveReason(code, ["rule": rule.id, "weight": "\(Self.points(rule))"]))
    }
    for wish in scenario.project.spec.preferences.weighted where NaiveSelector(wish.target).holds(facts) {
      reasons.insert(NaiveReason(.wishMet, ["weight": "\(wish.weight)"]))
    }
    for (name, taint) in NaiveJudge.untolerated(place, by: scenario.project.spec)
    where taint.effect == .preferNoPlacement {
      reasons.insert(NaiveReason(.softTaint, ["name": name, "taint": NaiveJudge.text(taint)]))
    }
    return reasons
  }

  /// The weighted sum: balance 1, affinity 2, stickiness 3, locality 0 where the policy does not say; what is broken or
  /// barely tolerated costs 4 for each.
  func total(_ components: ScoreComponents) -> Int64 {
    let weights = scenario.policy.scoring
    return Int64(weights?.balance ?? 1) * components.balance + Int64(weights?.affinity ?? 2) * components.affinity
      + Int64(weights?.stickiness ?? 3) * components.stickiness + Int64(weights?.locality ?? 0) * components.locality
      + 4 * (components.taints + components.spread)
  }
}
