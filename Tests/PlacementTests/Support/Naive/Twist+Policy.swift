import Model
import Placement

extension Twist {
  /// What the board may write.
  static let policy: [Twist] = [
    Twist("rules on places") { scenario, numbers in
      for effect in [numbers.pick([.require, .forbid]), .forbid, .prefer, .avoid] as [PolicySpec.Effect] {
        scenario.policy.rules.append(
          Scenario.rule(
            "rule-\(scenario.policy.rules.count)", effect, places: places(&numbers), weight: weight(effect, &numbers)))
      }
    },
    Twist("a rule on places") { scenario, numbers in
      let effect = numbers.pick(PolicySpec.Effect.allCases)
      var rule = Scenario.rule(
        "rule-\(scenario.policy.rules.count)", effect, places: places(&numbers), subject: subject(&numbers),
        weight: weight(effect, &numbers), stages: numbers.pick([[], [], ["prod"], ["dev", "staging"]]))
      period(&rule, &numbers)
      if rule.weight == nil { rule.notWaivable = numbers.chance(25) }
      scenario.policy.rules.append(rule)
    },
    Twist("a rule on chains") { scenario, numbers in
      let effect = numbers.pick(PolicySpec.Effect.allCases)
      let chains = numbers.pick([
        LabelSelector.in("chain.name", "open"), .in("chain.name", "sealed", "omega"), .in("chain.sensitivity", "DR"),
        .in("chain.label/tier", "gold", "1"), .notIn("chain.region", "bre"), .in("chain.organisation", "mj"),
        .term("chain.label/tier", .exists),
      ])
      scenario.policy.rules.append(
        Scenario.rule(
          "rule-\(scenario.policy.rules.count)", effect, chains: chains, subject: subject(&numbers),
          weight: weight(effect, &numbers), stages: numbers.pick([[], [], ["prod"], ["dev"]])))
    },
    Twist("what a class demands") { scenario, numbers in
      let index = numbers.pick(Array(scenario.policy.dataClasses.indices))
      scenario.policy.dataClasses[index].qualifications = numbers.pick([[], ["HDS"], ["SecNumCloud", "HDS"]])
      scenario.policy.dataClasses[index].requires = numbers.pick([nil, places(&numbers)])
      scenario.policy.dataClasses[index].residency = numbers.pick([
        nil, .init(countries: ["FR", "BE"]), .init(subdivisions: ["FR-IDF", "FR-ARA"]),
        .init(countries: ["FR"], subdivisions: ["FR-IDF"]),
      ])
    },
    Twist("a parent that is not there") { scenario, numbers in
      scenario.policy.dataClasses[numbers.pick([0, 1])].parent = numbers.pick(["lost", "secret"])
    },
    Twist("a rule for who has other data") { scenario, numbers in
      let effect = numbers.pick(PolicySpec.Effect.allCases)
      let key = "project.dataClass"
      let others = numbers.pick([
        LabelSelector.notIn(key, "plain"), .notIn(key, "personal"), .notIn(key, "plain", "personal"),
        LabelSelector(
          matchLabels: [key: "plain"], matchExpressions: [.init(key: key, operator: .notIn, values: ["personal"])]),
      ])
      scenario.project.spec.dataClasses = numbers.pick([["plain"], ["personal"], ["secret"], ["plain", "secret"]])
      scenario.policy.rules.append(
        Scenario.rule(
          "rule-\(scenario.policy.rules.count)", effect, places: places(&numbers), subject: others,
          weight: weight(effect, &numbers)))
    },
    Twist("capacity rules") { scenario, numbers in
      scenario.policy.capacity.append(
        .init(
          id: "capacity-\(scenario.policy.capacity.count)", places: numbers.pick([nil, places(&numbers)]),
          stages: numbers.pick([[], ["dev"], ["prod"]]), resources: numbers.pick([[], [.cpu], [.memory, .pods]]),
          overcommit: numbers.pick([nil, Quantity(2), Quantity(milli: 1333), Quantity(milli: 100)]),
          reserve: numbers.pick([nil, Quantity(milli: 333), Quantity(milli: 900)]),
          tolerance: numbers.pick([nil, Quantity(milli: 77)])))
    },
    Twist("a contractual limit") { scenario, numbers in
      scenario.policy.limits.append(
        .init(
          subject: subject(&numbers),
          production: numbers.pick([nil, ResourceList(cpu: Quantity(8)), ResourceList(memory: Quantity("100Gi"))]),
          nonProduction: numbers.pick([
            ResourceList(cpu: Quantity(3)), ResourceList(cpu: Quantity(40), pods: Quantity(9)),
          ])))
    },
    Twist("scoring") { scenario, numbers in
      scenario.policy.scoring = .init(
        balance: numbers.pick([nil, 0, 1, 7]), affinity: numbers.pick([nil, 0, 3]),
        stickiness: numbers.pick([nil, 0, 10]), locality: numbers.pick([nil, 1, 5]))
    },
  ]

