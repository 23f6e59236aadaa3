import Model

/// What a pod asks for: the little of its specification that quotas and limit ranges look at.
struct PodResources {
  struct Container {
    var requests: [String: Quantity]
    var limits: [String: Quantity]
  }

  private static let containerSchema = FieldSchema.structure([
    "resources": .structure(["requests": .quantityMap, "limits": .quantityMap])
  ])

  var containers: [Container]
  var initContainers: [Container]

  init(pod: JSONValue) {
    containers = Self.containers(pod, "containers")
    initContainers = Self.containers(pod, "initContainers")
  }

  private static func containers(_ pod: JSONValue, _ field: String) -> [Container] {
    (pod[path: ["spec", field]]?.list ?? []).map { container in
      let amounts = { (name: String) in
        (container[path: ["resources", name]]?.textMap ?? [:]).compactMapValues(Quantity.init)
      }
      return Container(requests: amounts("requests"), limits: amounts("limits"))
    }
  }

  /// - Throws: `SchemaError` for resources that are not quantities.
  static func checkedSpec(_ pod: JSONValue) throws(SchemaError) -> JSONValue? {
    let containers = FieldSchema.list(containerSchema, .atomic)
    return try FieldSchema.structure(["containers": containers, "initContainers": containers])
      .decoded(pod["spec"] ?? [:], path: "spec")
  }

  /// The pod's own amounts: containers run together, init containers one after the other.
  private func total(_ amounts: (Container) -> [String: Quantity]) -> [String: Quantity] {
    var result: [String: Quantity] = [:]
    for container in containers {
      result.merge(amounts(container)) { $0.adding($1) }
    }
    for container in initContainers {
      result.merge(amounts(container)) { max($0, $1) }
    }
    return result
  }

  /// Whether no container asks for anything, or is limited (`BestEffort`).
  var asksForNothing: Bool { (containers + initContainers).allSatisfy { $0.requests.isEmpty && $0.limits.isEmpty } }

  private static let plain: Set<String> = ["cpu", "memory", "ephemeral-storage"]

  /// What the pod adds to quota items.
  var quotaUsage: [String: Quantity] {
    var usage = ["pods": Quantity(1)]
    for (name, amount) in total(\.requests) {
      usage["requests.\(name)"] = amount
      if Self.plain.contains(name) { usage[name] = amount }
    }
    for (name, amount) in total(\.limits) where Self.plain.contains(name) { usage["limits.\(name)"] = amount }
    return usage
  }

  /// The quota items among `items` for which a container says nothing.
  func unspecified(among items: Set<String>) -> Set<String> {
    let enforced: Set<String> = [
      "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]
    return items.intersection(enforced).filter { item in
      (containers + initContainers).contains { container in
        let name = item.split(separator: ".").last.map(String.init) ?? item
        let amounts = item.hasPrefix("limits.") ? container.limits : container.requests
        return amounts[name] == nil
      }
    }
  }

  /// Sets requests and limits from container defaults; a request that is still absent is the limit.
  static func fillDefaults(_ pod: inout JSONValue, limits: [JSONValue]) {
    for field in ["containers", "initContainers"] {
      guard let containers = pod[path: ["spec", field]]?.list else { continue }
      pod[path: ["spec", field]] = .array(
        containers.map { container in
          var container = container
          var resources = container["resources"] ?? [:]
          fill(&resources, "requests", with: resources["limits"])
          for item in limits where item["type"] == "Container" {
            fill(&resources, "limits", with: item["default"])
            fill(&resources, "requests", with: item["defaultRequest"])
          }
          container["resources"] = resources
          return container
        })
    }
  }

  private static func fill(_ resources: inout JSONValue, _ field: String, with defaults: JSONValue?) {
    guard let defaults else { return }
    resources[field] = FieldSchema.filling(resources[field] ?? [:], with: defaults)
  }

  /// What breaks the limit ranges, in words.
  func violations(of limits: [JSONValue]) -> [String] {
    limits.flatMap { item -> [String] in
      switch item["type"]?.text {
      case "Container":
        (containers + initContainers).flatMap { Self.violations($0, of: item, per: "Container") }
      case "Pod":
        Self.violations(Container(requests: total(\.requests), limits: total(\.limits)), of: item, per: "Pod")
      default: []
      }
    }
  }

  private static func violations(_ asked: Container, of item: JSONValue, per type: String) -> [String] {
    var problems: [String] = []
    for (name, text) in (item["min"]?.textMap ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let bound = Quantity(text) else { continue }
      let rule = "minimum \(name) usage per \(type) is \(text)"
      guard let request = asked.requests[name] else {
        problems.append("\(rule).  No request is specified")
        continue
      }
      if request < bound { problems.append("\(rule), but request is \(request)") }
      if let limit = asked.limits[name], limit < bound { problems.append("\(rule), but limit is \(limit)") }
    }
    for (name, text) in (item["max"]?.textMap ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let bound = Quantity(text) else { continue }
      let rule = "maximum \(name) usage per \(type) is \(text)"
      guard let limit = asked.limits[name] else {
        problems.append("\(rule).  No limit is specified")
        continue
      }
      if limit > bound { problems.append("\(rule), but limit is \(limit)") }
      if let request = asked.requests[name], request > bound { problems.append("\(rule), but request is \(request)") }
    }
    for (name, text) in (item["maxLimitRequestRatio"]?.textMap ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let bound = Quantity(text), let limit = asked.limits[name], let request = asked.requests[name],
        request.milliValue > 0
      else { continue }
      let ratio = Double(limit.milliValue) / Double(request.milliValue)
      if ratio * 1000 > Double(bound.milliValue) {
        problems.append("\(name) max limit to request ratio per \(type) is \(text), but provided ratio is \(ratio)")
      }
    }
    return problems
  }
}
