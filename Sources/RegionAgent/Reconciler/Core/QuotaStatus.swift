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
    func amount(_ name: String) -> Quantity? { object.statusUsed[name].flatMap { Quantity($0) } }
    countedPods = isEnforced && hard["pods"] != nil ? object.statusUsed["pods"].flatMap { Int64($0) } : nil
    let seen = ResourceList(
      cpu: amount("requests.cpu"), memory: amount("requests.memory"), gpu: amount("requests.nvidia.com/gpu"),
      storage: amount("requests.storage"), pods: amount("pods"))
    used = seen == ResourceList() ? nil : seen
  }
}
