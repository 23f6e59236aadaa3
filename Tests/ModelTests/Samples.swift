import Foundation
public import Model
public import Testing

/// One valid resource of every kind, every field filled in.
enum Samples {
  static let environmentID = uuid("bc06ace5-ddf6-4f00-97fa-872922baf078")
  static let projectID = uuid("22e7044f-8414-435d-9c4a-2df42a65034b")

  static var all: [AnyResource] {
    let resources: [AnyResource] = [
      .operator(Resource("dtnum", `operator`)), .chain(Resource("chaine", chain)), .region(Resource("idf", region)),
      .zone(Resource("idf-usuel", zone)), .cluster(Resource("idf-1", cluster)), .policy(Resource("politique", policy)),
      .project(Resource("candilib", project)), .derogation(Resource("derogation-1", derogation)),
      .placement(Resource("placement-1", placement)), .migration(Resource("migration-1", migration)),
      .flowRequest(Resource("flux-1", flowRequest)),
    ]
    return resources.map { resource in
      var resource = resource
      resource.metadata.labels = ["tier": "gold", "regie.cloud-pi-native.fr/wave": "1"]
      resource.metadata.annotations = ["note": "Ligne 1\nLigne 2 : « fin »"]
      resource.metadata.uid = environmentID
      resource.metadata.generation = 3
      resource.metadata.resourceVersion = "42"
      resource.metadata.creationTimestamp = Date(timeIntervalSince1970: 1_795_426_200.25)
      return resource
    }
  }

  static let `operator` = OperatorSpec(
    displayName: "Direction du numérique",
    representatives: [.init(group: "/regie/operators/dtnum"), .init(subject: "8f7c")],
    flowOpening: .init(mode: .manual, maximumDelayDays: 5))

  static let chain = ChainSpec(
    displayName: "Chaîne", sensitivities: [.usuel, .restricted], regions: ["idf"], audience: audience)

  static let audience = Audience(organisations: ["*"], scopes: [.ministerial, .interministerial])

  static let region = RegionSpec(
    operator: "dtnum", displayName: "Île-de-France",
    location: .init(country: "FR", subdivision: "FR-IDF", city: "Paris"),
    dataCenters: [.init(name: "idf-1"), .init(name: "idf-2", city: "Lognes")],
    qualifications: [
      .init(
        name: "SecNumCloud", validFrom: day("2026-01-01"), validUntil: day("2027-12-31"),
        evidence: .init(reference: "décision 2026-12", digest: String(repeating: "0f", count: 32))),
      .init(name: "HDS"),
    ],
    services: [.init(name: "s3"), .init(name: "postgresql", version: "16.4")], interconnections: ["RIE", "Internet"],
    audience: audience, state: .cordoned, taints: [taint])

  static let taint = Taint(key: "regie.cloud-pi-native.fr/gpu", value: "yes", effect: .noNewPlacement)

  static let zone = ZoneSpec(
    region: "idf", sensitivity: .usuel, slug: "r1-usuel", chain: "chaine",
    git: .init(url: "https://git.example/zone.git", branch: "main", path: "regie/idf"))

  static let cluster = ClusterSpec(
    zone: "idf-usuel", dataCenters: ["idf-1"], privacy: .dedicated, projects: ["candilib"], management: .application,
    external: true, mode: .observe, stages: ["prod", "dev"],
    capacity: ResourceList(
      cpu: Quantity("100"), memory: Quantity("1.5Gi"), gpu: Quantity("4"), storage: Quantity("10Ti"),
      pods: Quantity("500")),
    capacitySource: .measured, console: .init(id: environmentID, label: "Usuel 1"), state: .draining, taints: [taint])

