import Foundation

// Each reads an object of the type it gives, as the type's own decoding does; see there for what may be left out.
extension PlainProject {
  typealias NotPlain = PlainJSON.NotPlain

  static func spec(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec {
    var spec = ProjectSpec(organisation: "", audience: .ministerial, dataClasses: [], environments: [])
    var (hasOrganisation, hasAudience) = (false, false)
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "displayName":
        spec.displayName = try json.text()
        return 0
      case "organisation":
        (spec.organisation, hasOrganisation) = (try json.text(), true)
        return 1
      case "audience":
        (spec.audience, hasAudience) = (try json.choice(), true)
        return 2
      case "typology":
        spec.typology = try json.text()
        return 3
      case "dataClasses":
        spec.dataClasses = try json.texts()
        return 4
      case "services":
        spec.services = try json.list(Self.service)
        return 5
      case "interconnections":
        spec.interconnections = try json.texts()
        return 6
      case "residency":
        spec.residency = try Self.residency(&json)
        return 7
      case "preferences":
        spec.preferences = try Self.preferences(&json)
        return 8
      case "tolerations":
        // Few have any.
        guard try json.list({ _ throws(NotPlain) -> Toleration in throw NotPlain() }).isEmpty else { throw NotPlain() }
        return 9
      case "spread":
        spec.spread = try json.list(Self.spread)
        return 10
      case "colocation":
        spec.colocation = try json.list(Self.colocation)
        return 11
      case "consoleID":
        spec.consoleID = try Self.identifier(&json)
        return 12
      case "environments":
        spec.environments = try json.list(Self.environment)
        return 13
      default: throw NotPlain()
      }
    }
    guard hasOrganisation, hasAudience else { throw NotPlain() }
    return spec
  }

  private static func identifier(_ json: inout PlainJSON) throws(NotPlain) -> UUID {
    guard let identifier = UUID(uuidString: try json.text()) else { throw NotPlain() }
    return identifier
  }

  private static func service(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.ServiceNeed {
    var (service, hasName) = (ProjectSpec.ServiceNeed(name: ""), false)
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "name":
        (service.name, hasName) = (try json.text(), true)
        return 0
      case "version":
        service.version = try json.text()
        return 1
      default: throw NotPlain()
      }
    }
    guard hasName else { throw NotPlain() }
    return service
  }

  private static func residency(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.Residency {
    var residency = ProjectSpec.Residency()
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "countries":
        residency.countries = try json.texts()
        return 0
      case "subdivisions":
        residency.subdivisions = try json.texts()
        return 1
      default: throw NotPlain()
      }
    }
    return residency
  }

  private static func preferences(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.Preferences {
    var preferences = ProjectSpec.Preferences()
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "terms":
        preferences.terms = try json.list(Self.selector)
        return 0
      case "weighted":
        preferences.weighted = try json.list(Self.wish)
        return 1
      default: throw NotPlain()
      }
    }
    return preferences
  }

  private static func wish(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.WeightedTerm {
    var (weight, target): (Int?, LabelSelector) = (nil, LabelSelector())
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "weight":
        weight = try json.number()
        return 0
      case "target":
        target = try Self.selector(&json)
        return 1
      default: throw NotPlain()
      }
    }
    guard let weight else { throw NotPlain() }
    return ProjectSpec.WeightedTerm(weight: weight, target: target)
  }

  private static func selector(_ json: inout PlainJSON) throws(NotPlain) -> LabelSelector {
    var selector = LabelSelector()
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "matchLabels":
        selector.matchLabels = try json.dictionary()
        return 0
      case "matchExpressions":
        selector.matchExpressions = try json.list(Self.requirement)
        return 1
      default: throw NotPlain()
      }
    }
    return selector
  }

  private static func requirement(_ json: inout PlainJSON) throws(NotPlain) -> LabelSelector.Requirement {
    var (key, sign, values): (String?, LabelSelector.Requirement.Operator?, [String]) = (nil, nil, [])
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "key":
        key = try json.text()
        return 0
      case "operator":
        sign = try json.choice()
        return 1
      case "values":
        values = try json.texts()
        return 2
      default: throw NotPlain()
      }
    }
    guard let key, let sign else { throw NotPlain() }
    return LabelSelector.Requirement(key: key, operator: sign, values: values)
  }

  private static func spread(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.Spread {
    try group(&json, mayHaveSkew: true)
  }

  private static func colocation(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.Colocation {
    let group = try group(&json, mayHaveSkew: false)
    return ProjectSpec.Colocation(
      topology: group.topology, environments: group.environments, stage: group.stage,
      whenUnsatisfiable: group.whenUnsatisfiable)
  }

  /// Environments that are to be apart or together: a spread has the members of a co-location, and its skew beside.
  private static func group(_ json: inout PlainJSON, mayHaveSkew: Bool) throws(NotPlain) -> ProjectSpec.Spread {
    var (group, hasTopology) = (ProjectSpec.Spread(topology: .cluster), false)
    try json.object { json, name throws(NotPlain) in
      switch name {
      case "topology":
        (group.topology, hasTopology) = (try json.choice(), true)
        return 0
      case "environments":
        group.environments = try json.texts()
        return 1
      case "stage":
        group.stage = try json.text()
        return 2
      case "maxSkew" where mayHaveSkew:
        group.maxSkew = try json.number()
        return 3
      case "whenUnsatisfiable":
        group.whenUnsatisfiable = try json.choice(of: ProjectSpec.Spread.WhenUnsatisfiable.self)
        return 4
      default: throw NotPlain()
      }
    }
    guard hasTopology else { throw NotPlain() }
    return group
  }

  private static func environment(_ json: inout PlainJSON) throws(NotPlain) -> ProjectSpec.Environment {
    var (name, stage, quota): (String?, String?, ResourceList?)
    var environment = ProjectSpec.Environment(name: "", stage: "", quota: ResourceList())
    try json.object { json, member throws(NotPlain) in
      switch member {
      case "name":
        name = try json.text()
        return 0
      case "stage":
        stage = try json.text()
        return 1
      case "quota":
        quota = try Self.quota(&json)
        return 2
      case "replicas":
        environment.replicas = try json.number()
        return 3
      case "distinct":
        environment.distinct = try json.choice(of: ProjectSpec.Topology.self)
        return 4
      case "consoleID":
        environment.consoleID = try Self.identifier(&json)
        return 5
      default: throw NotPlain()
      }
    }
    guard let name, let stage, let quota else { throw NotPlain() }
    (environment.name, environment.stage, environment.quota) = (name, stage, quota)
    return environment
  }

  private static func quota(_ json: inout PlainJSON) throws(NotPlain) -> ResourceList {
    var quota = ResourceList()
    try json.object { json, name throws(NotPlain) in
      guard let resource = CountedResource(rawValue: name) else { throw NotPlain() }
      quota[resource] = try json.quantity()
      return resource.number
    }
    return quota
  }
}

extension CountedResource {
  fileprivate var number: Int {
    switch self {
    case .cpu: 0
    case .memory: 1
    case .gpu: 2
    case .storage: 3
    case .pods: 4
    }
  }
}
