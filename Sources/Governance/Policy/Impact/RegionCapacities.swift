import Model
import Placement

/// What regions may promise under two policies.
struct RegionCapacities {
  let regions: [Impact.RegionCapacity]

  init(before: Engine?, after: Engine, committed state: PlacementState) {
    let clusters = after.offer.clusters
    let stages = Set(clusters.flatMap(\.spec.stages)).sorted()
    let limits = stages.map { (stage: $0, before: before?.limits(in: $0), after: after.limits(in: $0)) }
    let sites = Dictionary(grouping: clusters.indices) { after.place($0).region }
    regions = sites.keys.sorted().filter { !$0.isEmpty }.map { region in
      let sites = sites[region] ?? []
      let places = limits.compactMap { limit -> Impact.RegionCapacity.Stage? in
        let admitting = sites.filter { clusters[$0].spec.stages.contains(limit.stage) }
        guard !admitting.isEmpty else { return nil }
        return Impact.RegionCapacity.Stage(
          stage: limit.stage, before: Self.sum(admitting.map { limit.before?[$0] ?? ResourceAmounts() }),
          after: Self.sum(admitting.map { limit.after[$0] }))
      }
      return Impact.RegionCapacity(
        region: region, operator: sites.first.map { after.place($0).operator } ?? "",
        committed: Self.sum(sites.map { state.entry($0).committed }), stages: places)
    }
  }

  /// Held at the largest number there is.
  private static func sum(_ amounts: [ResourceAmounts]) -> ResourceAmounts {
    var sum = ResourceAmounts()
    for resource in CountedResource.allCases {
      sum[resource] = amounts.reduce(0) { total, next in
        let (value, overflow) = total.addingReportingOverflow(next[resource])
        return overflow ? .max : value
      }
    }
    return sum
  }
}
