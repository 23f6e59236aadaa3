import Foundation
import Model
import Placement

extension Scenario {
  /// A calm world in which everything fits: three regions, four zones, six clusters, two chains.
  static let calm = Scenario(
    operators: ["north", "south"].map { Resource($0, OperatorSpec(displayName: $0)) },
    regions: [
      Resource("alp", region("south", "FR-ARA")), Resource("bre", region("north", "FR-BRE")),
      Resource("idf", region("north", "FR-IDF")),
    ],
    zones: [
      Resource("alp-u", ZoneSpec(region: "alp", sensitivity: .usuel, slug: "a1")),
      Resource("bre-u", ZoneSpec(region: "bre", sensitivity: .usuel, slug: "b1", chain: "open")),
      Resource("idf-dr", ZoneSpec(region: "idf", sensitivity: .restricted, slug: "i2", chain: "sealed")),
      Resource("idf-u", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "i1", chain: "open")),
    ],
    clusters: [
      Resource("c1", cluster("alp-u", ["a", "b"])), Resource("c2", cluster("bre-u", ["a"])),
      Resource("c3", cluster("idf-dr", ["a", "b"])), Resource("c4", cluster("idf-dr", ["b"])),
      Resource("c5", cluster("idf-u", ["a"])), Resource("c6", cluster("idf-u", ["b"])),
    ],
    chains: [Resource("open", chain([.usuel])), Resource("sealed", chain([.usuel, .restricted]))],
    policy: PolicySpec(
      title: LocalizedText(fr: "Politique"),
      dataClasses: [
        .init(name: "plain", sensitivity: .usuel),
        .init(name: "personal", parent: "plain", sensitivity: .usuel, residency: .init(countries: ["FR"])),
        .init(name: "secret", parent: "personal", sensitivity: .restricted, qualifications: ["SecNumCloud"]),
      ]),
    project: Resource(
      "shop",
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["plain"],
        environments: [environment("dev", "dev"), environment("prod", "prod", replicas: 2)])),
    day: day("2026-11-23"), now: Date(timeIntervalSince1970: 1_795_000_000))

  static func day(_ text: String) -> CalendarDay { CalendarDay(text)! }

  static func region(_ name: String, _ subdivision: String) -> RegionSpec {
    RegionSpec(
      operator: name, location: .init(country: "FR", subdivision: subdivision),
      dataCenters: [.init(name: "a"), .init(name: "b")],
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
      displayName: "Chaîne", sensitivities: sensitivities, regions: ["alp", "bre", "idf"],
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
    subject: LabelSelector = LabelSelector(), weight: Int? = nil, stages: [String] = []
  ) -> PolicySpec.Rule {
    .init(
      id: id, motive: LocalizedText(fr: "motif de \(id)", en: "motive of \(id)"), subject: subject, effect: effect,
      places: places, chains: chains, weight: weight, stages: stages)
  }

  /// Puts a replica on a cluster, with what it holds in the ledger.
  mutating func place(_ environment: String, replica: Int = 0, on cluster: String, stage: String, cpu: Int64 = 4) {
    let quota = ResourceAmounts(cpu: cpu * 1000, memory: 8 << 30)
    existing.append(
      ExistingPlacement(environment: environment, replica: replica, cluster: cluster, stage: stage, quota: quota))
    ledger.clusters[cluster, default: Ledger.Entry()].committed.cpu += quota.cpu
    ledger.clusters[cluster, default: Ledger.Entry()].committed.memory += quota.memory
    ledger.clusters[cluster, default: Ledger.Entry()].version += 1
  }

  mutating func region(_ name: String, _ change: (inout RegionSpec) -> Void) { Self.change(&regions, name, change) }
  mutating func zone(_ name: String, _ change: (inout ZoneSpec) -> Void) { Self.change(&zones, name, change) }
  mutating func cluster(_ name: String, _ change: (inout ClusterSpec) -> Void) { Self.change(&clusters, name, change) }
  mutating func chain(_ name: String, _ change: (inout ChainSpec) -> Void) { Self.change(&chains, name, change) }

  private static func change<Spec>(_ resources: inout [Resource<Spec>], _ name: String, _ change: (inout Spec) -> Void)
  {
    for index in resources.indices where resources[index].name == name { change(&resources[index].spec) }
  }
}
