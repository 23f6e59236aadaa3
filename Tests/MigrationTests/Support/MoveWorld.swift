import Foundation
import Migration
import Model
import Placement
import PlantedMoves

/// A small offer with projects that are placed; tests change one thing and look at what follows.
struct MoveWorld {
  var operators: [Resource<OperatorSpec>] = []
  var regions: [Resource<RegionSpec>] = []
  var zones: [Resource<ZoneSpec>] = []
  var clusters: [Resource<ClusterSpec>] = []
  var chains = [Resource("common", MoveWorld.chain())]
  var policy = PolicySpec(
    title: LocalizedText(fr: "Politique"),
    dataClasses: [
      .init(name: "ordinary", sensitivity: .usuel),
      .init(name: "sensitive", parent: "ordinary", sensitivity: .usuel, qualifications: ["SecNumCloud"]),
    ])
  var policyVersion: Int64 = 7
  var projects: [PlacedProject] = []
  /// What others have been promised, in cores.
  var residents: [String: Int64] = [:]
  var staleZones: [String] = []
  var scope = MoveScope.clusters(["a"])
  var motive = MoveMotive.departure
  var limits = MoveLimits()
  private var placements = 0

  static let day = CalendarDay(nearest: 20_600)
  static let open = Audience(organisations: ["*"], scopes: AudienceScope.allCases)

  /// Clusters by name and cores, each in a region and with an operator of its own.
  init(_ clusters: KeyValuePairs<String, Int64>) {
    for (name, cores) in clusters { add(name, cores: cores) }
  }

  static func chain() -> ChainSpec {
    ChainSpec(displayName: "Chain", sensitivities: [.usuel], regions: [], audience: open)
  }

  mutating func add(_ cluster: String, cores: Int64, region: String? = nil, operator name: String? = nil) {
    let region = region ?? "r-\(cluster)"
    let name = name ?? "o-\(cluster)"
    if !operators.contains(where: { $0.name == name }) {
      operators.append(Resource(name, OperatorSpec(displayName: name)))
    }
    if !regions.contains(where: { $0.name == region }) {
      regions.append(
        Resource(
          region,
          RegionSpec(
            operator: name, location: .init(country: "FR"), dataCenters: ["x", "y"].map { .init(name: $0) },
            audience: Self.open)))
      zones.append(Resource(region, ZoneSpec(region: region, sensitivity: .usuel, slug: region)))
      chains[0].spec.regions.append(region)
    }
    clusters.append(
      Resource(
        cluster,
        ClusterSpec(
          zone: region, dataCenters: ["x"], stages: ["dev", "staging", "prod"],
          capacity: ResourceList(cpu: Quantity(cores), memory: Quantity("400Gi"), pods: Quantity(1000)))))
  }

  /// Adds a project; its environments are `name: "stage cores cluster cluster…"`, a replica for each cluster.
  mutating func project(
    _ name: String, _ environments: KeyValuePairs<String, String>, _ change: (inout ProjectSpec) -> Void = { _ in }
  ) {
    var spec = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"], environments: [])
    var replicas: [PlacedProject.Replica] = []
    for (environment, text) in environments {
      let words = text.split(separator: " ").map(String.init)
      let cores = Int64(words[1]) ?? 0
      let quota = ResourceList(cpu: Quantity(cores), memory: Quantity(cores << 30, format: .binarySI))
      spec.environments.append(
        .init(name: environment, stage: words[0], quota: quota, replicas: max(1, words.count - 2)))
      for (replica, cluster) in words.dropFirst(2).enumerated() {
        placements += 1
        replicas.append(
          .init(
            id: Self.id(placements),
            existing: ExistingPlacement(
              environment: environment, replica: replica, cluster: cluster, stage: words[0],
              quota: ResourceAmounts(quota))))
      }
    }
    change(&spec)
    projects.append(PlacedProject(project: Resource(name, spec), replicas: replicas))
  }

  /// The identifier of the placement that was the so-manieth, from 1.
  static func id(_ number: Int) -> UUID {
    UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, UInt8(number / 256), UInt8(number % 256)))
  }

  mutating func cluster(_ name: String, _ change: (inout ClusterSpec) -> Void) {
    for index in clusters.indices where clusters[index].name == name { change(&clusters[index].spec) }
  }

  mutating func region(_ name: String, _ change: (inout RegionSpec) -> Void) {
    for index in regions.indices where regions[index].name == name { change(&regions[index].spec) }
  }

  var ledger: Ledger {
    var ledger = Ledger()
    for (cluster, cores) in residents {
      ledger.clusters[cluster] = .init(committed: ResourceAmounts(cpu: cores * 1000), version: 1)
    }
    for replica in projects.flatMap(\.replicas) {
      var entry = ledger[replica.existing.cluster]
      for resource in CountedResource.allCases { entry.committed[resource] += replica.existing.quota[resource] }
      ledger.clusters[replica.existing.cluster] = entry
    }
    return ledger
  }

  var inputs: PlanningInputs {
    PlanningInputs(
      offer: Offer(operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains),
      policy: EffectivePolicy(version: policyVersion, spec: policy), day: Self.day,
      now: Date(timeIntervalSince1970: 1_780_000_000), ledger: ledger, staleZones: staleZones, projects: projects,
      scope: scope, motive: motive, limits: limits)
  }

  /// A plan that the checker finds nothing wrong with.
  func plan() throws -> MigrationPlan { try PlanChecker.checked(inputs) }
}

extension MigrationPlan {
  /// `project/environment from→to @wave`, one a move.
  var course: [String] {
    moves.map {
      "\($0.project)/\($0.environment)\($0.replica == 0 ? "" : "#\($0.replica)") \($0.from)→\($0.to) @\($0.wave)"
    }
  }

  /// `project/environment cause`, one a blocked move.
  var held: [String] { blocked.map { "\($0.project)/\($0.environment) \($0.cause.rawValue)" } }
}
