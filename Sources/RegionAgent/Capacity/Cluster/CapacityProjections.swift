internal import Model

/// What is decoded of a node, and no more.
struct NodeProjection: Decodable, Sendable {
  private struct Spec: Decodable {
    struct Taint: Decodable {
      var key: String?
      var effect: String?
    }
    var unschedulable: Bool?
    var taints: [Taint]?
  }
  private struct Status: Decodable {
    struct Condition: Decodable {
      var type: String
      var status: String
    }
    var allocatable: [String: String]?
    var conditions: [Condition]?
  }
  private enum Keys: CodingKey { case spec, status }

  let facts: NodeFacts

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let spec = try container.decodeIfPresent(Spec.self, forKey: .spec)
    let status = try container.decodeIfPresent(Status.self, forKey: .status)
    let isReady = status?.conditions?.contains { $0.type == "Ready" && $0.status == "True" } ?? false
    let isTainted = spec?.taints?.contains(where: Self.keepsOut) ?? false
    facts = NodeFacts(
      allocatable: ResourceAmounts(requests: status?.allocatable ?? [:]),
      isOpen: isReady && spec?.unschedulable != true && !isTainted)
  }

  /// Taints by which the cluster repeats, a little later, what the node says of itself.
  private static let repeated: Set = [
    "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/unschedulable",
  ]

  /// Pods of projects tolerate nothing, as far as anybody can tell.
  private static func keepsOut(_ taint: Spec.Taint) -> Bool {
    (taint.effect == "NoSchedule" || taint.effect == "NoExecute") && !repeated.contains(taint.key ?? "")
  }
}

/// What is decoded of a pod, and no more.
struct PodProjection: Decodable, Sendable {
  private struct Spec: Decodable {
    struct Container: Decodable {
      struct Resources: Decodable { var requests: [String: String]? }
      var resources: Resources?
      var restartPolicy: String?
      var requests: ResourceAmounts { ResourceAmounts(requests: resources?.requests ?? [:]) }
    }
    var nodeName: String?
    var containers: [Container]?
    var initContainers: [Container]?
    var overhead: [String: String]?
  }
  private struct Status: Decodable { var phase: String? }
  private enum Keys: CodingKey { case spec, status }

  let node: String?
  let requests: ResourceAmounts
  let isOver: Bool

  /// As the scheduler counts (KEP-753): all that run together, sidecars among them, or the most that is needed at one time before,
  /// when an init container runs beside the sidecars that came before it; and what the pod itself needs.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    let spec = try container.decodeIfPresent(Spec.self, forKey: .spec)
    let phase = try container.decodeIfPresent(Status.self, forKey: .status)?.phase
    let containers = (spec?.containers ?? []).reduce(ResourceAmounts()) { $0.plus($1.requests) }
    var (sidecars, starting) = (ResourceAmounts(), ResourceAmounts())
    for container in spec?.initContainers ?? [] {
      let beside = sidecars.plus(container.requests)
      if container.restartPolicy == "Always" { sidecars = beside }
      starting = starting.combined(with: beside, max)
    }
    node = spec?.nodeName
    requests = containers.plus(sidecars).combined(with: starting, max)
      .plus(ResourceAmounts(requests: spec?.overhead ?? [:]))
    isOver = phase == "Succeeded" || phase == "Failed"
  }
}

extension ResourceAmounts {
  /// Amounts by Kubernetes' own names; what is not understood counts as nothing.
  init(requests: [String: String]) {
    func amount(_ name: String) -> Quantity? { requests[name].flatMap { Quantity($0) } }
    self.init(
      ResourceList(
        cpu: amount("cpu"), memory: amount("memory"), gpu: amount("nvidia.com/gpu"), pods: amount("pods")))
  }
}
