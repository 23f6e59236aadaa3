import Model
import Placement
import Testing

/// What each operator of a selector means under each effect, for everything that may be known of the attribute asked
/// for.
@Suite struct TableRuleTests {
  /// What is known of the attribute: a value that is meant, another value, that there is none, nothing at all, or that
  /// it is a label that is not set.
  enum Known: String, CaseIterable {
    case meant, other, none, undeclared, noLabel
  }

  /// The answer of a cluster to each of the five, in that order: `+` accepted, `R` refused by `RuleRequires`, `F` by
  /// `RuleForbids`, `U` by `AttributeUndeclared`; `p` and `a` accepted with `RulePrefers` or `RuleAvoids`.
  static let answers: [(PolicySpec.Effect, LabelSelector.Requirement.Operator, String)] = [
    (.require, .in, "+RRUU"), (.require, .notIn, "R++UU"), (.require, .exists, "++RRR"),
    (.require, .doesNotExist, "RR+++"), (.require, .greaterThan, "+RRUU"), (.require, .lessThan, "R+RUU"),
    (.forbid, .in, "F++U+"), (.forbid, .notIn, "+FFUU"), (.forbid, .exists, "FF+++"),
    (.forbid, .doesNotExist, "++FFF"), (.forbid, .greaterThan, "F++UU"), (.forbid, .lessThan, "+F+UU"),
    (.prefer, .in, "p++++"), (.prefer, .notIn, "+pp++"), (.prefer, .exists, "pp+++"),
    (.prefer, .doesNotExist, "++ppp"), (.prefer, .greaterThan, "p++++"), (.prefer, .lessThan, "+p+++"),
    (.avoid, .in, "a++++"), (.avoid, .notIn, "+aa++"), (.avoid, .exists, "aa+++"),
    (.avoid, .doesNotExist, "++aaa"), (.avoid, .greaterThan, "a++++"), (.avoid, .lessThan, "+a+++"),
  ]

  @Test("every effect with every operator, on whatever is known", arguments: answers)
  func meansOnWhatIsKnown(_ effect: PolicySpec.Effect, _ sign: LabelSelector.Requirement.Operator, _ answers: String) {
    let told = Known.allCases.map { Self.answer(effect, sign, $0) }.joined()
    #expect(told == answers, "\(effect) \(sign): meant, other, none, undeclared, no label")
  }

  @Test("the table has every effect and every operator")
  func complete() {
    let pairs = Self.answers.map { "\($0.0) \($0.1)" }
    let all = PolicySpec.Effect.allCases.flatMap { effect in
      LabelSelector.Requirement.Operator.allCases.map { "\(effect) \($0)" }
    }
    #expect(pairs.sorted() == all.sorted())
  }

  private static func answer(
    _ effect: PolicySpec.Effect, _ sign: LabelSelector.Requirement.Operator, _ known: Known
  ) -> String {
    var scenario = Scenario.calm
    var key = "region.city"
    let isNumber = sign == .greaterThan || sign == .lessThan
    switch known {
    // A city may be called anything, a number included.
    case .meant: scenario.region("alp") { $0.location.city = isNumber ? "7" : "Lyon" }
    case .other: scenario.region("alp") { $0.location.city = isNumber ? "3" : "Vienne" }
    case .none:
      key = "region.service"
      scenario.region("alp") { $0.services = [] }
    case .undeclared: break
    case .noLabel: key = "cluster.label/site"
    }
    let values = isNumber ? ["5"] : ["Lyon"]
    let selector = LabelSelector(matchExpressions: [
      .init(key: key, operator: sign, values: [.exists, .doesNotExist].contains(sign) ? [] : values)
    ])
    let weight = effect == .prefer || effect == .avoid ? 3 : nil
    scenario.policy.rules = [Scenario.rule("the-rule", effect, places: selector, weight: weight)]
    scenario.project.spec.environments = [Scenario.environment("prod", "prod")]
    let verdict = scenario.decide().environments[0].candidates.first { $0.cluster == "c1" }
    let codes = verdict?.reasons.map(\.code).filter { $0 != .outranked } ?? []
    switch codes {
    case []: return verdict?.accepted == true && verdict?.components?.affinity == 0 ? "+" : "?"
    case [.ruleRequires]: return "R"
    case [.ruleForbids]: return "F"
    case [.attributeUndeclared]: return "U"
    case [.rulePrefers]: return verdict?.components?.affinity == 300 ? "p" : "?"
    case [.ruleAvoids]: return verdict?.components?.affinity == -300 ? "a" : "?"
    default: return "?"
    }
  }

