import Foundation
import Model
import Placement

/// A small offer, a policy and a project that is placed; tests change one thing and look at what follows.
struct World {
  var operators: [Resource<OperatorSpec>] = [
    Resource("dtnum", OperatorSpec(displayName: "DTNUM")), Resource("cisirh", OperatorSpec(displayName: "CISIRH")),
  ]
  var regions: [Resource<RegionSpec>] = [
    Resource("ara", World.region("cisirh", "FR-ARA", ["ara-a"])),
    Resource("idf", World.region("dtnum", "FR-IDF", ["idf-a", "idf-b"])),
  ]
  var zones: [Resource<ZoneSpec>] = [
    Resource("ara-usuel", ZoneSpec(region: "ara", sensitivity: .usuel, slug: "arau")),
    Resource("idf-dr", ZoneSpec(region: "idf", sensitivity: .restricted, slug: "idfdr", chain: "sealed")),
    Resource("idf-usuel", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "idfu", chain: "common")),
  ]
  var clusters: [Resource<ClusterSpec>] = [
    Resource("ara-1", World.cluster("ara-usuel", ["ara-a"])),
    Resource("dr-1", World.cluster("idf-dr", ["idf-a", "idf-b"])),
    Resource("idf-1", World.cluster("idf-usuel", ["idf-a"])),
    Resource("idf-2", World.cluster("idf-usuel", ["idf-b"])),
  ]
  var chains: [Resource<ChainSpec>] = [
    Resource("common", World.chain([.usuel])), Resource("sealed", World.chain([.usuel, .restricted])),
  ]
  var policy = PolicySpec(
    title: LocalizedText(fr: "Politique"),
    dataClasses: [
      .init(name: "ordinary", sensitivity: .usuel),
      .init(name: "restricted", sensitivity: .restricted, qualifications: ["SecNumCloud"]),
    ])
  var project = Resource(
    "shop",
    ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"],
      environments: [World.environment("prod1", "prod")]))
  var existing: [ExistingPlacement] = []
  var ledger = Ledger()
  var unacknowledged: [UnacknowledgedQualification] = []
  var facts: [ClusterFacts] = []
  var derogations: [Resource<DerogationSpec>] = []
  var staleZones: [String] = []
  var keepExisting = true
  var mayMove = false
  var leaves: [ExistingPlacement] = []
  var mayReturn: [ExistingPlacement] = []
  var nodeBudget = 200_000
  var pins: [Pin] = []
  var day = World.day("2026-11-23")

  static func day(_ text: String) -> CalendarDay { CalendarDay(text)! }
  static let now = Date(timeIntervalSince1970: 1_795_000_000)

  static func region(_ operatorName: String, _ subdivision: String?, _ centres: [String]) -> RegionSpec {
    RegionSpec(
      operator: operatorName, location: .init(country: "FR", subdivision: subdivision),
      dataCenters: centres.map { .init(name: $0) },
      qualifications: [.init(name: "SecNumCloud", validFrom: day("2026-01-01"), validUntil: day("2026-12-31"))],
      services: [.init(name: "s3"), .init(name: "postgresql", version: "16.2")], interconnections: ["RIE"],
      audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))
  }

  static func cluster(_ zone: String, _ centres: [String], cpu: Int64 = 100) -> ClusterSpec {
    ClusterSpec(
      zone: zone, dataCenters: centres, stages: ["dev", "prod"],
      capacity: ResourceList(cpu: Quantity(cpu), memory: Quantity("400Gi"), pods: Quantity(1000)))
  }

  static func chain(_ sensitivities: [Sensitivity]) -> ChainSpec {
    ChainSpec(
      displayName: "Chaîne", sensitivities: sensitivities, regions: ["ara", "idf"],
      audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))
  }

  static func environment(
    _ name: String, _ stage: String, cpu: Int64 = 4, replicas: Int? = nil, distinct: ProjectSpec.Topology? = nil
  ) -> ProjectSpec.Environment {
    .init(
      name: name, stage: stage, quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("8Gi")), replicas: replicas,
      distinct: distinct)
  }

  static func rule(
    _ id: String, _ effect: PolicySpec.Effect, places: LabelSelector? = nil, chains: LabelSelector? = nil,
    subject: LabelSelector = LabelSelector(), weight: Int? = nil, stages: [String] = [],
    from: CalendarDay? = nil, until: CalendarDay? = nil
  ) -> PolicySpec.Rule {
    .init(
      id: id, motive: LocalizedText(fr: "motif de \(id)", en: "motive of \(id)"), subject: subject, effect: effect,
      places: places, chains: chains, weight: weight, stages: stages, validFrom: from, validUntil: until)
  }

  var offer: Offer {
    Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains, facts: facts,
      unacknowledged: unacknowledged)
  }

  var request: DecisionRequest {
    DecisionRequest(
      project: project, existing: existing, derogations: derogations, now: World.now, keepExisting: keepExisting,
      mayMove: mayMove, leaves: leaves, mayReturn: mayReturn, nodeBudget: nodeBudget, pins: pins)
  }

  var inputs: DecisionInputs {
    DecisionInputs(request: request, ledger: ledger, staleZones: staleZones, day: day)
  }

  var engine: Engine { Engine(offer: offer, policy: EffectivePolicy(version: 7, spec: policy), day: day) }

  func state(for engine: Engine) -> PlacementState {
    PlacementState(ledger: ledger, staleZones: staleZones, for: engine)
  }

  func decide() -> Decision { explain().decision }

  func explain() -> Explanation {
    let engine = engine
    return engine.explain(request, on: state(for: engine))
  }

  mutating func region(_ name: String, _ change: (inout RegionSpec) -> Void) { Self.change(&regions, name, change) }
  mutating func zone(_ name: String, _ change: (inout ZoneSpec) -> Void) { Self.change(&zones, name, change) }
  mutating func cluster(_ name: String, _ change: (inout ClusterSpec) -> Void) { Self.change(&clusters, name, change) }
  mutating func chain(_ name: String, _ change: (inout ChainSpec) -> Void) { Self.change(&chains, name, change) }

  /// Puts replica 0 of an environment somewhere, with what it holds in the ledger.
  mutating func place(
    _ environment: String, replica: Int = 0, on cluster: String, cpu: Int64 = 4, isGoing: Bool = false,
    by chain: String? = nil
  ) {
    let quota = ResourceAmounts(cpu: cpu * 1000, memory: 8 << 30)
    existing.append(
      ExistingPlacement(
        environment: environment, replica: replica, cluster: cluster, stage: "prod", quota: quota, isGoing: isGoing,
        chain: chain))
    var entry = ledger[cluster]
    entry.committed.cpu += quota.cpu
    entry.committed.memory += quota.memory
    entry.version += 1
    ledger.clusters[cluster] = entry
  }

  private static func change<Spec>(_ resources: inout [Resource<Spec>], _ name: String, _ change: (inout Spec) -> Void)
  {
    for index in resources.indices where resources[index].name == name { change(&resources[index].spec) }
  }
}

extension LabelSelector {
  static func `in`(_ key: String, _ values: String...) -> Self {
    LabelSelector(matchExpressions: [.init(key: key, operator: .in, values: values)])
  }
  static func notIn(_ key: String, _ values: String...) -> Self {
    LabelSelector(matchExpressions: [.init(key: key, operator: .notIn, values: values)])
  }
  static func term(_ key: String, _ sign: Requirement.Operator, _ values: String...) -> Self {
    LabelSelector(matchExpressions: [.init(key: key, operator: sign, values: values)])
  }
}

extension Decision {
  func verdict(_ cluster: String, environment: Int = 0) -> CandidateVerdict? {
    environments[environment].candidates.first { $0.cluster == cluster }
  }
  func codes(_ cluster: String, environment: Int = 0) -> [ReasonCode] {
    verdict(cluster, environment: environment)?.reasons.map(\.code) ?? []
  }
  /// The clusters by environment and replica.
  var places: [String] { assignments.map { "\($0.environment)/\($0.replica)→\($0.cluster)" } }
}
