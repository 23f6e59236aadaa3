import Model

/// What the sites may promise to the stages of a batch, and how full they are.
struct BatchSites: Sendable {
  /// By stage, the limits by site.
  private let limits: [String: [ResourceAmounts]]
  /// The highest limit among the stages, resource by resource, by site.
  let highest: [ResourceAmounts]
  /// Whether every stage has the same limits: then the order of the commits does not matter to what fits.
  let areAlikeForAllStages: Bool

  /// The limits of an engine's sites for some stages.
  init(_ engine: Engine, stages: [String]) {
    let zones = Dictionary(uniqueKeysWithValues: engine.offer.zones.map { ($0.name, $0) })
    let regions = Dictionary(uniqueKeysWithValues: engine.offer.regions.map { ($0.name, $0) })
    let facts = Dictionary(uniqueKeysWithValues: engine.offer.facts.map { ($0.cluster, $0) })
    let places = engine.offer.clusters.map { cluster in
      zones[cluster.spec.zone].flatMap { zone in regions[zone.spec.region].map { (cluster, zone, $0) } }
    }
    let byStage = stages.map { stage in
      places.map { place -> ResourceAmounts in
        guard let (cluster, zone, region) = place else { return ResourceAmounts() }
        return PromiseLimits.of(
          cluster: cluster, facts: facts[cluster.name], zone: zone, region: region, stage: stage,
          policy: engine.policy.spec, on: engine.day)
      }
    }
    limits = Dictionary(uniqueKeysWithValues: zip(stages, byStage))
    highest = places.indices.map { site in
      byStage.reduce(ResourceAmounts()) { $0.elementwiseMaximum($1[site]) }
    }
    areAlikeForAllStages = byStage.allSatisfy { $0 == byStage.first }
  }

  /// What a site may have promised when something of a stage is added.
  func limit(_ site: Int, stage: String) -> ResourceAmounts { limits[stage]?[site] ?? ResourceAmounts() }

  /// The largest share of any resource that is promised, in thousandths of the highest limit, rounded up.
  func share(_ committed: ResourceAmounts, of site: Int) -> Int64 {
    committed.largestShare(of: highest[site])
  }
}

extension ResourceAmounts {
  /// The largest share of any resource that there is any of in `whole`, in thousandths, rounded up.
  func largestShare(of whole: ResourceAmounts) -> Int64 {
    var largest: Int64 = 0
    for resource in CountedResource.allCases where whole[resource] > 0 && self[resource] > 0 {
      let (part, all) = (Int128(self[resource]), Int128(whole[resource]))
      largest = max(largest, Int64(clamping: (part * 1000 + all - 1) / all))
    }
    return largest
  }

  /// The same amounts, taken away.
  var negated: Self {
    var result = self
    for resource in CountedResource.allCases { result[resource] = -self[resource] }
    return result
  }

  /// Whether something that grows by this has room between `committed` and `limit`. What does not grow is never short.
  func fits(beside committed: Self, within limit: Self) -> Bool {
    CountedResource.allCases.allSatisfy { resource in
      self[resource] <= 0 || self[resource] <= limit[resource] - committed[resource]
    }
  }
}