  static let policy = PolicySpec(
    title: LocalizedText(fr: "Politique", en: "Policy"),
    dataClasses: [
      .init(name: "usuelle", sensitivity: .usuel),
      .init(
        name: "dr", parent: "usuelle", title: LocalizedText(fr: "DR"), sensitivity: .restricted,
        qualifications: ["SecNumCloud"], residency: .init(countries: ["FR"], subdivisions: ["FR-IDF"]),
        requires: LabelSelector(matchLabels: ["region.label/tier": "gold"])),
    ],
    rules: [
      .init(
        id: "require-1", title: LocalizedText(fr: "Titre"), motive: LocalizedText(fr: "Motif", en: "Motive"),
        subject: LabelSelector(matchExpressions: [.init(key: "project.typology", operator: .exists)]), effect: .require,
        places: LabelSelector(matchExpressions: [
          .init(key: "region.dataCenters", operator: .greaterThan, values: ["1"])
        ]),
        stages: ["prod"], validFrom: day("2026-01-01"), validUntil: day("2026-12-31")),
      .init(
        id: "avoid-1", motive: LocalizedText(fr: "Motif"), effect: .avoid,
        chains: LabelSelector(matchExpressions: [.init(key: "chain.name", operator: .in, values: ["chaine"])]),
        weight: 10),
    ],
    capacity: [
      .init(
        id: "prod", places: LabelSelector(matchLabels: ["cluster.external": "true"]), stages: ["prod"],
        resources: [.cpu, .memory], overcommit: Quantity("1.5"), reserve: Quantity("0.1"), tolerance: Quantity("0.05"))
    ],
    limits: [
      .init(
        subject: LabelSelector(), production: ResourceList(cpu: Quantity("8")),
        nonProduction: ResourceList(memory: Quantity("16Gi")))
    ],
    scoring: .init(balance: 0, affinity: 10, stickiness: 5, locality: 1),
    governance: .init(quorum: 2, votingDays: 15, voters: ["dtnum", "anfsi"]), flowDelayDays: 5,
    heartbeatLimitSeconds: 300, capacityMaxAgeSeconds: 7200, complianceDays: 45, derogationNoticeDays: 60)

  static let project = ProjectSpec(
    displayName: "Candilib", organisation: "mi", audience: .ministerial, typology: "teleprocedure",
    dataClasses: ["usuelle"], services: [.init(name: "s3"), .init(name: "postgresql", version: ">=14 <17")],
    interconnections: ["RIE"], residency: .init(countries: ["FR"], subdivisions: ["FR-IDF"]),
    preferences: .init(
      terms: [LabelSelector(matchLabels: ["region.name": "idf"])],
      weighted: [.init(weight: -3, target: LabelSelector(matchLabels: ["zone.slug": "r1-usuel"]))]),
    tolerations: [
      .init(key: "gpu", operator: .equal, value: "yes", effect: .preferNoPlacement), .init(operator: .exists),
    ],
    spread: [
      .init(
        topology: .region, environments: ["prod"], stage: "prod", maxSkew: 1, whenUnsatisfiable: .placeAnyway)
    ],
    colocation: [
      .init(topology: .region, environments: ["integ"], stage: "integration", whenUnsatisfiable: .placeAnyway)
    ],
    consoleID: projectID,
    environments: [
      .init(
        name: "prod", stage: "prod", quota: ResourceList(cpu: Quantity("500m"), memory: Quantity("4Gi")), replicas: 2,
        distinct: .dataCenter, consoleID: environmentID),
      .init(name: "integ", stage: "integration", quota: ResourceList(cpu: Quantity("1"), memory: Quantity("1G"))),
    ])

  static let derogation = DerogationSpec(
    project: "candilib", rules: ["require-1"], motive: "Reprise d’activité", requestedBy: "8f7c",
    validFrom: day("2026-11-01"), validUntil: day("2027-04-30"), decision: .granted,
    notifiedAt: Date(timeIntervalSince1970: 1_795_426_200))

  static let placement = PlacementSpec(
    id: environmentID, project: "candilib", projectID: projectID, organisation: "mi", environment: "prod",
    environmentID: environmentID, stage: "prod", replica: 1, zone: "r1-usuel", cluster: "idf-1",
    namespace: NamespaceName.make(environment: environmentID, project: projectID), phase: .frozen,
    quota: ResourceList(cpu: Quantity("4"), memory: Quantity("8Gi")), revision: 7, epoch: 1, decision: projectID)

  static let migration = MigrationSpec(
    project: "candilib", motive: "Fermeture de région", moves: [.init(source: environmentID, targetCluster: "idf-1")])

  static let flowRequest = FlowRequestSpec(
    project: "candilib", environment: "prod", direction: .outbound, peer: "10.1.0.0/16", protocol: .tcp,
    ports: [443, 8443], motive: "API du partenaire")

  /// A UUID that is known to be well formed; all zeros otherwise, which the tests would notice.
  static func uuid(_ text: String) -> UUID {
    UUID(uuidString: text) ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  }

  static func day(_ text: String) -> CalendarDay? { CalendarDay(text) }
}

/// Random numbers that can be had again from their seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A new seed, printed so that a failure can be had again.
  static func fresh(_ test: String) -> SeededGenerator {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("\(test): seed \(seed)")
    return SeededGenerator(seed: seed)
  }
}

extension AnyResource: CustomTestStringConvertible {
  /// The label, for a whole resource is too long to read.
  public var testDescription: String { label }
}
