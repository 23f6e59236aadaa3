import Foundation

extension ProjectSpec {
  /// Checks names, needs, wishes and environments.
  public func validate(_ check: inout Validation) {
    guard validateSize(&check) else { return }
    check.at("displayName", displayName, .sentence)
    check.at("organisation", organisation, .dnsLabel)
    check.at("typology", typology, .labelValue)
    check.at("dataClasses", dataClasses, each: .dnsLabel, atLeastOne: true)
    check.at("services", each: services) { service, check in
      check.at("name", service.name, .labelValue)
      check.at("version", service.version, .versionConstraint)
    }
    check.at("services") { $0.unique(services.map(\.name), field: "name") }
    check.at("interconnections", interconnections, each: .networkName)
    check.at("residency") { residency?.validate(&$0) }
    check.at("preferences") { preferences.validate(&$0) }
    check.at("tolerations", each: tolerations) { $0.validate(&$1) }
    check.at("spread", each: spread) { $0.validate(&$1, environments: environments) }
    check.at("colocation", each: colocation) { $0.validate(&$1, environments: environments) }
    check.at("environments", each: environments) { $0.validate(&$1) }
    check.at("environments") { check in
      check.notEmpty(environments)
      check.unique(environments.map(\.name), field: "name")
      let identifiers = environments.enumerated().map { $1.consoleID?.uuidString ?? "none at \($0)" }
      check.unique(identifiers, field: "consoleID")
    }
  }
}

extension ProjectSpec {
  /// More than anyone has. All replicas are placed together, by a search that goes as deep as there are replicas: whoever
  /// may ask a question must not be able to ask one without end.
  private static let most = (environments: 64, replicas: 128, wishes: 64, groups: 32, needs: 64)

  private func validateSize(_ check: inout Validation) -> Bool {
    let fits = check.sizes([
      ("environments", environments.count, Self.most.environments),
      ("dataClasses", dataClasses.count, Self.most.needs), ("services", services.count, Self.most.needs),
      ("interconnections", interconnections.count, Self.most.needs),
      ("tolerations", tolerations.count, Self.most.needs), ("spread", spread.count, Self.most.groups),
      ("colocation", colocation.count, Self.most.groups),
    ])
    var hasFewWishes = true
    check.at("preferences") {
      hasFewWishes = $0.sizes([
        ("terms", preferences.terms.count, Self.most.wishes),
        ("weighted", preferences.weighted.count, Self.most.wishes),
      ])
    }
    var hasShortResidency = true
    check.at("residency") { hasShortResidency = residency?.validateSize(&$0) ?? true }
    guard fits, hasFewWishes, hasShortResidency else { return false }
    // Each number by itself is judged with its environment.
    let replicas = environments.reduce(0) { $0 + min(8, max(1, $1.replicas ?? 1)) }
    guard replicas > Self.most.replicas else { return true }
    check.at("environments") {
      $0.error(
        "too many replicas in all", fr: "trop de répliques en tout", value: "\(replicas)",
        accepted: "≤ \(Self.most.replicas)")
    }
    return false
  }
}

extension ProjectSpec.Preferences {
  func validate(_ check: inout Validation) {
    check.at("terms", each: terms) { term, check in
      check.selector(term, needsTerm: true, over: .place)
    }
    check.at("weighted", each: weighted) { wish, check in
      check.at("weight") { $0.weight(wish.weight) }
      check.at("target") { $0.selector(wish.target, needsTerm: true, over: .place) }
    }
  }
}

extension ProjectSpec.Spread {
  func validate(_ check: inout Validation, environments all: [ProjectSpec.Environment]) {
    check.at("stage", stage, .stage)
    check.at("maxSkew", maxSkew, in: 1...128)
    check.environments(environments, of: all)
  }
}

extension ProjectSpec.Colocation {
  func validate(_ check: inout Validation, environments all: [ProjectSpec.Environment]) {
    check.at("stage", stage, .stage)
    check.environments(environments, of: all)
  }
}

extension Validation {
  /// Checks names of the project's environments.
  fileprivate mutating func environments(_ names: [String], of all: [ProjectSpec.Environment]) {
    let known = all.map(\.name)
    at("environments") { $0.unique(names) }
    at("environments", each: names) { name, check in
      guard !known.contains(name) else { return }
      check.error(
        "not an environment of the project", fr: "ce n’est pas un environnement du projet", value: name,
        accepted: known.joined(separator: ", "))
    }
  }
}

extension ProjectSpec.Environment {
  func validate(_ check: inout Validation) {
    check.at("name", name, .environmentName)
    check.at("stage", stage, .stage)
    check.at("quota") { quota.validate(&$0, required: [.cpu, .memory]) }
    check.at("replicas", replicas, in: 1...8)
  }
}

extension Validation {
  /// Checks a selector, and that it asks for something where asking for nothing would be a slip.
  mutating func selector(_ selector: LabelSelector?, needsTerm: Bool = false, over attributes: AttributeNames) {
    guard let selector else { return }
    if needsTerm, selector.isEmpty {
      error(
        "the selector is empty", fr: "le sélecteur est vide", accepted: "matchLabels or matchExpressions")
    }
    selector.validate(&self, over: attributes)
  }
}
