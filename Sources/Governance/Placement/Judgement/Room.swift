import Model

/// What a cluster has left under a limit.
struct Room: Sendable {
  var limit: ResourceAmounts
  var committed: ResourceAmounts

  /// What is left of each resource, never below 0.
  var free: ResourceAmounts { limit.beyond(committed) }

  /// What is short for `growth`, resource by resource. What does not grow is never short, so that what was promised
  /// before a limit fell can stay.
  func shortfalls(of growth: ResourceAmounts) -> [Reason] {
    CountedResource.allCases.compactMap { resource in
      let (needed, free) = (growth[resource], free[resource])
      guard needed > 0, needed > free else { return nil }
      var parameters = ["resource": resource.rawValue]
      func state(_ name: String, _ amount: Int64) { parameters[name] = ResourceAmounts.text(amount, of: resource) }
      state("needed", needed)
      state("limit", limit[resource])
      if needed > limit[resource] {
        state("short", needed - limit[resource])
        return Reason(.capacityNeverFits, parameters)
      }
      state("short", needed - free)
      state("free", free)
      state("committed", committed[resource])
      return Reason(.capacityShort, parameters)
    }
  }

  /// What would be left of the scarcest resource, in thousandths of its limit, 0 to 1000; resources that the cluster
  /// does not offer do not count.
  func balance(after growth: ResourceAmounts) -> Int64 {
    let left = CountedResource.allCases.compactMap { resource -> Int64? in
      guard limit[resource] > 0 else { return nil }
      let rest = Int128(limit[resource]) - Int128(committed[resource]) - Int128(growth[resource])
      return Int64(max(0, min(1000, rest * 1000 / Int128(limit[resource]))))
    }
    return left.min() ?? 0
  }
}
