internal import Model

/// A limit that the quotas of another's namespace do not set as decided.
struct QuotaDifference: Sendable, Hashable, CustomStringConvertible {
  /// The quota that sets it; nil where none does.
  var quota: String?
  /// Such as `requests.cpu`.
  var resource: String
  var live: String?
  var wanted: String
  /// Who wrote that quota last.
  var writer: String?

  var description: String { "\(resource) is \(live ?? "not limited"), decided are \(wanted)" }
}

extension Surroundings {
  /// What the namespace's quotas allow together, held against what was decided.
  struct Limits: Sendable, Hashable {
    var differences: [QuotaDifference] = []
    /// Whether the cluster enforces what is as decided.
    var isEnforced = true
  }

  /// Kubernetes enforces every quota: of several the lowest limit counts, of equal ones the first by name. One that counts some
  /// pods only leaves the others without a limit, and is passed over.
  func limits(for wanted: [String: String]) -> Limits {
    var limits = Limits()
    for (resource, amount) in wanted.sorted(by: { $0.key < $1.key }) {
      guard let lowest = lowest(resource) else {
        // Where nothing was reserved, as GPUs as a rule, nothing is asked of the owner.
        if Quantity(amount) != Quantity(0) {
          limits.differences.append(QuotaDifference(resource: resource, wanted: amount))
        }
        continue
      }
      guard lowest.amount == Quantity(amount) else {
        limits.differences.append(
          QuotaDifference(
            quota: lowest.name, resource: resource, live: lowest.amount.description, wanted: amount,
            writer: quotas[lowest.name]?.writer))
        continue
      }
      if quotas[lowest.name]?.enforced[resource].flatMap({ Quantity($0) }) != lowest.amount {
        limits.isEnforced = false
      }
    }
    return limits
  }

  /// How many pods there are, where some quota lets no more in; nil where none does.
  var frozenPods: Int64? {
    quotas.values.compactMap { quota -> Int64? in
      quota.used["pods"].flatMap { Quantity($0)?.value }.flatMap { quota.keepsPods(at: $0) ? $0 : nil }
    }.max()
  }

  /// Whether some quota lets in no more pods than so many.
  func areFrozen(at pods: Int64) -> Bool { quotas.values.contains { $0.keepsPods(at: pods) } }

  private func lowest(_ resource: String) -> (name: String, amount: Quantity)? {
    quotas.filter { !$0.value.isScoped }.sorted { $0.key < $1.key }.compactMap { name, quota in
      quota.hard[resource].flatMap { Quantity($0) }.map { (name: name, amount: $0) }
    }.min { $0.amount < $1.amount }
  }
}

extension Surroundings.Quota {
  fileprivate func keepsPods(at pods: Int64) -> Bool {
    guard !isScoped, hard["pods"] != nil, let most = enforced["pods"].flatMap({ Quantity($0) }) else { return false }
    return most <= Quantity(pods)
  }
}
