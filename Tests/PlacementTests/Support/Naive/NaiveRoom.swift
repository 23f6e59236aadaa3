import Model
import Placement

/// How much a cluster may promise, and what is short.
struct NaiveRoom {
  let place: NaivePlace
  let limit: [CountedResource: Int64]
  let committed: [CountedResource: Int64]

  /// declared × (1 − reserve) × overcommit × (1 + tolerance) of the first rule that matches, rounded down.
  init(_ place: NaivePlace, stage: String, in scenario: Scenario) {
    self.place = place
    let facts = NaiveFacts.of(place, on: scenario.day)
    var limit: [CountedResource: Int64] = [:]
    var committed: [CountedResource: Int64] = [:]
    for resource in CountedResource.allCases {
      let declared = place.cluster.spec.capacity[resource].map { Self.units(resource, $0) } ?? 0
      let rule = scenario.policy.capacity.first { rule in
        (rule.stages.isEmpty || rule.stages.contains(stage))
          && (rule.resources.isEmpty || rule.resources.contains(resource))
          && (rule.places.map { NaiveSelector($0).holds(facts) } ?? true)
      }
      let overcommit = rule?.overcommit?.milliValue ?? 1000
      let kept = 1000 - (rule?.reserve?.milliValue ?? 0)
      let tolerated = 1000 + (rule?.tolerance?.milliValue ?? 0)
      limit[resource] = Int64(Int128(declared) * Int128(kept * overcommit * tolerated) / 1_000_000_000)
      committed[resource] = scenario.ledger.clusters[place.cluster.name]?.committed[resource] ?? 0
    }
    self.limit = limit
    self.committed = committed
  }

  /// Thousandths of a core; whole numbers of everything else; rounded up.
  static func units(_ resource: CountedResource, _ quantity: Quantity) -> Int64 {
    resource == .cpu ? quantity.milliValue : quantity.value
  }

  /// What a replica asks for.
  static func wanted(_ environment: ProjectSpec.Environment) -> [CountedResource: Int64] {
    var wanted: [CountedResource: Int64] = [:]
    for resource in CountedResource.allCases {
      wanted[resource] = environment.quota[resource].map { units(resource, $0) } ?? 0
    }
    return wanted
  }

  /// What a replica would add to the ledger: nothing where it holds as much already.
  static func growth(_ environment: ProjectSpec.Environment, held: ResourceAmounts?) -> [CountedResource: Int64] {
    wanted(environment).reduce(into: [:]) { $0[$1.key] = max(0, $1.value - (held?[$1.key] ?? 0)) }
  }

  func limit(_ resource: CountedResource) -> Int64 { limit[resource] ?? 0 }
  func committed(_ resource: CountedResource) -> Int64 { committed[resource] ?? 0 }

  /// The reasons for which something that grows by so much does not fit.
  func shortfalls(_ growth: [CountedResource: Int64]) -> Set<NaiveReason> {
    var reasons: Set<NaiveReason> = []
    for (resource, needed) in growth where needed > 0 {
      let (limit, committed) = (limit(resource), committed(resource))
      var about = ["resource": resource.rawValue, "needed": "\(needed)", "limit": "\(limit)"]
      if needed > limit {
        about["short"] = "\(needed - limit)"
        reasons.insert(NaiveReason(.capacityNeverFits, about))
      } else if committed + needed > limit {
        about["short"] = "\(committed + needed - limit)"
        about["committed"] = "\(committed)"
        about["free"] = "\(max(0, limit - committed))"
        reasons.insert(NaiveReason(.capacityShort, about))
      }
    }
    return reasons
  }

  /// Thousandths of the limit of the scarcest resource that would be left; what is not offered does not count.
  func balance(_ growth: [CountedResource: Int64]) -> Int64 {
    let shares = CountedResource.allCases.filter { limit($0) > 0 }.map { resource -> Int64 in
      let left = max(0, limit(resource) - committed(resource) - (growth[resource] ?? 0))
      return Int64(Int128(left) * 1000 / Int128(limit(resource)))
    }
    return shares.min() ?? 0
  }
}
