import Model
import Placement

/// One constraint made weaker, in such a way that nothing else becomes stronger.
struct Relaxation: Sendable {
  var name: String
  /// Attributes that change with it: where a selector asks for one, something else may become stronger.
  var attributes: Set<String>
  var apply: @Sendable (inout Scenario) -> Void

  init(_ name: String, changing attributes: Set<String> = [], _ apply: @escaping @Sendable (inout Scenario) -> Void) {
    self.name = name
    self.attributes = attributes
    self.apply = apply
  }

  static let all = offer + policy + project

  private static let everyone = Audience(organisations: ["*"], scopes: AudienceScope.allCases)

  private static let offer: [Relaxation] = [
    Relaxation("regions are open", changing: ["region.state"]) { $0.eachRegion { $0.state = .open } },
    Relaxation("clusters are open", changing: ["cluster.state"]) { $0.eachCluster { $0.state = .open } },
    Relaxation("no taints", changing: ["region.taint", "cluster.taint"]) {
      $0.eachRegion { $0.taints = [] }
      $0.eachCluster { $0.taints = [] }
    },
    Relaxation("regions have every qualification", changing: ["region.qualification"]) {
      $0.eachRegion { $0.qualifications = [.init(name: "SecNumCloud"), .init(name: "HDS")] }
    },
    Relaxation("regions are open to everyone", changing: ["region.organisation", "region.audience"]) {
      $0.eachRegion { $0.audience = everyone }
    },
    Relaxation("more services", changing: ["region.service"]) {
      $0.eachRegion { region in
        region.services += ["gpu", "s3"].map { .init(name: $0, version: "1") }
        region.services += ["15", "16.2", "16"].map { .init(name: "postgresql", version: $0) }
      }
    },
    Relaxation("more interconnections", changing: ["region.interconnection"]) {
      $0.eachRegion { $0.interconnections += ["RIE", "Internet"] }
    },
    Relaxation("all stages", changing: ["cluster.stage"]) { $0.eachCluster { $0.stages = Stage.wellKnown } },
    Relaxation("nothing is dedicated", changing: ["cluster.privacy", "cluster.management"]) {
      $0.eachCluster { ($0.privacy, $0.management) = (.public, .operator) }
    },
    Relaxation("larger clusters") {
      $0.eachCluster { cluster in
        cluster.capacity = ResourceList(
          cpu: Quantity(9_000), memory: Quantity("9Ti"), gpu: Quantity(99), storage: Quantity("9Ti"),
          pods: Quantity(9_000))
      }
    },
    Relaxation("clusters stretch over more data centres", changing: ["cluster.dataCenter", "cluster.dataCenters"]) {
      $0.eachCluster { $0.dataCenters = ["a", "b"] }
    },
    Relaxation("zones that name no chain", changing: ["zone.chain"]) { scenario in
      for index in scenario.zones.indices { scenario.zones[index].spec.chain = nil }
    },
    Relaxation("chains deliver everywhere", changing: ["chain.region"]) {
      $0.eachChain { $0.regions = ["alp", "bre", "idf"] }
    },
    Relaxation("chains deliver everything", changing: ["chain.sensitivity"]) {
      $0.eachChain { $0.sensitivities = Sensitivity.allCases }
    },
    Relaxation("chains are open to everyone", changing: ["chain.organisation", "chain.audience"]) {
      $0.eachChain { $0.audience = everyone }
    },
    Relaxation("one more chain") { $0.chains.append(Resource("more", Scenario.chain(Sensitivity.allCases))) },
  ]

  private static let policy: [Relaxation] = [
    Relaxation("no rules") { $0.policy.rules = [] },
    Relaxation("one rule less") { if !$0.policy.rules.isEmpty { $0.policy.rules.removeFirst() } },
    Relaxation("every rule is waived") { scenario in
      scenario.derogations.append(
        Resource(
          "all",
          DerogationSpec(
            project: scenario.project.name, rules: scenario.policy.rules.map(\.id), motive: "essai", decision: .granted,
            notifiedAt: scenario.now)))
    },
    Relaxation("classes demand less") { scenario in
      for index in scenario.policy.dataClasses.indices {
        scenario.policy.dataClasses[index].qualifications = []
        scenario.policy.dataClasses[index].residency = nil
        scenario.policy.dataClasses[index].requires = nil
      }
    },
    Relaxation("ten times as much may be promised") { scenario in
      for index in scenario.policy.capacity.indices {
        scenario.policy.capacity[index].overcommit = Quantity(10)
        scenario.policy.capacity[index].reserve = nil
      }
    },
    Relaxation("no contractual limits") { $0.policy.limits = [] },
  ]

  private static let project: [Relaxation] = [
    Relaxation("no services needed", changing: ["project.service"]) { $0.project.spec.services = [] },
    Relaxation("no interconnections needed", changing: ["project.interconnection"]) {
      $0.project.spec.interconnections = []
    },
    Relaxation("no residency") { $0.project.spec.residency = nil },
    Relaxation("everything is tolerated") { $0.project.spec.tolerations = [Toleration(operator: .exists)] },
    Relaxation("no spread") { $0.project.spec.spread = [] },
    Relaxation("nothing kept together") { $0.project.spec.colocation = [] },
    Relaxation("soft spreads") { scenario in
      for index in scenario.project.spec.spread.indices {
        scenario.project.spec.spread[index].whenUnsatisfiable = .placeAnyway
      }
    },
    Relaxation("wider spreads") { scenario in
      for index in scenario.project.spec.spread.indices {
        scenario.project.spec.spread[index].maxSkew = (scenario.project.spec.spread[index].maxSkew ?? 1) + 1
      }
    },
    Relaxation("copies on distinct clusters only") { scenario in
      scenario.eachEnvironment { if $0.distinct != nil { $0.distinct = .cluster } }
    },
    Relaxation("smaller quotas") { scenario in
      scenario.eachEnvironment { $0.quota = ResourceList(cpu: Quantity(1), memory: Quantity("1Gi")) }
    },
    Relaxation("one replica each") { scenario in
      if scenario.existing.isEmpty { scenario.eachEnvironment { $0.replicas = 1 } }
    },
    Relaxation("one environment less") { scenario in
      guard scenario.existing.isEmpty, scenario.project.spec.environments.count > 1 else { return }
      scenario.project.spec.environments.removeLast()
    },
    Relaxation("nothing is promised") { $0.ledger = Ledger() },
    Relaxation("all agents are heard") { $0.staleZones = [] },
    Relaxation("no terms") { $0.project.spec.preferences.terms = [] },
  ]
}

extension Scenario {
  mutating func eachRegion(_ change: (inout RegionSpec) -> Void) {
    for index in regions.indices { change(&regions[index].spec) }
  }
  mutating func eachCluster(_ change: (inout ClusterSpec) -> Void) {
    for index in clusters.indices { change(&clusters[index].spec) }
  }
  mutating func eachChain(_ change: (inout ChainSpec) -> Void) {
    for index in chains.indices { change(&chains[index].spec) }
  }
  mutating func eachEnvironment(_ change: (inout ProjectSpec.Environment) -> Void) {
    for index in project.spec.environments.indices { change(&project.spec.environments[index]) }
  }
}
