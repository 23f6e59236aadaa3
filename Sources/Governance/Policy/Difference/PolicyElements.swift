import Model
import Placement

/// Something in a policy that has a name, and what it says.
struct PolicyElement: Sendable {
  /// Nil where it stands once.
  var name: String?
  /// The name as people read it.
  var title: LocalizedText?
  /// Always the same fields for all elements of a part, in the order in which they are told.
  var facets: [PolicyFacet]
}

/// A policy taken apart, by part and by name.
struct PolicyElements: Sendable {
  private var parts: [PolicyPart: [String: PolicyElement]] = [:]

  /// - Parameter other: the policy that it will be compared with: an order between two rules is a difference only where
  ///   both policies have them.
  init(_ policy: PolicySpec, beside other: PolicySpec) {
    parts[.document] = ["": PolicyElement(facets: Self.document(policy))]
    parts[.scoring] = ["": PolicyElement(facets: Self.scoring(policy.scoring))]
    parts[.governance] = ["": PolicyElement(facets: Self.governance(policy.governance, beside: other.governance))]
    parts[.dataClass] = Self.named(policy.dataClasses, \.name, Self.dataClass)
    parts[.rule] = Self.named(policy.rules, \.id, Self.rule)
    let precedence = CapacityPrecedence(policy, beside: other)
    parts[.capacityRule] = Self.named(policy.capacity, \.id) { Self.capacity($0, precedence) }
    parts[.limit] = Self.limits(policy.limits)
  }

  subscript(part: PolicyPart) -> [String: PolicyElement] { parts[part] ?? [:] }

