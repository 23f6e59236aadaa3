import Model
import Placement
import Policy

/// Puts together what is on offer, what may be promised of it and what the books say: pure.
struct CapacityReader: Sendable {
  let offer: Offer
  /// Nil where none is in force: nothing may be promised.
  let policy: PolicySpec?
  let day: CalendarDay
  let books: CapacityBooks

  /// The clusters on offer, in the order of names.
  var clusters: [ClusterCapacity] {
    let zones = Dictionary(offer.zones.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let regions = Dictionary(offer.regions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let facts = Dictionary(offer.facts.map { ($0.cluster, $0) }, uniquingKeysWith: { first, _ in first })
    let promises = Dictionary(grouping: books.promises, by: \.cluster)
    return offer.clusters.compactMap { cluster in
      guard let zone = zones[cluster.spec.zone], let region = regions[zone.spec.region] else { return nil }
      let limits = cluster.spec.stages.sorted().map { stage in
        let limit = policy.map { policy in
          PromiseLimits.of(
            cluster: cluster, facts: facts[cluster.name], zone: zone, region: region, stage: stage, policy: policy,
            on: day)
        }
        return (stage: stage, limit: limit ?? ResourceAmounts())
      }
      return capacity(
        cluster, zone, region, limits: limits, facts: facts[cluster.name], promises: promises[cluster.name] ?? [])
    }
  }

  private func capacity(
    _ cluster: Resource<ClusterSpec>, _ zone: Resource<ZoneSpec>, _ region: Resource<RegionSpec>,
    limits: [(stage: String, limit: ResourceAmounts)], facts: ClusterFacts?, promises: [CapacityBooks.Promise]
  ) -> ClusterCapacity {
    let committed = books.ledger[cluster.name] ?? ResourceAmounts()
    let reserved = promises.filter(\.isReserved).reduce(into: ResourceAmounts()) { $0.add($1.amounts) }
    let reports = books.reports.map { $0[cluster.name] ?? (placements: 0, reporting: 0, compared: 0) }
    let figures = CapacityFigures(
      declared: ResourceAmounts(cluster.spec.capacity),
      measured: cluster.spec.capacitySource == .measured ? facts?.capacity ?? ResourceAmounts() : nil,
      limit: limits.reduce(into: ResourceAmounts()) { $0 = $0.maximum($1.limit) }, committed: committed,
      reserved: reserved, used: reports.map { $0.reporting > 0 } ?? false ? books.used[cluster.name] : nil,
      isDedicated: cluster.spec.privacy == .dedicated)
    let stages = limits.map { entry in
      let own = promises.filter { $0.stage == entry.stage }.reduce(into: ResourceAmounts()) { $0.add($1.amounts) }
      return ClusterCapacity.Stage(stage: entry.stage, limit: entry.limit, committed: own, all: committed)
    }
    return ClusterCapacity(
      cluster: cluster.name, zone: zone.spec.slug, region: region.name, operator: region.spec.operator,
      sensitivity: zone.spec.sensitivity, privacy: cluster.spec.privacy, figures: figures, stages: stages,
      placements: reports?.placements, reporting: reports?.reporting,
      compared: reports?.compared)
  }
}
