import Model

/// How much each site may promise under the policy: computed once for each stage that a capacity rule names, and once
/// for all the others.
struct LimitTable: Sendable {
  private var numbers: [String: Int] = [:]
  private var limits: [[ResourceAmounts]]
  /// As the limits; nil where some of them are too large.
  private var shares: [[LimitShares]?]

  init(_ sites: [Site], rules: [PolicySpec.CapacityRule], on index: AttributeIndex) {
    let places = rules.map { rule in rule.places.map(index.places) }
    let offered = sites.map { PromiseLimits.offered(by: $0.cluster.spec, $0.facts) }
    (limits, shares) = ([], [])
    // An empty name stands for the stages that no rule names.
    for stage in Set(rules.flatMap(\.stages)).sorted() + [""] {
      let meant = rules.indices.filter { rules[$0].stages.isEmpty || rules[$0].stages.contains(stage) }
      numbers[stage] = limits.count
      let amounts = sites.indices.map { site in
        let holding = meant.filter { places[$0]?.contains(site) ?? true }
        return PromiseLimits.of(offered: offered[site], rules: holding.map { rules[$0] })
      }
      limits.append(amounts)
      shares.append(amounts.allSatisfy(\.areSmall) ? amounts.map(LimitShares.init) : nil)
    }
  }

  /// The limits in a stage, by site.
  func limits(in stage: String) -> [ResourceAmounts] { limits[numbers[stage] ?? limits.count - 1] }

  /// What makes shares of the limits in a stage, by site; nil where they are too large for it.
  func shares(in stage: String) -> [LimitShares]? { shares[numbers[stage] ?? limits.count - 1] }
}