  private static func named<Element>(
    _ elements: [Element], _ name: KeyPath<Element, String>, _ facets: (Element) -> [PolicyFacet]
  ) -> [String: PolicyElement] {
    Dictionary(
      elements.map { element in
        let name = element[keyPath: name]
        return (name, PolicyElement(name: name, title: LocalizedText(fr: name), facets: facets(element)))
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func document(_ policy: PolicySpec) -> [PolicyFacet] {
    [
      PolicyFacet("title", policy.title),
      PolicyFacet("flowDelayDays", number: policy.flowDelayDays, otherwise: 5),
      PolicyFacet("heartbeatLimitSeconds", number: policy.heartbeatLimitSeconds, otherwise: 300),
      PolicyFacet("capacityMaxAgeSeconds", number: policy.capacityMaxAgeSeconds, otherwise: 3600),
      PolicyFacet("complianceDays", number: policy.complianceDays, otherwise: 30),
      PolicyFacet("derogationNoticeDays", number: policy.derogationNoticeDays, otherwise: 30),
    ]
  }

  private static func dataClass(_ element: PolicySpec.DataClass) -> [PolicyFacet] {
    [
      PolicyFacet("title", element.title), PolicyFacet("parent", element.parent),
      PolicyFacet("sensitivity", element.sensitivity.rawValue),
      PolicyFacet("qualifications", list(element.qualifications)),
      PolicyFacet("countries", list(element.residency?.countries ?? [])),
      PolicyFacet("subdivisions", list(element.residency?.subdivisions ?? [])),
      PolicyFacet("requires", element.requires?.meaning),
    ]
  }

  private static func rule(_ rule: PolicySpec.Rule) -> [PolicyFacet] {
    [
      PolicyFacet("effect", rule.effect.phrase), PolicyFacet("subject", rule.subject.meaning),
      // A rule on all places is not one without places, which is on chains.
      PolicyFacet("places", rule.places.map { $0.meaning ?? LocalizedText(fr: "tous", en: "all") }),
      PolicyFacet("chains", rule.chains.map { $0.meaning ?? LocalizedText(fr: "toutes", en: "all") }),
      PolicyFacet("weight", number: rule.weight),
      PolicyFacet("notWaivable", rule.notWaivable ? LocalizedText(fr: "impossible", en: "impossible") : nil),
      PolicyFacet("stages", list(rule.stages)), PolicyFacet("validFrom", rule.validFrom?.description),
      PolicyFacet("validUntil", rule.validUntil?.description), PolicyFacet("title", rule.title),
      PolicyFacet("motive", rule.motive),
    ]
  }

  private static func capacity(_ rule: PolicySpec.CapacityRule, _ precedence: CapacityPrecedence) -> [PolicyFacet] {
    func quantity(_ value: Quantity?, otherwise standard: Quantity) -> String? {
      value == standard ? nil : value.map(\.description)
    }
    return [
      PolicyFacet("places", rule.places?.meaning), PolicyFacet("stages", list(rule.stages)),
      PolicyFacet("resources", list(rule.resources.map(\.rawValue))),
      PolicyFacet("overcommit", quantity(rule.overcommit, otherwise: Quantity(1))),
      PolicyFacet("reserve", quantity(rule.reserve, otherwise: Quantity(0))),
      PolicyFacet("tolerance", quantity(rule.tolerance, otherwise: Quantity(0))),
      PolicyFacet("precedence", list(precedence.behind(rule.id))),
    ]
  }

  /// A limit has no name: it is about the same projects. Where several are, they are told apart by what they allow.
  private static func limits(_ limits: [PolicySpec.ContractualLimit]) -> [String: PolicyElement] {
    var elements: [String: PolicyElement] = [:]
    for (subject, alike) in Dictionary(grouping: limits, by: { $0.subject.meaning?.fr ?? "" }) {
      let facets = alike.map { limit in
        [
          PolicyFacet("production", amounts(limit.production)),
          PolicyFacet("nonProduction", amounts(limit.nonProduction)),
        ]
      }
      let sorted = facets.sorted { left, right in
        left.map { $0.value?.fr ?? "" }.lexicographicallyPrecedes(right.map { $0.value?.fr ?? "" })
      }
      let title = alike[0].subject.meaning ?? LocalizedText(fr: "tous les projets", en: "all projects")
      for (number, facets) in sorted.enumerated() {
        let name = number == 0 ? subject : "\(subject) (\(number + 1))"
        elements[name] = PolicyElement(name: name.isEmpty ? "*" : name, title: title, facets: facets)
      }
    }
    return elements
  }

  private static func scoring(_ scoring: PolicySpec.Scoring?) -> [PolicyFacet] {
    [
      PolicyFacet("balance", number: scoring?.balance, otherwise: 1),
      PolicyFacet("affinity", number: scoring?.affinity, otherwise: 2),
      PolicyFacet("stickiness", number: scoring?.stickiness, otherwise: 3),
      PolicyFacet("locality", number: scoring?.locality, otherwise: 0),
    ]
  }

  private static let majorities = [
    PolicySpec.Governance.Majority.twoThirds.rawValue: LocalizedText(fr: "deux tiers", en: "two thirds"),
    PolicySpec.Governance.Majority.absolute.rawValue: LocalizedText(fr: "absolue", en: "absolute"),
  ]

  /// Whatever one of the two says, field by field.
  private static func governance(
    _ governance: PolicySpec.Governance?, beside other: PolicySpec.Governance?
  ) -> [PolicyFacet] {
    let (own, others) = (GovernanceFields.values(governance), GovernanceFields.values(other))
    return Set(own.keys).union(others.keys).sorted().map { name in
      PolicyFacet(name, own[name].map { (name == "majority" ? majorities[$0] : nil) ?? LocalizedText(fr: $0) })
    }
  }

  /// Texts as one, nil where there are none. What holds a comma stands in quotation marks: other texts read otherwise.
  static func list(_ values: [String]) -> String? {
    guard !values.isEmpty else { return nil }
    return Set(values).sorted().map { $0.quoted { $0 != "," && $0 != "\"" } }.joined(separator: ", ")
  }

  private static func amounts(_ list: ResourceList?) -> String? {
    guard let list else { return nil }
    let amounts = ResourceAmounts(list)
    return CountedResource.allCases.filter { list[$0] != nil }.map { resource in
      "\(resource.rawValue) \(ResourceAmounts.text(amounts[resource], of: resource))"
    }.joined(separator: ", ")
  }
}

extension PolicySpec.Effect {
  fileprivate var phrase: LocalizedText {
    switch self {
    case .require: LocalizedText(fr: "exige", en: "requires")
    case .forbid: LocalizedText(fr: "interdit", en: "forbids")
    case .prefer: LocalizedText(fr: "préfère", en: "prefers")
    case .avoid: LocalizedText(fr: "déconseille", en: "advises against")
    }
  }
}
