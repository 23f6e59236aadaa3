extension PolicySpec {
  /// Checks the whole document.
  public func validate(_ check: inout Validation) {
    check.at("title") { title.validate(&$0) }
    guard validateCounts(&check) else { return }
    validateLists(&check)
    validateDataClasses(&check)
    check.at("rules", each: rules) { $0.validate(&$1) }
    check.at("rules") { $0.unique(rules.map(\.id), field: "id") }
    check.at("capacity", each: capacity) { $0.validate(&$1) }
    check.at("capacity") { $0.unique(capacity.map(\.id), field: "id") }
    check.at("limits", each: limits) { $0.validate(&$1) }
    check.at("scoring") { check in
      check.at("balance", scoring?.balance, in: 0...10)
      check.at("affinity", scoring?.affinity, in: 0...10)
      check.at("stickiness", scoring?.stickiness, in: 0...10)
      check.at("locality", scoring?.locality, in: 0...10)
    }
    check.at("governance") { governance?.validate(&$0) }
    check.at("flowDelayDays", flowDelayDays, in: 1...30)
    check.at("heartbeatLimitSeconds", heartbeatLimitSeconds, in: 10...86_400)
    check.at("capacityMaxAgeSeconds", capacityMaxAgeSeconds, in: 60...604_800)
    check.at("complianceDays", complianceDays, in: 1...365)
    check.at("derogationNoticeDays", derogationNoticeDays, in: 1...365)
  }

  /// More than anyone has: what parts of a policy say to each other stays quickly told.
  private static let most = (dataClasses: 200, rules: 1_000, capacity: 200, limits: 1_000)

  private func validateCounts(_ check: inout Validation) -> Bool {
    check.sizes([
      ("dataClasses", dataClasses.count, Self.most.dataClasses), ("rules", rules.count, Self.most.rules),
      ("capacity", capacity.count, Self.most.capacity), ("limits", limits.count, Self.most.limits),
    ])
  }

  /// Of parts with a list that is too long all else is looked at: a policy of before there was a limit is based on still.
  @discardableResult
  private func validateLists(_ check: inout Validation) -> Bool {
    var areShort = true
    func size(_ selector: LabelSelector?, at field: String, _ check: inout Validation) {
      check.at(field) { if selector?.validateSize(&$0) == false { areShort = false } }
    }
    check.at("dataClasses", each: dataClasses) { dataClass, check in
      check.at("residency") { if dataClass.residency?.validateSize(&$0) == false { areShort = false } }
      size(dataClass.requires, at: "requires", &check)
    }
    check.at("rules", each: rules) { rule, check in
      size(rule.subject, at: "subject", &check)
      size(rule.places, at: "places", &check)
      size(rule.chains, at: "chains", &check)
    }
    check.at("capacity", each: capacity) { size($0.places, at: "places", &$1) }
    check.at("limits", each: limits) { size($0.subject, at: "subject", &$1) }
    return areShort
  }

  /// Whether no list is so long that the policy is refused for that alone.
  public var isOfUsualSize: Bool {
    var check = Validation()
    return validateCounts(&check) && validateLists(&check)
  }

  private func validateDataClasses(_ check: inout Validation) {
    let byName = Dictionary(dataClasses.map { ($0.name, $0) }) { first, _ in first }
    check.at("dataClasses", each: dataClasses) { $0.validate(&$1, among: byName) }
    check.at("dataClasses") { check in
      check.notEmpty(dataClasses)
      check.unique(dataClasses.map(\.name), field: "name")
    }
  }
}

extension PolicySpec.DataClass {
  func validate(_ check: inout Validation, among all: [String: Self]) {
    check.at("name", name, .dnsLabel)
    check.at("title") { title?.validate(&$0) }
    check.at("qualifications", qualifications, each: .labelValue)
    check.at("residency") { residency?.ifShort?.validate(&$0) }
    check.at("requires") { $0.selector(requires?.ifShort, needsTerm: true, over: .place) }
    guard let parentName = parent else { return }
    guard let parent = all[parentName] else {
      check.at("parent") {
        $0.error(
          "not a data class of this policy", fr: "ce n’est pas une classe de données de cette politique",
          value: parentName, accepted: all.keys.sorted().joined(separator: ", "))
      }
      return
    }
    if isItsOwnAncestor(among: all) {
      check.at("parent") {
        $0.error(
          "the class would inherit from itself", fr: "la classe hériterait d’elle-même", value: parentName)
      }
    }
    if sensitivity < parent.sensitivity {
      check.at("sensitivity") {
        $0.error(
          "less sensitive than its parent “\(parentName)”",
          fr: "moins sensible que sa classe parente « \(parentName) »",
          value: sensitivity.rawValue, accepted: parent.sensitivity.rawValue)
      }
    }
  }

