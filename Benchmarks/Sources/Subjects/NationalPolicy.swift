internal import Model

/// A policy of 200 rules over six classes of data: made up, but always the same.
enum NationalPolicy {
  static let classes = ["open", "internal", "sensitive", "health", "restricted", "restricted-health"]
  static let typologies = ["web", "batch", "data", "gis", "portal", "archive"]

  static func make(rules: Int, seed: UInt64) -> PolicySpec {
    var numbers = SeededNumbers(seed: seed)
    return PolicySpec(
      title: LocalizedText(fr: "Politique nationale", en: "National policy"),
      dataClasses: [
        .init(name: "open", sensitivity: .usuel),
        .init(name: "internal", parent: "open", sensitivity: .usuel, residency: .init(countries: ["FR"])),
        .init(name: "sensitive", parent: "internal", sensitivity: .usuel, qualifications: ["SecNumCloud"]),
        .init(name: "health", parent: "internal", sensitivity: .usuel, qualifications: ["HDS"]),
        .init(
          name: "restricted", parent: "internal", sensitivity: .restricted,
          requires: LabelSelector(matchExpressions: [
            .init(key: "region.dataCenters", operator: .greaterThan, values: ["1"])
          ])),
        .init(name: "restricted-health", parent: "restricted", sensitivity: .restricted, qualifications: ["HDS"]),
      ],
      rules: (1...rules).map { rule($0, &numbers) },
      capacity: [
        .init(id: "dev", stages: ["dev"], overcommit: Quantity("1500m")),
        .init(
          id: "external", places: LabelSelector(matchLabels: ["cluster.external": "true"]), reserve: Quantity("200m")),
        .init(id: "all", reserve: Quantity("100m"), tolerance: Quantity("50m")),
      ],
      scoring: .init(locality: 1))
  }

  /// One in six restricts; the others prefer or avoid.
  private static func rule(_ number: Int, _ numbers: inout SeededNumbers) -> PolicySpec.Rule {
    let effect: PolicySpec.Effect =
      number % 6 == 0 ? numbers.pick([.require, .forbid, .forbid]) : numbers.pick([.prefer, .avoid])
    let isSoft = effect == .prefer || effect == .avoid
    let isAboutChains = number % 20 == 0
    return PolicySpec.Rule(
      id: "rule-\(number)", motive: LocalizedText(fr: "Motif \(number)", en: "Motive \(number)"),
      subject: subject(&numbers), effect: effect,
      places: isAboutChains ? nil : isSoft ? wish(&numbers) : restriction(effect, &numbers),
      chains: isAboutChains
        ? LabelSelector(matchExpressions: [
          .init(
            key: "chain.name", operator: effect == .require ? .notIn : .in,
            values: ["chain-\(Int.random(in: 1...8, using: &numbers))"])
        ]) : nil,
      weight: isSoft ? Int.random(in: 1...10, using: &numbers) : nil,
      stages: numbers.chance(30) ? [numbers.pick(["prod", "dev"])] : [])
  }

  private static func subject(_ numbers: inout SeededNumbers) -> LabelSelector {
    func one(of key: String, _ values: [String], percent: Int) -> LabelSelector.Requirement {
      .init(key: key, operator: .in, values: numbers.some(of: values, percent: percent))
    }
    switch numbers.pick([0, 1, 2, 3, 4]) {
    case 0:
      return LabelSelector(matchExpressions: [one(of: "project.organisation", NationalOffer.organisations, percent: 20)]
      )
    case 1: return LabelSelector(matchExpressions: [one(of: "project.typology", typologies, percent: 25)])
    case 2: return LabelSelector(matchExpressions: [one(of: "project.dataClass", classes, percent: 30)])
    case 3:
      return LabelSelector(
        matchLabels: ["project.label/tier": String(Int.random(in: 0...3, using: &numbers))],
        matchExpressions: [one(of: "project.organisation", NationalOffer.organisations, percent: 60)])
    default:
      return LabelSelector(matchExpressions: [
        one(of: "project.service", NationalOffer.services, percent: 30),
        .init(key: "project.organisation", operator: .notIn, values: [numbers.pick(NationalOffer.organisations)]),
      ])
    }
  }

  private static func wish(_ numbers: inout SeededNumbers) -> LabelSelector {
    switch numbers.pick([0, 1, 2, 3, 4]) {
    case 0: term("region.operator", .in, ["operator-\(Int.random(in: 1...10, using: &numbers))"])
    case 1: term("region.service", .in, [numbers.pick(NationalOffer.services)])
    case 2: term("cluster.external", .in, ["true"])
    case 3: term("cluster.label/tier", .in, [String(Int.random(in: 0...3, using: &numbers))])
    default: term("region.name", .in, (1...8).map { _ in "region-\(Int.random(in: 1...50, using: &numbers))" })
    }
  }

  private static func restriction(_ effect: PolicySpec.Effect, _ numbers: inout SeededNumbers) -> LabelSelector {
    if effect == .require {
      return numbers.chance(50)
        ? term("region.dataCenters", .greaterThan, ["1"]) : term("region.interconnection", .in, ["RIE", "RENATER"])
    }
    return numbers.chance(50)
      ? term("region.operator", .in, ["operator-\(Int.random(in: 1...10, using: &numbers))"])
      : term("region.subdivision", .in, [numbers.pick(["FR-BRE", "FR-NOR", "FR-OCC"])])
  }

  private static func term(
    _ key: String, _ sign: LabelSelector.Requirement.Operator, _ values: [String]
  ) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: key, operator: sign, values: values)])
  }
}
