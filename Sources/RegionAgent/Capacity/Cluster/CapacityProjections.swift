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

extension ResourceAmounts {
  /// Amounts by Kubernetes' own names; what is not understood counts as nothing.
  init(requests: [String: String]) {
    func amount(_ name: String) -> Quantity? { requests[name].flatMap { Quantity($0) } }
    self.init(
      ResourceList(
        cpu: amount("cpu"), memory: amount("memory"), gpu: amount("nvidia.com/gpu"), pods: amount("pods")))
  }
}
