internal import Model
package import Placement

internal import struct Foundation.Date

/// A generated offer and a batch that is known to fit: every project was given its places first, and every cluster then
/// made just large enough to be filled so far by what it was given.
package struct BatchInputs: Sendable {
  private let engine: Engine
  private let state: PlacementState
  private let batch: BatchRequest

  /// - Parameters:
  ///   - fill: How full the planted places make every cluster, in percent.
  ///   - nodeBudget: The nodes of the whole batch.
  package init(clusters: Int, projects: Int, fill: Int64, nodeBudget: Int, seed: UInt64) throws {
    guard let day = CalendarDay(year: 2026, month: 6, day: 1) else { throw BenchError("2026-06-01 is no day") }
    var numbers = Numbers(state: seed)
    let regions = (0..<max(2, clusters / 20)).map { Self.region($0) }
    var offered = (0..<clusters).map { Self.cluster($0, regions: regions.count) }
    var given = [ResourceAmounts](repeating: ResourceAmounts(), count: clusters)
    let asked = (0..<projects).map { number -> DecisionRequest in
      let isSensitive = numbers.below(5) == 0
      let environments = [
        ProjectSpec.Environment(name: "dev", stage: "dev", quota: Self.quota(&numbers)),
        ProjectSpec.Environment(name: "prod", stage: "prod", quota: Self.quota(&numbers), replicas: 2),
      ]
      func pick(_ stage: String, besides other: Int? = nil) -> Int {
        while true {
          let site = numbers.below(clusters)
          let isFit = offered[site].spec.stages.contains(stage) && (!isSensitive || site % regions.count % 3 == 0)
          if isFit, other.map({ offered[$0].spec.dataCenters != offered[site].spec.dataCenters }) ?? true {
            return site
          }
        }
      }
      let first = pick("prod")
      for (site, environment) in [(pick("dev"), 0), (first, 1), (pick("prod", besides: first), 1)] {
        let amounts = ResourceAmounts(environments[environment].quota)
        given[site].cpu += amounts.cpu
        given[site].memory += amounts.memory
      }
      var spec = ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: [isSensitive ? "sensitive" : "ordinary"],
        environments: environments)
      if numbers.below(3) == 0 {
        let wished = LabelSelector(matchLabels: ["region.name": regions[numbers.below(regions.count)].name])
        spec.preferences.weighted = [.init(weight: 5, target: wished)]
      }
      return DecisionRequest(
        project: Resource("project-\(number)", spec), now: Date(timeIntervalSince1970: 1_780_000_000))
    }
    for site in offered.indices {
      let (cpu, memory) = (max(given[site].cpu, 4000) * 100 / fill, max(given[site].memory, 16 << 30) * 100 / fill)
      offered[site].spec.capacity = ResourceList(cpu: Quantity(milli: cpu), memory: Quantity(memory, format: .binarySI))
    }
    engine = Engine(offer: Self.offer(regions, offered), policy: Self.policy, day: day)
    state = PlacementState(ledger: Ledger(), staleZones: [], for: engine)
    batch = BatchRequest(projects: asked, nodeBudget: nodeBudget)
  }

  /// Places the batch.
  package func place() -> BatchAnswer { engine.place(batch, on: state) }

  private static var policy: EffectivePolicy {
    EffectivePolicy(
      version: 1,
      spec: PolicySpec(
        title: LocalizedText(fr: "Mesure"),
        dataClasses: [
          .init(name: "ordinary", sensitivity: .usuel),
          .init(name: "sensitive", parent: "ordinary", sensitivity: .usuel, qualifications: ["SecNumCloud"]),
        ]))
  }

  private static func offer(_ regions: [Resource<RegionSpec>], _ clusters: [Resource<ClusterSpec>]) -> Offer {
    let open = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    return Offer(
      operators: [Resource("operator", OperatorSpec(displayName: "Operator"))], regions: regions,
      zones: regions.map { Resource($0.name, ZoneSpec(region: $0.name, sensitivity: .usuel, slug: $0.name)) },
      clusters: clusters,
      chains: [
        Resource(
          "chain",
          ChainSpec(displayName: "Chain", sensitivities: [.usuel], regions: regions.map(\.name), audience: open))
      ])
  }

  private static func region(_ number: Int) -> Resource<RegionSpec> {
    Resource(
      "region-\(number)",
      RegionSpec(
        operator: "operator", location: .init(country: "FR"), dataCenters: ["a", "b", "c"].map { .init(name: $0) },
        qualifications: number % 3 == 0 ? [.init(name: "SecNumCloud")] : [],
        audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))
  }

  private static func cluster(_ number: Int, regions: Int) -> Resource<ClusterSpec> {
    let centre = ["a", "b", "c"][number / regions % 3]
    let stages = [["prod"], ["dev"], ["prod", "dev"]][number / regions / 3 % 3]
    return Resource(
      "cluster-\(number)",
      ClusterSpec(
        zone: "region-\(number % regions)", dataCenters: [centre], stages: stages, capacity: ResourceList()))
  }

  private static func quota(_ numbers: inout Numbers) -> ResourceList {
    let cores = [1, 2, 4, 8, 16][numbers.below(5)]
    return ResourceList(
      cpu: Quantity(Int64(cores)),
      memory: Quantity(Int64(cores * [2, 4, 8][numbers.below(3)]) << 30, format: .binarySI))
  }

  /// SplitMix64: the same seed gives the same numbers everywhere.
  private struct Numbers {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
  }
}
