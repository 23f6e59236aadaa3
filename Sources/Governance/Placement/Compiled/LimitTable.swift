import Model

/// How much each site may promise under the policy: computed once for each stage that a capacity rule names, and once
/// for all the others.
struct LimitTable: Sendable {
  private var numbers: [String: Int] = [:]
  private var limits: [[ResourceAmounts]]

  init(_ sites: [Site], rules: [PolicySpec.CapacityRule], on index: AttributeIndex) {
    let places = rules.map { rule in rule.places.map(index.places) }
    let offered = sites.map { PromiseLimits.offered(by: $0.cluster.spec, $0.facts) }
    limits = []
    // An empty name stands for the stages that no rule names.
    for stage in Set(rules.flatMap(\.stages)).sorted() + [""] {
      let meant = rules.indices.filter { rules[$0].stages.isEmpty || rules[$0].stages.contains(stage) }
      numbers[stage] = limits.count
      limits.append(
        sites.indices.map { site in
          let holding = meant.filter { places[$0]?.contains(site) ?? true }
          return PromiseLimits.of(offered: offered[site], rules: holding.map { rules[$0] })
        })
    }
  }

  /// The limits in a stage, by site.
  func limits(in stage: String) -> [ResourceAmounts] { limits[numbers[stage] ?? limits.count - 1] }
}