  private static func places(_ numbers: inout SeededGenerator) -> LabelSelector {
    numbers.pick([
      LabelSelector.in("region.name", "idf", "alp"), .notIn("region.name", "bre"), .in("region.subdivision", "FR-IDF"),
      .notIn("region.subdivision", "FR-ARA"), .in("region.city", "Paris"), .term("region.city", .doesNotExist),
      .in("region.operator", "north"), .term("region.dataCenters", .greaterThan, "1"),
      .notIn("region.qualification", "SecNumCloud"), .in("region.qualification", "HDS", "SecNumCloud"),
      .in("region.service", "s3"), .in("zone.chain", "open"), .term("zone.chain", .exists),
      .in("zone.slug", "a1", "i1"),
      .in("cluster.external", "true"), .in("cluster.name", "c1", "c3", "c5"), .in("cluster.dataCenter", "a"),
      .in("cluster.label/tier", "gold", "1"), .term("cluster.label/tier", .lessThan, "2"),
      .notIn("region.label/tier", "2"), .term("zone.label/tier", .exists), .in("region.country", "BE", "FR"),
      .in("region.service", "postgresql:16", "postgresql:?"), .in("region.organisation", "mi", "mj"),
      .notIn("cluster.taint", "old=yes"), .in("region.taint", "pilot", "old"), .in("cluster.project", "other"),
      .in("region.audience", "interministerial"), .in("cluster.dataCenters", "2"), .in("region.dataCenter", "c"),
      LabelSelector(
        matchLabels: ["region.operator": "north"],
        matchExpressions: [.init(key: "region.city", operator: .notIn, values: ["Lyon"])]),
    ])
  }

  private static func subject(_ numbers: inout SeededGenerator) -> LabelSelector {
    numbers.pick([
      LabelSelector(), LabelSelector(), LabelSelector(), .in("project.organisation", "mi"),
      .in("project.organisation", "mj"), .in("project.typology", "portal"), .notIn("project.typology", "portal"),
      .in("project.dataClass", "personal"), .in("project.label/pilot", "yes"),
      .term("project.label/pilot", .exists), .in("project.service", "s3"),
    ])
  }

  private static func weight(_ effect: PolicySpec.Effect, _ numbers: inout SeededGenerator) -> Int? {
    effect == .prefer || effect == .avoid ? numbers.pick([1, 4, 10, -2]) : nil
  }

  private static func period(_ rule: inout PolicySpec.Rule, _ numbers: inout SeededGenerator) {
    rule.validFrom = numbers.pick([nil, nil, nil, Scenario.day("2026-11-23"), Scenario.day("2026-11-24")])
    rule.validUntil = numbers.pick([nil, nil, nil, Scenario.day("2026-11-23"), Scenario.day("2026-11-22")])
  }
}
