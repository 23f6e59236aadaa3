import Model

@testable import Policy

/// Rules and policies in few words.
func rule(
  _ id: String, _ effect: PolicySpec.Effect, _ places: LabelSelector? = nil, chains: LabelSelector? = nil,
  subject: LabelSelector = LabelSelector(), stages: [String] = [], from: String? = nil, until: String? = nil,
  notWaivable: Bool = false
) -> PolicySpec.Rule {
  .init(
    id: id, motive: LocalizedText(fr: "motif"), subject: subject, effect: effect, places: places, chains: chains,
    weight: effect == .prefer || effect == .avoid ? 1 : nil, notWaivable: notWaivable, stages: stages,
    validFrom: from.flatMap { CalendarDay($0) }, validUntil: until.flatMap { CalendarDay($0) })
}

func policy(
  _ rules: [PolicySpec.Rule] = [], classes: [PolicySpec.DataClass] = [.init(name: "ordinary", sensitivity: .usuel)]
) -> PolicySpec {
  PolicySpec(title: LocalizedText(fr: "Politique"), dataClasses: classes, rules: rules)
}

typealias Term = LabelSelector.Requirement

func all(_ terms: Term...) -> LabelSelector { LabelSelector(matchExpressions: terms) }

extension LabelSelector.Requirement {
  static func among(_ key: String, _ values: String...) -> Self { .init(key: key, operator: .in, values: values) }
  static func not(_ key: String, _ values: String...) -> Self { .init(key: key, operator: .notIn, values: values) }
  static func has(_ key: String) -> Self { .init(key: key, operator: .exists) }
  static func hasNot(_ key: String) -> Self { .init(key: key, operator: .doesNotExist) }
  static func above(_ key: String, _ bound: Int64) -> Self {
    .init(key: key, operator: .greaterThan, values: [String(bound)])
  }
  static func below(_ key: String, _ bound: Int64) -> Self {
    .init(key: key, operator: .lessThan, values: [String(bound)])
  }
}

/// Findings as `code path`, in their order.
func brief(_ findings: [Finding]) -> [String] { findings.map { "\($0.code.rawValue) \($0.path)" } }

func textual(_ policy: PolicySpec, day: CalendarDay? = nil) -> [String] {
  brief(PolicyValidator.findings(in: policy, day: day))
}