  @Test("data of a class is of all that the class inherits from, to every rule and limit, and declared for NotIn")
  func inheritedClasses() {
    let key = "project.dataClass"
    // Whether each means a project of personal data: personal is plain, and secret is personal.
    let subjects: [(LabelSelector, Bool)] = [
      (.in(key, "personal"), true), (.in(key, "plain"), true), (LabelSelector(matchLabels: [key: "plain"]), true),
      (.in(key, "secret"), false), (.notIn(key, "secret"), true), (.notIn(key, "personal"), false),
      // All but the ordinary: what inherits from it is meant, as long as it is not named as well.
      (.notIn(key, "plain"), true), (.notIn(key, "plain", "personal"), false),
      // Plain data, but none that declares to be personal.
      (
        LabelSelector(
          matchLabels: [key: "plain"], matchExpressions: [.init(key: key, operator: .notIn, values: ["personal"])]),
        false
      ),
    ]
    for (subject, isMeant) in subjects {
      var scenario = Scenario.calm
      scenario.project.spec.dataClasses = ["personal"]
      let left = isMeant ? ["c1"] : ["c1", "c2", "c5", "c6"]
      let affinity: Int64 = isMeant ? 300 : 0
      let outcome: Decision.Outcome = isMeant ? .unplaceable : .placed
      for rule in [
        Scenario.rule("there", .require, places: .in("cluster.name", "c1"), subject: subject),
        Scenario.rule("not-there", .forbid, places: .notIn("cluster.name", "c1"), subject: subject),
        Scenario.rule("sealed", .require, chains: .in("chain.name", "sealed"), subject: subject),
      ] {
        scenario.policy.rules = [rule]
        #expect(scenario.accepted == left, "\(rule.id) \(subject)")
      }
      scenario.policy.rules = [
        Scenario.rule("liked", .prefer, places: .in("cluster.name", "c1"), subject: subject, weight: 3)
      ]
      let liked = scenario.decide().environments[0].candidates.first { $0.cluster == "c1" }
      #expect(liked?.components?.affinity == affinity, "\(subject)")
      scenario.policy.rules = []
      scenario.policy.limits = [.init(subject: subject, production: ResourceList(cpu: Quantity(1)))]
      #expect(scenario.decide().outcome == outcome, "\(subject)")
    }
    // However far above the class is.
    var secret = Scenario.calm
    secret.project.spec.dataClasses = ["secret"]
    secret.policy.rules = [
      Scenario.rule("there", .require, places: .in("cluster.name", "c3"), subject: .in(key, "plain"))
    ]
    #expect(secret.accepted == ["c3"])
  }

  @Test("a rule on places may ask for attributes of region, zone and cluster, one on chains for those of the chain")
  func targets() {
    let rules: [(LabelSelector, [String])] = [
      (.in("region.name", "alp"), ["c1"]), (.in("region.operator", "north"), ["c2", "c5", "c6"]),
      (.in("region.subdivision", "FR-BRE"), ["c2"]), (.in("zone.slug", "i1"), ["c5", "c6"]),
      (.in("zone.chain", "open"), ["c2", "c5", "c6"]), (.in("cluster.name", "c6"), ["c6"]),
      (.in("cluster.dataCenter", "b"), ["c1", "c6"]), (.in("region.label/coast", "yes"), ["c2"]),
      (LabelSelector(matchLabels: ["zone.slug": "i1", "cluster.dataCenter": "a"]), ["c5"]),
      (.term("region.dataCenters", .greaterThan, "1"), ["c1", "c2", "c5", "c6"]),
    ]
    for (selector, clusters) in rules {
      var scenario = Scenario.calm
      scenario.regions[1].metadata.labels = ["coast": "yes"]
      scenario.policy.rules = [Scenario.rule("only-there", .require, places: selector)]
      #expect(scenario.accepted == clusters, "\(selector)")
    }
    let chains: [(PolicySpec.Effect, LabelSelector, [String])] = [
      (.require, .in("chain.name", "open"), ["c1", "c2", "c5", "c6"]),
      (.forbid, .in("chain.name", "open"), ["c1"]),
      (.forbid, .in("chain.sensitivity", "usuel"), []),
      (.require, .in("chain.sensitivity", "DR"), ["c1"]),
      (.require, .in("chain.label/tier", "gold"), ["c1", "c2", "c5", "c6"]),
      (.forbid, .in("chain.label/tier", "gold"), ["c1"]),
    ]
    for (effect, selector, clusters) in chains {
      var scenario = Scenario.calm
      scenario.chains[0].metadata.labels = ["tier": "gold"]
      scenario.policy.rules = [Scenario.rule("chains", effect, chains: selector)]
      #expect(scenario.accepted == clusters, "\(effect) \(selector)")
    }
  }
}

extension Scenario {
  /// The clusters that accept the first environment.
  var accepted: [String] { decide().environments[0].candidates.filter(\.accepted).map(\.cluster) }
}
