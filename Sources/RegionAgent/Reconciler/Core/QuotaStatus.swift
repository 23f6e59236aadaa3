internal import Model

/// What the cluster says of the placement's quota.
struct QuotaStatus: Sendable {
  /// Whether every limit wanted is in force (`status.hard`).
  private(set) var isInForce = false
  /// The same, and none is in force that only another phase sets.
  private(set) var isEnforced = false
  /// Pods in use, counted under the limit of pods that is wanted; nil until this is in force, whatever others are.
  private(set) var countedPods: Int64?
  /// What is used, as the quota counts it.
  private(set) var used: ResourceList?
  /// What is in force of the quota, whatever is wanted; empty once it is gone or leaves pods out, nil while nothing is known of it, or the
  /// cluster has not said it yet.
  private(set) var enforced: ResourceList?

  mutating func note(_ object: LiveObject, wanted: ManagedObject) {
    // What it counts is not all that is there, and what it limits is not all that may come.
    guard !object.isScoped else { return lose() }
    let hard = wanted.spec?["hard"]?.texts ?? [:]
    func holds(_ name: String) -> Bool {
      guard let wanted = hard[name], let there = object.statusHard[name], let enforced = Quantity(there) else {
        return false
      }
      return enforced == Quantity(wanted)
    }
    isInForce = hard.keys.allSatisfy(holds)
    isEnforced = isInForce && !wanted.unwantedLimits.contains { object.statusHard[$0] != nil }
    // Kubernetes writes a thousand pods as “1k”.
    countedPods = holds("pods") ? object.statusUsed["pods"].flatMap { Quantity($0)?.value } : nil
    used = Self.list(object.statusUsed)
    enforced = Self.list(object.statusHard)
  }

  /// The quota was seen to be gone, or to leave pods out: it limits nothing any more.
  mutating func lose() {
    self = QuotaStatus()
    enforced = ResourceList()
  }

  /// Other limits are wanted; what is used and in force stays known.
  mutating func expectNothing() {
    (isInForce, isEnforced) = (false, false)
    countedPods = nil
  }

  /// What others' quotas count, each of which counts the same: the first by name that knows tells. None of them is Régie's.
  mutating func observe(_ quotas: [Surroundings.Quota]) {
    used = Self.list(quotas.filter { !$0.isScoped }.reduce(into: [:]) { $0.merge($1.used) { first, _ in first } })
    enforced = nil
  }

  private static func list(_ amounts: [String: String]) -> ResourceList? {
    func amount(_ name: String) -> Quantity? { amounts[name].flatMap { Quantity($0) } }
    let seen = ResourceList(
      cpu: amount("requests.cpu"), memory: amount("requests.memory"), gpu: amount("requests.nvidia.com/gpu"),
      storage: amount("requests.storage"), pods: amount("pods"))
    return seen == ResourceList() ? nil : seen
  }
}
