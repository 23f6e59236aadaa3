internal import Model

/// What is decoded of a pod, and no more.
struct PodProjection: Decodable, Sendable {
  private struct Resources: Decodable { var requests: [String: String]? }
  private struct Spec: Decodable {
    struct Container: Decodable {
      var name: String?
      var resources: Resources?
      var restartPolicy: String?
    }
    var nodeName: String?
    var containers: [Container]?
    var initContainers: [Container]?
    var resources: Resources?
    var overhead: [String: String]?
  }
  private struct Status: Decodable {
    struct Container: Decodable {
      var name: String?
      var resources: Resources?
      var allocatedResources: [String: String]?
    }
    struct Condition: Decodable {
      var type: String?
      var reason: String?
    }
    var phase: String?
    var conditions: [Condition]?
    var containerStatuses: [Container]?
    var initContainerStatuses: [Container]?
  }
  private enum Keys: CodingKey { case spec, status }

  let node: String?
  let requests: ResourceAmounts
  let isOver: Bool

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let spec = try container.decodeIfPresent(Spec.self, forKey: .spec)
    let status = try container.decodeIfPresent(Status.self, forKey: .status)
    node = spec?.nodeName
    requests = spec.map { Self.amounts(of: $0, status) } ?? ResourceAmounts()
    isOver = status?.phase == "Succeeded" || status?.phase == "Failed"
  }

  /// As the scheduler counts (KEP-753): all that run together, sidecars among them, or the most that is needed at one time
  /// before, when an init container runs beside the sidecars that came before it; in place of that what is asked for the
  /// pod as a whole (KEP-2837); and what the pod itself needs.
  private static func amounts(of spec: Spec, _ status: Status?) -> ResourceAmounts {
    let containers = (spec.containers ?? []).reduce(ResourceAmounts()) { $0.plus(amounts(of: $1, status)) }
    var (sidecars, starting) = (ResourceAmounts(), ResourceAmounts())
    for container in spec.initContainers ?? [] {
      let beside = sidecars.plus(amounts(of: container, status))
      if container.restartPolicy == "Always" { sidecars = beside }
      starting = starting.combined(with: beside, max)
    }
    var asked = containers.plus(sidecars).combined(with: starting, max)
    let whole = spec.resources?.requests ?? [:]
    for (name, resource) in [("cpu", CountedResource.cpu), ("memory", .memory)] where whole[name] != nil {
      asked[resource] = ResourceAmounts(requests: whole)[resource]
    }
    return asked.plus(ResourceAmounts(requests: spec.overhead ?? [:]))
  }

  /// While a container is resized in place (KEP-1287): the most of what is wanted, allocated and in force. What its node
  /// can never give is not counted.
  private static func amounts(of container: Spec.Container, _ status: Status?) -> ResourceAmounts {
    let wanted = ResourceAmounts(requests: container.resources?.requests ?? [:])
    let known = (status?.containerStatuses ?? []) + (status?.initContainerStatuses ?? [])
    guard let there = known.first(where: { $0.name == container.name }),
      there.resources != nil || there.allocatedResources != nil
    else { return wanted }
    let held = ResourceAmounts(requests: there.resources?.requests ?? [:])
      .combined(with: ResourceAmounts(requests: there.allocatedResources ?? [:]), max)
    let isInfeasible = status?.conditions?.contains { $0.type == "PodResizePending" && $0.reason == "Infeasible" }
    return isInfeasible == true ? held : held.combined(with: wanted, max)
  }
}
