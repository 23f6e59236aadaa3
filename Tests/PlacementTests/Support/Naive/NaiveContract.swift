import Model
import Placement

/// What a project may hold in all, production and the rest apart.
struct NaiveContract {
  let scenario: Scenario

  /// The limits that are exceeded by all that is asked for, and by what is held and not asked for any more; but not by what
  /// is held already.
  var excesses: Set<NaiveReason> {
    let facts = NaiveFacts.of(scenario.project, under: scenario.policy)
    var reasons: Set<NaiveReason> = []
    for limit in scenario.policy.limits where NaiveSelector(limit.subject).couldMean(facts) {
      for (scope, list) in [("prod", limit.production), ("non-prod", limit.nonProduction)] {
        guard let list else { continue }
        for resource in CountedResource.allCases {
          guard let most = list[resource].map({ NaiveRoom.units(resource, $0) }) else { continue }
          let wanted = total(resource, production: scope == "prod")
          guard wanted > most, wanted > held(resource, production: scope == "prod") else { continue }
          reasons.insert(
            NaiveReason(
              .contractLimit,
              [
                "scope": scope, "resource": resource.rawValue, "needed": "\(wanted)", "limit": "\(most)",
                "short": "\(wanted - most)",
              ]))
        }
      }
    }
    return reasons
  }

  /// What is held, each replica that is asked for once.
  private func held(_ resource: CountedResource, production: Bool) -> Int64 {
    var most: [String: Int64] = [:]
    var beside: Int64 = 0
    for placement in scenario.existing where (placement.stage == "prod") == production {
      let key = "\(placement.environment)/\(placement.replica)"
      if scenario.slots.contains(where: { "\($0.environment.name)/\($0.replica)" == key }) {
        guard !placement.isGoing else { continue }
        most[key] = max(most[key] ?? 0, placement.quota[resource])
      } else {
        beside += placement.quota[resource]
      }
    }
    let left = (scenario.leaves ?? []).filter { ($0.stage == "prod") == production }.map { $0.quota[resource] }
    return (most.values + left).reduce(beside, +)
  }

  private func total(_ resource: CountedResource, production: Bool) -> Int64 {
    let slots = scenario.slots
    let asked = slots.filter { ($0.environment.stage == "prod") == production }
      .reduce(Int64(0)) { $0 + (NaiveRoom.wanted($1.environment)[resource] ?? 0) }
    var beside: [String: Int64] = [:]
    for placement in scenario.existing where (placement.stage == "prod") == production {
      let isAsked = slots.contains { $0.environment.name == placement.environment && $0.replica == placement.replica }
      guard !isAsked else { continue }
      let key = "\(placement.environment)/\(placement.replica) on \(placement.cluster)"
      beside[key] = max(beside[key] ?? 0, placement.quota[resource])
    }
    return asked + beside.values.reduce(0, +)
  }
}