  private func isItsOwnAncestor(among all: [String: Self]) -> Bool {
    var seen: Set<String> = []
    var next = parent
    while let ancestor = next, seen.insert(ancestor).inserted {
      if ancestor == name { return true }
      next = all[ancestor]?.parent
    }
    return false
  }
}

extension PolicySpec {
  /// What a weight may be, for messages.
  static let weights = "-10 … -1, 1 … 10"
}

extension Validation {
  /// Checks the weight of something soft, where it is given.
  mutating func weight(_ weight: Int?) {
    guard let weight, weight == 0 || !(-10...10).contains(weight) else { return }
    error("out of range", fr: "hors limites", value: "\(weight)", accepted: PolicySpec.weights)
  }
}

extension PolicySpec.Rule {
  func validate(_ check: inout Validation) {
    check.at("id", id, .dnsLabel)
    check.at("title") { title?.validate(&$0) }
    check.at("motive") { motive.validate(&$0) }
    check.at("subject") { $0.selector(subject.ifShort, over: .project) }
    check.at("places") { $0.selector(places?.ifShort, needsTerm: true, over: .place) }
    check.at("chains") { $0.selector(chains?.ifShort, needsTerm: true, over: .chain) }
    if (places == nil) == (chains == nil) {
      check.error(
        "exactly one of places and chains is needed", fr: "il faut places ou chains, et un seul des deux",
        value: places == nil ? "neither" : "both", accepted: "places or chains")
    }
    validateWeight(&check)
    check.at("stages", stages, each: .stage)
    check.period(from: validFrom, until: validUntil)
  }

  private func validateWeight(_ check: inout Validation) {
    switch effect {
    case .require, .forbid:
      guard let weight else { return }
      check.at("weight") {
        $0.error(
          "\(effect.rawValue) has no weight", fr: "\(effect.rawValue) n’a pas de poids", value: "\(weight)",
          accepted: "no weight, or effect: prefer or avoid")
      }
    case .prefer, .avoid:
      if weight == nil {
        check.at("weight") {
          $0.error(
            "\(effect.rawValue) needs a weight", fr: "\(effect.rawValue) demande un poids", accepted: PolicySpec.weights
          )
        }
      }
      check.at("weight") { $0.weight(weight) }
      if notWaivable {
        check.at("notWaivable") {
          $0.error(
            "\(effect.rawValue) refuses nothing that could be waived",
            fr: "\(effect.rawValue) ne refuse rien à quoi l’on pourrait déroger", value: "true",
            accepted: "false, or effect: require or forbid")
        }
      }
    }
  }
}

extension PolicySpec.CapacityRule {
  func validate(_ check: inout Validation) {
    check.at("id", id, .dnsLabel)
    check.at("places") { $0.selector(places?.ifShort, needsTerm: true, over: .place) }
    check.at("stages", stages, each: .stage)
    check.at("resources") { $0.unique(resources.map(\.rawValue)) }
    check.at("overcommit", overcommit, in: Quantity(milli: 100)...Quantity(10))
    check.at("reserve", reserve, in: Quantity(0)...Quantity(milli: 900))
    check.at("tolerance", tolerance, in: Quantity(0)...Quantity(milli: 500))
  }
}

extension PolicySpec.ContractualLimit {
  func validate(_ check: inout Validation) {
    check.at("subject") { $0.selector(subject.ifShort, over: .project) }
    check.at("production") { production?.validate(&$0) }
    check.at("nonProduction") { nonProduction?.validate(&$0) }
    if production == nil, nonProduction == nil {
      check.error("limits nothing", fr: "ne limite rien", accepted: "production, nonProduction, or both")
    }
  }
}

extension PolicySpec.Governance {
  func validate(_ check: inout Validation) {
    check.at("quorum", quorum, in: 1...(voters.isEmpty ? 1_000 : voters.count))
    check.at("votingDays", votingDays, in: 1...90)
    check.at("emergencyDays", emergencyDays, in: 1...30)
    check.at("voters", voters, each: .dnsLabel)
  }
}
