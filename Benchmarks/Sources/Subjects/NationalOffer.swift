internal import Model
internal import Placement

/// An offer the size of the country's: made up, but always the same.
enum NationalOffer {
  static let organisations = (1...20).map { "org\($0)" }
  static let services = ["s3", "postgresql", "kafka", "gpu", "vault", "registry"]
  static let networks = ["RIE", "Internet", "RENATER", "SIGMA"]
  private static let subdivisions = ["FR-IDF", "FR-ARA", "FR-BRE", "FR-NOR", "FR-OCC", "FR-PAC", "FR-GES", "FR-HDF"]

  static func make(clusters: Int, seed: UInt64) -> Offer {
    var numbers = SeededNumbers(seed: seed)
    let operators = (1...10).map { Resource("operator-\($0)", OperatorSpec(displayName: "Operator \($0)")) }
    let regions = (1...50).map { Resource("region-\($0)", region(&numbers)) }
    let chainNames = (1...8).map { "chain-\($0)" }
    let zones = (1...150).map { number in
      Resource(
        "zone-\(number)",
        ZoneSpec(
          region: "region-\(number % 50 + 1)", sensitivity: numbers.chance(75) ? .usuel : .restricted,
          slug: "z\(number)", chain: numbers.chance(60) ? numbers.pick(chainNames) : nil))
    }
    let chains = chainNames.map { name in
      let own = zones.filter { $0.spec.chain == name }.map(\.spec.region)
      let reached = Set(own + numbers.some(of: regions.map(\.name), percent: 40)).sorted()
      return Resource(
        name,
        ChainSpec(
          displayName: name, sensitivities: numbers.chance(70) ? Sensitivity.allCases : [.usuel], regions: reached,
          audience: Audience(
            organisations: numbers.chance(80) ? ["*"] : numbers.some(of: organisations, percent: 50),
            scopes: AudienceScope.allCases)))
    }
    let members = (1...clusters).map { number -> Resource<ClusterSpec> in
      let zone = zones[number % zones.count]
      let centres = regions.first { $0.name == zone.spec.region }?.spec.dataCenters.map(\.name) ?? []
      return Resource(
        metadata: Metadata(name: "cluster-\(number)", labels: ["tier": String(number % 4)]),
        spec: cluster(zone.name, centres, &numbers))
    }
    return Offer(operators: operators, regions: regions, zones: zones, clusters: members, chains: chains)
  }

  /// Between a third and two thirds of what is declared is promised.
  static func ledger(of offer: Offer, seed: UInt64) -> Ledger {
    var numbers = SeededNumbers(seed: seed)
    return Ledger(
      Dictionary(
        uniqueKeysWithValues: offer.clusters.map { cluster in
          let declared = ResourceAmounts(cluster.spec.capacity)
          var committed = ResourceAmounts()
          for resource in CountedResource.allCases {
            committed[resource] = declared[resource] / 100 * Int64.random(in: 33...66, using: &numbers)
          }
          return (cluster.name, Ledger.Entry(committed: committed, version: 1))
        }))
  }

  private static func region(_ numbers: inout SeededNumbers) -> RegionSpec {
    RegionSpec(
      operator: "operator-\(Int.random(in: 1...10, using: &numbers))",
      location: .init(country: "FR", subdivision: numbers.chance(90) ? numbers.pick(subdivisions) : nil),
      dataCenters: (1...numbers.pick([1, 2, 3, 4])).map { .init(name: "dc\($0)") },
      qualifications: ["SecNumCloud", "HDS", "ISO27001"].filter { _ in numbers.chance(60) }.map { .init(name: $0) },
      services: services.filter { _ in numbers.chance(75) }.map {
        .init(name: $0, version: numbers.pick(["14", "15.2", "16", nil]))
      },
      interconnections: networks.filter { _ in numbers.chance(70) },
      audience: Audience(
        organisations: numbers.chance(70) ? ["*"] : numbers.some(of: organisations, percent: 50),
        scopes: AudienceScope.allCases),
      state: numbers.chance(92) ? .open : .cordoned,
      taints: numbers.chance(15) ? [Taint(key: "dear", effect: .preferNoPlacement)] : [])
  }

  private static func cluster(_ zone: String, _ centres: [String], _ numbers: inout SeededNumbers) -> ClusterSpec {
    let cores = numbers.pick([32, 64, 128, 256, 512] as [Int64])
    return ClusterSpec(
      zone: zone, dataCenters: numbers.some(of: centres, percent: 30),
      privacy: numbers.chance(90) ? .public : .dedicated,
      external: numbers.chance(20),
      stages: numbers.pick([["dev", "prod"], ["dev", "staging", "prod"], ["prod"], ["dev"]]),
      capacity: ResourceList(
        cpu: Quantity(cores), memory: Quantity(cores << 32, format: .binarySI),
        storage: Quantity(cores << 36, format: .binarySI), pods: Quantity(cores * 10)),
      state: numbers.chance(95) ? .open : .cordoned)
  }
}
