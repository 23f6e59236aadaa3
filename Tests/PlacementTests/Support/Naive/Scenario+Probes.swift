import Model
import Placement

extension Scenario {
  /// A random scenario whose clusters were probed, some of them without an answer and some not at all, under rules and
  /// classes that ask for what was found.
  static func probed(_ seed: UInt64) -> Scenario {
    var (scenario, numbers) = (random(seed), SeededGenerator(seed &+ 991))
    scenario.facts = scenario.clusters.filter { _ in numbers.chance(75) }.map { cluster in
      let rules = ["root", "host-path"].filter { _ in numbers.chance(75) }
      return ClusterFacts(
        cluster: cluster.name,
        conformity: Dictionary(uniqueKeysWithValues: rules.map { ($0, numbers.pick(ConformityFinding.allCases)) }))
    }
    for number in 0..<numbers.pick([1, 2, 3]) {
      let effect = numbers.pick(PolicySpec.Effect.allCases)
      scenario.policy.rules.append(
        rule("probed-\(number)", effect, places: found(&numbers), weight: effect == .prefer ? 3 : nil))
    }
    if numbers.chance(30) { scenario.policy.dataClasses[0].requires = found(&numbers) }
    return scenario
  }

  private static func found(_ numbers: inout SeededGenerator) -> LabelSelector {
    let key = numbers.pick(["conformity.root", "conformity.host-path"])
    return numbers.pick([
      LabelSelector.in(key, "Enforced"), .in(key, "NotEnforced"), .notIn(key, "NotEnforced"), .notIn(key, "Enforced"),
      .term(key, .exists), .term(key, .doesNotExist),
    ])
  }
}
