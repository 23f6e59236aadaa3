internal import Model

/// What the cluster says of the placement's quota.
struct QuotaStatus: Sendable {
  /// Whether every limit wanted is in force (`status.hard`).
  private(set) var isEnforced = false
  /// Pods in use, counted under the limits that are wanted; nil until these are in force.
  private(set) var countedPods: Int64?
  /// What is used, as the quota counts it.
  private(set) var used: ResourceList?

  mutating func note(_ object: LiveObject, wanted: ManagedObject) {
    let hard = wanted.spec?["hard"]?.texts ?? [:]
    isEnforced = hard.allSatisfy { name, amount in
      guard let there = object.statusHard[name], let enforced = Quantity(there) else { return false }
      return enforced == Quantity(amount)
    }
    countedPods = isEnforced && hard["pods"] != nil ? object.statusUsed["pods"].flatMap { Int64($0) } : nil
    used = Self.list(object.statusUsed)
  }

  /// Other limits are wanted; what is used stays known.
  mutating func expectNothing() {
    isEnforced = false
    countedPods = nil
  }

  /// What others' quotas count, each of which counts the same: the first by name that knows tells.
  mutating func observe(_ quotas: [Surroundings.Quota]) {
    used = Self.list(quotas.reduce(into: [:]) { $0.merge($1.used) { first, _ in first } })
  }

  private static func list(_ used: [String: String]) -> ResourceList? {
    func amount(_ name: String) -> Quantity? { used[name].flatMap { Quantity($0) } }
    let seen = ResourceList(
      cpu: amount("requests.cpu"), memory: amount("requests.memory"), gpu: amount("requests.nvidia.com/gpu"),
      storage: amount("requests.storage"), pods: amount("pods"))
    return seen == ResourceList() ? nil : seen
  }
}
