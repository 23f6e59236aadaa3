import Foundation
import Model
import Placement

/// All that a decision depends on, as plain values that can be changed one by one, written down and read again. The
/// lists of the offer are held in whatever order they were given.
struct Scenario: Codable, Sendable, Hashable {
  var operators: [Resource<OperatorSpec>]
  var regions: [Resource<RegionSpec>]
  var zones: [Resource<ZoneSpec>]
  var clusters: [Resource<ClusterSpec>]
  var chains: [Resource<ChainSpec>]
  var policy: PolicySpec
  var project: Resource<ProjectSpec>
  var existing: [ExistingPlacement] = []
  var ledger = Ledger()
  var derogations: [Resource<DerogationSpec>] = []
  var staleZones: [String] = []
  var day: CalendarDay
  var now: Date
  var keepExisting = true
  var nodeBudget = 200_000
  /// What is chosen already; absent where nothing is, as in what was recorded before there were pins.
  var pins: [Pin]?
  /// What was found on clusters; absent as in what was recorded before there were facts.
  var facts: [ClusterFacts]?
  /// Whether it is about a move, what that leaves, and what others may be led back to; absent as before there was that.
  var mayMove: Bool?
  var leaves: [ExistingPlacement]?
  var mayReturn: [ExistingPlacement]?

  /// One replica that wants a place.
  struct Slot: Hashable, Sendable {
    var environment: ProjectSpec.Environment
    var replica: Int
  }

  /// The replicas that are asked for, by environment and number.
  var slots: [Slot] {
    project.spec.environments.sorted { $0.name < $1.name }.flatMap { environment in
      (0..<max(1, environment.replicas ?? 1)).map { Slot(environment: environment, replica: $0) }
    }
  }

  /// Where a cluster is: its zone and region; nil where a reference leads nowhere.
  func place(of cluster: String) -> NaivePlace? {
    guard let cluster = clusters.first(where: { $0.name == cluster }),
      let zone = zones.first(where: { $0.name == cluster.spec.zone }),
      let region = regions.first(where: { $0.name == zone.spec.region }),
      operators.contains(where: { $0.name == region.spec.operator })
    else { return nil }
    let found = (facts ?? []).first { $0.cluster == cluster.name }
    return NaivePlace(region: region, zone: zone, cluster: cluster, conformity: found?.conformity ?? [:])
  }

  /// The clusters that a replica is pinned to; none where it is free.
  func pinned(_ slot: Slot) -> [String] {
    (pins ?? []).filter { $0.environment == slot.environment.name && $0.replica == slot.replica }.map(\.cluster)
  }

  /// Whether each pin is about a replica that is asked for and a cluster on offer, and none contradicts another one.
  var hasSoundPins: Bool {
    (pins ?? []).allSatisfy { pin in
      slots.contains { $0.environment.name == pin.environment && $0.replica == pin.replica }
        && clusters.contains { $0.name == pin.cluster }
    } && slots.allSatisfy { Set(pinned($0)).count < 2 }
  }

  /// What a replica holds on a cluster already, the largest amounts where it is written down several times.
  func held(_ slot: Slot, on cluster: String) -> ResourceAmounts? {
    let held = existing.filter {
      $0.environment == slot.environment.name && $0.replica == slot.replica && $0.cluster == cluster
    }
    guard var most = held.first?.quota else { return nil }
    for placement in held {
      for resource in CountedResource.allCases { most[resource] = max(most[resource], placement.quota[resource]) }
    }
    return most
  }
}

/// A cluster with all that it belongs to.
struct NaivePlace: Sendable {
  var region: Resource<RegionSpec>
  var zone: Resource<ZoneSpec>
  var cluster: Resource<ClusterSpec>
  /// What its admission was found to do, by rule.
  var conformity: [String: ConformityFinding]

  /// The places of a topology that the cluster is in: several data centres where it stretches over them.
  func places(_ topology: ProjectSpec.Topology) -> [String] {
    switch topology {
    case .cluster: [cluster.name]
    case .zone: [zone.name]
    case .region: [region.name]
    case .dataCenter: cluster.spec.dataCenters.map { region.name + "/" + $0 }
    }
  }
}
