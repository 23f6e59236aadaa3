public import Model

/// How much a cluster may promise under a policy.
public enum PromiseLimits {
  /// The most that may be promised in all on a cluster when something of `stage` is added:
  /// declared × (1 − reserve) × overcommit × (1 + tolerance), rounded down, of the first rule that matches the place,
  /// the stage and the resource. What is not declared is not offered.
  public static func of(
    cluster: Resource<ClusterSpec>, facts: ClusterFacts? = nil, zone: Resource<ZoneSpec>,
    region: Resource<RegionSpec>, stage: String, policy: PolicySpec, on day: CalendarDay
  ) -> ResourceAmounts {
    let attributes = AttributeCatalogue.place(region: region, zone: zone, cluster: cluster, facts: facts, on: day)
    let rules = policy.capacity.filter { rule in
      (rule.stages.isEmpty || rule.stages.contains(stage)) && rule.places?.matches(attributes) ?? true
    }
    return of(offered: offered(by: cluster.spec, facts), rules: rules)
  }

  /// What a cluster has: what is declared, and where its operator says so no more than what was measured. Storage is not
  /// measured.
  static func offered(by cluster: ClusterSpec, _ facts: ClusterFacts?) -> ResourceAmounts {
    var offered = ResourceAmounts(cluster.capacity)
    guard cluster.capacitySource == .measured else { return offered }
    for resource in CountedResource.allCases where resource != .storage {
      offered[resource] = min(offered[resource], facts?.capacity?[resource] ?? 0)
    }
    return offered
  }

  /// The limits under the rules that match the place and the stage.
  static func of(offered: ResourceAmounts, rules: [PolicySpec.CapacityRule]) -> ResourceAmounts {
    var limits = ResourceAmounts()
    for resource in CountedResource.allCases {
      let rule = rules.first { $0.resources.isEmpty || $0.resources.contains(resource) }
      limits[resource] = limit(max(0, offered[resource]), under: rule)
    }
    return limits
  }

  private static func limit(_ declared: Int64, under rule: PolicySpec.CapacityRule?) -> Int64 {
    guard let rule else { return declared }
    let overcommit = Int128(max(0, rule.overcommit?.milliValue ?? 1000))
    let usable = Int128(1000 - min(1000, max(0, rule.reserve?.milliValue ?? 0)))
    let tolerated = Int128(1000) + Int128(max(0, rule.tolerance?.milliValue ?? 0))
    // Each factor is clamped to what a policy may say, so that 128 bits always hold the product.
    let product = Int128(declared) * min(overcommit, 1_000_000) * usable * min(tolerated, 1_000_000)
    return Int64(clamping: product / 1_000_000_000)
  }
}
