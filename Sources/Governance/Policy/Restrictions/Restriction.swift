import Model

/// What a rule or a data class demands of every place, or chain, of the projects it is about.
struct Restriction: Sendable {
  enum Source: Sendable, Hashable {
    case rule(Int)
    case dataClass(Int)
  }

  enum Target: Sendable, Hashable {
    case places
    case chains
  }

  let source: Source
  /// The rule's or the class's name.
  let name: String
  let scope: Scope
  let target: Target
  /// What a place or chain must satisfy.
  let demands: Clauses
  let notWaivable: Bool

  /// The number of the rule, if it comes from one.
  var rule: Int? { if case .rule(let number) = source { number } else { nil } }

  /// All restrictions of a policy: those of the rules in their order, then those of the classes.
  static func all(of policy: PolicySpec) -> [Restriction] {
    let tree = ClassTree(policy)
    return policy.rules.enumerated().compactMap { Restriction(rule: $1, number: $0) }
      + policy.dataClasses.indices.map { Restriction(dataClass: $0, of: tree) }
  }

  /// How many restrictions are compared with each other.
  static let mostCompared = 400

  /// The restriction of a rule; nil for a soft one, and for one that is about neither places nor chains.
  init?(rule: PolicySpec.Rule, number: Int) {
    guard let selector = rule.places ?? rule.chains else { return nil }
    switch rule.effect {
    case .require: demands = .every(selector.strictly)
    case .forbid: demands = .notEvery(selector.possibly)
    case .prefer, .avoid: return nil
    }
    source = .rule(number)
    name = rule.id
    scope = Scope(rule)
    target = rule.places == nil ? .chains : .places
    notWaivable = rule.notWaivable
  }

  /// What a class demands by itself, of projects of this class and of those that inherit from it. That a *DR* zone takes
  /// no *usuel* data is left out: another class of the same project may change that.
  init(dataClass number: Int, of tree: ClassTree) {
    let dataClass = tree.classes[number]
    source = .dataClass(number)
    name = dataClass.name
    scope = Scope(dataClasses: tree.heirs(of: number).map { tree.classes[$0].name })
    target = .places
    notWaivable = true
    demands = .of(dataClass)
  }
}

extension Clauses {
  /// What a class of data demands by itself.
  static func of(_ dataClass: PolicySpec.DataClass) -> Clauses {
    var literals = dataClass.requires?.strictly ?? []
    func demand(_ key: String, in values: [String]) {
      guard !values.isEmpty else { return }
      literals += LabelSelector(matchExpressions: [.init(key: key, operator: .in, values: values)]).strictly
    }
    if dataClass.sensitivity == .restricted { demand("zone.sensitivity", in: [Sensitivity.restricted.rawValue]) }
    for qualification in dataClass.qualifications { demand("region.qualification", in: [qualification]) }
    let subdivisions = dataClass.residency?.subdivisions ?? []
    demand("region.country", in: dataClass.residency?.countries ?? [])
    demand("region.subdivision", in: subdivisions)
    demand("region.country", in: Set(subdivisions.map { String($0.prefix { $0 != "-" }) }).sorted())
    return .every(literals)
  }
}
