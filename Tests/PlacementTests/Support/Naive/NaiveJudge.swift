import Model
import Placement

/// Says of one cluster and one environment what keeps it away. Written from the pages and the model's comments, sharing
/// nothing with the engine but the model; as slow and as plain as can be.
struct NaiveJudge {
  let scenario: Scenario
  var rules: NaiveRules { NaiveRules(scenario: scenario) }

  /// What a cluster says to an environment.
  struct Verdict {
    /// What keeps away even what is there already.
    var always: Set<NaiveReason> = []
    /// What keeps away only what is new, room not counted.
    var onlyNew: Set<NaiveReason> = []
    /// What a new replica is short of.
    var shortfalls: Set<NaiveReason> = []

    var takesNew: Bool { always.isEmpty && onlyNew.isEmpty && shortfalls.isEmpty }
    var refusals: Set<NaiveReason> { always.union(onlyNew).union(shortfalls) }
  }

  func verdict(_ environment: ProjectSpec.Environment, _ cluster: String) -> Verdict {
    var verdict = Verdict()
    guard let place = scenario.place(of: cluster) else {
      verdict.always = [danglingReference(cluster)]
      return verdict
    }
    data(place, &verdict)
    audience(place, &verdict)
    placeRules(environment, place, &verdict)
    states(place, &verdict)
    taints(place, &verdict)
    NaiveChains(scenario: scenario).judge(environment, place, &verdict)
    hosting(environment, place, &verdict)
    services(place, &verdict)
    if scenario.staleZones.contains(place.zone.name) {
      verdict.onlyNew.insert(NaiveReason(.staleHeartbeat, ["zone": place.zone.name]))
    }
    let room = NaiveRoom(place, stage: environment.stage, in: scenario)
    verdict.shortfalls = room.shortfalls(NaiveRoom.growth(environment, held: nil))
    return verdict
  }

  /// Whether a replica that is on the cluster may stay there, with what it has to grow by.
  func mayStay(_ slot: Scenario.Slot, _ cluster: String) -> Bool {
    guard let held = scenario.held(slot, on: cluster), let place = scenario.place(of: cluster) else { return false }
    let growth = NaiveRoom.growth(slot.environment, held: held)
    let verdict = verdict(slot.environment, cluster)
    // What grows brings something new with it.
    guard verdict.always.isEmpty, verdict.onlyNew.isEmpty || growth.values.allSatisfy({ $0 == 0 }) else { return false }
    return NaiveRoom(place, stage: slot.environment.stage, in: scenario).shortfalls(growth).isEmpty
  }

  /// Whether a replica may be on the cluster as far as it alone is concerned.
  func admits(_ slot: Scenario.Slot, _ cluster: String) -> Bool {
    mayStay(slot, cluster) || (scenario.held(slot, on: cluster) == nil && verdict(slot.environment, cluster).takesNew)
  }

  private func danglingReference(_ name: String) -> NaiveReason {
    guard let cluster = scenario.clusters.first(where: { $0.name == name }) else {
      return NaiveReason(.unresolvedReference, ["kind": "Cluster", "name": name])
    }
    guard let zone = scenario.zones.first(where: { $0.name == cluster.spec.zone }) else {
      return NaiveReason(.unresolvedReference, ["kind": "Zone", "name": cluster.spec.zone])
    }
    guard let region = scenario.regions.first(where: { $0.name == zone.spec.region }) else {
      return NaiveReason(.unresolvedReference, ["kind": "Region", "name": zone.spec.region])
    }
    return NaiveReason(.unresolvedReference, ["kind": "Operator", "name": region.spec.operator])
  }
}
