import Foundation
import Model
import Testing

/// A valid spec with one thing spoilt, and the paths of the errors that this must give.
struct Spoilt: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let resource: AnyResource
  let errors: [String]
  let warnings: [String]
}

@Suite("Values are judged")
struct ValidationTests {
  private static func `operator`(
    _ name: String, _ errors: String..., spoil: (inout OperatorSpec) -> Void
  ) -> Spoilt {
    var spec = Samples.operator
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .operator(Resource("o", spec)), errors: errors, warnings: [])
  }

  private static func chain(_ name: String, _ errors: String..., spoil: (inout ChainSpec) -> Void) -> Spoilt {
    var spec = Samples.chain
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .chain(Resource("c", spec)), errors: errors, warnings: [])
  }

  private static func region(_ name: String, _ errors: String..., spoil: (inout RegionSpec) -> Void) -> Spoilt {
    var spec = Samples.region
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .region(Resource("r", spec)), errors: errors, warnings: [])
  }

  private static func zone(_ name: String, _ errors: String..., spoil: (inout ZoneSpec) -> Void) -> Spoilt {
    var spec = Samples.zone
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .zone(Resource("z", spec)), errors: errors, warnings: [])
  }

  private static func cluster(
    _ name: String, _ errors: String..., warnings: [String] = [], spoil: (inout ClusterSpec) -> Void
  ) -> Spoilt {
    var spec = Samples.cluster
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .cluster(Resource("c", spec)), errors: errors, warnings: warnings)
  }

  private static func policy(_ name: String, _ errors: String..., spoil: (inout PolicySpec) -> Void) -> Spoilt {
    var spec = Samples.policy
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .policy(Resource("p", spec)), errors: errors, warnings: [])
  }

  private static func project(_ name: String, _ errors: String..., spoil: (inout ProjectSpec) -> Void) -> Spoilt {
    var spec = Samples.project
    spoil(&spec)
    return Spoilt(testDescription: name, resource: .project(Resource("candilib", spec)), errors: errors, warnings: [])
  }

  private static func derogation(
    _ name: String, _ errors: String..., warnings: [String] = [], spoil: (inout DerogationSpec) -> Void
  ) -> Spoilt {
    var spec = Samples.derogation
    spoil(&spec)
    return Spoilt(
      testDescription: name, resource: .derogation(Resource("d", spec)), errors: errors, warnings: warnings)
  }

  static let operators = [
    `operator`("no display name", "spec.displayName") { $0.displayName = " \n" },
    `operator`("a display name with a control character", "spec.displayName") { $0.displayName = "a\u{1}b" },
    `operator`("a display name too long", "spec.displayName") { $0.displayName = String(repeating: "a", count: 4097) },
    `operator`("a display name as long as may be") { $0.displayName = String(repeating: "a", count: 4096) },
    `operator`("neither group nor subject", "spec.representatives[0]") { $0.representatives = [.init()] },
    `operator`("both", "spec.representatives[0]") { $0.representatives = [.init(group: "/a", subject: "b")] },
    `operator`("a group without its path", "spec.representatives[0].group") {
      $0.representatives = [.init(group: "a")]
    },
    `operator`("a group that is nothing but the root", "spec.representatives[0].group") {
      $0.representatives = [.init(group: "/")]
    },
    `operator`("a group with a control character", "spec.representatives[0].group") {
      $0.representatives = [.init(group: "/a\u{1}")]
    },
    `operator`("a group twice", "spec.representatives[1]") {
      $0.representatives = [.init(group: "/a"), .init(group: "/a")]
    },
    `operator`("a delay too long", "spec.flowOpening.maximumDelayDays") { $0.flowOpening?.maximumDelayDays = 31 },
  ]

  static let chains = [
    chain("no sensitivity", "spec.sensitivities") { $0.sensitivities = [] },
    chain("a sensitivity twice", "spec.sensitivities[1]") { $0.sensitivities = [.usuel, .usuel] },
    chain("no region", "spec.regions") { $0.regions = [] },
    chain("regions that are no names", "spec.regions[0]", "spec.regions[2]") { $0.regions = ["A", "b", "b"] },
    chain("nobody admitted", "spec.audience.organisations", "spec.audience.scopes") {
      $0.audience = Audience(organisations: [], scopes: [])
    },
    chain("an organisation that is no name", "spec.audience.organisations[1]") {
      $0.audience.organisations = ["*", "M I"]
    },
  ]

  static let regions = [
    region("an operator that is no name", "spec.operator") { $0.operator = "DTNUM" },
    region("a country in small letters", "spec.location.country", "spec.location.subdivision") {
      $0.location.country = "fr"
    },
    region("a subdivision elsewhere", "spec.location.subdivision") { $0.location.subdivision = "BE-WAL" },
    region("a subdivision that is none", "spec.location.subdivision") { $0.location.subdivision = "FR" },
    region("no data centre", "spec.dataCenters") { $0.dataCenters = [] },
    region("a data centre twice", "spec.dataCenters[1].name") {
      $0.dataCenters = [.init(name: "a"), .init(name: "a")]
    },
    region("a data centre that is no name", "spec.dataCenters[0].name") { $0.dataCenters = [.init(name: "-a")] },
    region("a period that ends before it starts", "spec.qualifications[0].validUntil") {
      $0.qualifications[0].validUntil = CalendarDay("2025-12-31")
    },
    region("no words", "spec.qualifications[0].evidence.reference") { $0.qualifications[0].evidence?.reference = " " },
    region("no digest", "spec.qualifications[0].evidence.digest") { $0.qualifications[0].evidence?.digest = "0F" },
    region("two periods of one qualification that overlap", "spec.qualifications[1]") {
      $0.qualifications[1].name = "SecNumCloud"
    },
    region("two periods of one qualification in a row") {
      $0.qualifications[1] = .init(name: "SecNumCloud", validFrom: CalendarDay("2028-01-01"))
    },
    region("a version with letters", "spec.services[1].version") { $0.services[1].version = "16.x" },
    region("a service twice", "spec.services[1]") { $0.services = [.init(name: "s3"), .init(name: "s3")] },
    region("one service in two versions") {
      $0.services = [.init(name: "postgresql", version: "15"), .init(name: "postgresql", version: "16")]
    },
    region("networks without a name", "spec.interconnections[0]", "spec.interconnections[1]") {
      $0.interconnections = ["", " RIE"]
    },
    region("a network with a space in its name") { $0.interconnections = ["Réseau interne"] },
    region("a taint key that is none", "spec.taints[0].key") { $0.taints[0].key = "a/b/c" },
    region("a taint key with an empty domain", "spec.taints[0].key") { $0.taints[0].key = "/b" },
    region("a taint value that is none", "spec.taints[0].value") { $0.taints[0].value = "a b" },
    region("a taint twice", "spec.taints[1].key") { $0.taints.append($0.taints[0]) },
    region("more taints than anyone has", "spec.taints") {
      $0.taints = (0...64).map { Taint(key: "k\($0)", effect: .noPlacement) }
    },
  ]

  static let zones = [
    zone("a slug too long", "spec.slug") { $0.slug = "r1-usuel-01" },
    zone("no slug", "spec.slug") { $0.slug = "" },
    zone("a slug in capitals", "spec.slug") { $0.slug = "R1" },
    zone("a Git URL over http", "spec.git.url") { $0.git?.url = "http://a/b" },
    zone("a Git URL without a host", "spec.git.url") { $0.git?.url = "https:///b" },
    zone("a Git URL without a path", "spec.git.url") { $0.git?.url = "ssh://git@host/" },
    zone("a Git URL that is a host", "spec.git.url") { $0.git?.url = "ssh://git@host" },
    zone("a Git URL over ssh") { $0.git?.url = "ssh://git@host/a.git" },
    zone("a folder outside", "spec.git.path") { $0.git?.path = "a/../../b" },
    zone("an absolute folder", "spec.git.path") { $0.git?.path = "/a" },
    zone("a branch that Git refuses", "spec.git.branch") { $0.git?.branch = "a..b" },
    zone("a branch with a space", "spec.git.branch") { $0.git?.branch = "a b" },
    zone("a branch in folders") { $0.git?.branch = "release/1.0" },
    zone("a region and a chain that are no names", "spec.region", "spec.chain") { ($0.region, $0.chain) = ("", "") },
  ]

  static let clusters = [
    cluster("no data centre and no stage", "spec.dataCenters", "spec.stages") {
      ($0.dataCenters, $0.stages) = ([], [])
    },
    cluster("an unknown stage", "spec.stages[0]") { $0.stages = ["production"] },
    cluster("no capacity", "spec.capacity.cpu", "spec.capacity.memory") { $0.capacity = ResourceList() },
    cluster("half a GPU, half a pod", "spec.capacity.gpu", "spec.capacity.pods") {
      ($0.capacity.gpu, $0.capacity.pods) = (Quantity("500m"), Quantity("1.5"))
    },
    cluster("no CPU, negative storage", "spec.capacity.cpu", "spec.capacity.storage") {
      ($0.capacity.cpu, $0.capacity.storage) = (Quantity("0"), Quantity("-1"))
    },
    cluster("more than anyone has", "spec.capacity.cpu", "spec.capacity.memory") {
      ($0.capacity.cpu, $0.capacity.memory) = (Quantity("1E"), Quantity("16Ei"))
    },
    cluster("a label too long", "spec.console.label") { $0.console?.label = String(repeating: "x", count: 51) },
    cluster("an empty label", "spec.console.label") { $0.console?.label = "" },
    cluster("a dedicated cluster of nobody", "spec.projects") { $0.projects = [] },
    cluster("a public cluster of somebody", "spec.projects") { $0.privacy = .public },
    cluster("projects that are no names", "spec.projects[0]", "spec.projects[2]") {
      $0.projects = ["a-b", "ab", "ab"]
    },
    cluster("written to although the application runs it", "spec.mode") { $0.mode = .own },
    cluster("an external cluster that is written to", warnings: ["spec.mode"]) {
      ($0.management, $0.mode) = (.operator, .adopt)
    },
    cluster("a cluster of the ministry that is written to") {
      ($0.management, $0.mode, $0.external) = (.operator, .gitops, false)
    },
  ]

  static let policies = [
    policy("no French title", "spec.title.fr") { $0.title.fr = "" },
    policy("an empty English title", "spec.title.en") { $0.title.en = "" },
    policy("no data class", "spec.dataClasses") { $0.dataClasses = [] },
    policy("a data class twice", "spec.dataClasses[2].name") { $0.dataClasses.append($0.dataClasses[0]) },
    policy("an unknown parent", "spec.dataClasses[1].parent") { $0.dataClasses[1].parent = "usuel" },
    policy("its own parent", "spec.dataClasses[0].parent") { $0.dataClasses[0].parent = "usuelle" },
    policy("a circle", "spec.dataClasses[0].parent", "spec.dataClasses[0].sensitivity", "spec.dataClasses[1].parent") {
      $0.dataClasses[0].parent = "dr"
    },
    policy("below a circle", "spec.dataClasses[0].parent") {
      $0.dataClasses[0].parent = "usuelle"
      $0.dataClasses[1].sensitivity = .restricted
    },
    policy("less sensitive than its parent", "spec.dataClasses[0].sensitivity") {
      $0.dataClasses[0].parent = "dr"
      $0.dataClasses[1].parent = nil
    },
    policy("a demand that demands nothing", "spec.dataClasses[1].requires") {
      $0.dataClasses[1].requires = LabelSelector()
    },
    policy("a misspelt attribute", "spec.dataClasses[1].requires.matchLabels[\"region.nmae\"]") {
      $0.dataClasses[1].requires = LabelSelector(matchLabels: ["region.nmae": "x"])
    },
    policy("an empty value", "spec.dataClasses[1].requires.matchLabels[\"region.name\"]") {
      $0.dataClasses[1].requires = LabelSelector(matchLabels: ["region.name": ""])
    },
    policy(
      "a residency in another country", "spec.dataClasses[1].residency.countries[1]",
      "spec.dataClasses[1].residency.subdivisions[0]"
    ) { $0.dataClasses[1].residency = .init(countries: ["BE", "Fr"], subdivisions: ["FR-IDF"]) },
    policy("a rule twice", "spec.rules[2].id") { $0.rules.append($0.rules[0]) },
    policy("no motive", "spec.rules[0].motive.fr") { $0.rules[0].motive.fr = "" },
    policy("neither places nor chains", "spec.rules[0]") { $0.rules[0].places = nil },
    policy("both places and chains", "spec.rules[0]") { $0.rules[0].chains = $0.rules[1].chains },
    policy("a requirement with a weight", "spec.rules[0].weight") { $0.rules[0].weight = 1 },
    policy("a preference without a weight", "spec.rules[1].weight") { $0.rules[1].weight = nil },
    policy(
      "more classes, rules, capacity rules and limits than anyone has", "spec.dataClasses", "spec.rules",
      "spec.capacity", "spec.limits"
    ) {
      $0.dataClasses = Array(repeating: $0.dataClasses[0], count: 201)
      $0.rules = Array(repeating: $0.rules[0], count: 1_001)
      $0.capacity = Array(repeating: $0.capacity[0], count: 201)
      $0.limits = Array(repeating: $0.limits[0], count: 1_001)
    },
    policy("a weight of nothing", "spec.rules[1].weight") { $0.rules[1].weight = 0 },
    policy("a weight below the lowest", "spec.rules[1].weight") { $0.rules[1].weight = -11 },
    policy("a weight above the highest", "spec.rules[1].weight") { $0.rules[1].weight = 11 },
    policy("a negative weight, which turns the sign round") { $0.rules[1].weight = -10 },
    policy("a wish that no derogation waives", "spec.rules[1].notWaivable") { $0.rules[1].notWaivable = true },
    policy("a restriction that no derogation waives") { $0.rules[0].notWaivable = true },
    policy("a rule about places in the words of projects", "spec.rules[0].places.matchExpressions[0].key") {
      $0.rules[0].places = LabelSelector(matchExpressions: [.init(key: "project.name", operator: .exists)])
    },
    policy("In without values", "spec.rules[0].subject.matchExpressions[0].values") {
      $0.rules[0].subject.matchExpressions[0].operator = .in
    },
    policy("NotIn with a value twice", "spec.rules[0].subject.matchExpressions[0].values[1]") {
      $0.rules[0].subject.matchExpressions = [.init(key: "project.name", operator: .notIn, values: ["a", "a"])]
    },
    policy("Exists with values", "spec.rules[0].subject.matchExpressions[0].values") {
      $0.rules[0].subject.matchExpressions[0].values = ["a"]
    },
    policy("Gt with a word", "spec.rules[0].places.matchExpressions[0].values") {
      $0.rules[0].places?.matchExpressions[0].values = ["two"]
    },
    policy("Gt with two numbers", "spec.rules[0].places.matchExpressions[0].values") {
      $0.rules[0].places?.matchExpressions[0].values = ["1", "2"]
    },
    policy("a period that ends before it starts", "spec.rules[0].validUntil") {
      $0.rules[0].validUntil = CalendarDay("2025-12-31")
    },
    policy("an unknown stage", "spec.rules[0].stages[0]") { $0.rules[0].stages = ["production"] },
    policy(
      "capacity out of range", "spec.capacity[0].overcommit", "spec.capacity[0].reserve", "spec.capacity[0].tolerance"
    ) {
      $0.capacity[0].overcommit = Quantity("11")
      $0.capacity[0].reserve = Quantity("0.91")
      $0.capacity[0].tolerance = Quantity("-1m")
    },
    policy("capacity twice", "spec.capacity[0].resources[1]", "spec.capacity[1].resources[1]", "spec.capacity[1].id") {
      $0.capacity[0].resources = [.cpu, .cpu]
      $0.capacity.append($0.capacity[0])
    },
    policy("a limit that limits nothing", "spec.limits[0]") {
      ($0.limits[0].production, $0.limits[0].nonProduction) = (nil, nil)
    },
    policy("a negative limit", "spec.limits[0].production.cpu") { $0.limits[0].production?.cpu = Quantity("-1") },
    policy("weights out of range", "spec.scoring.balance", "spec.scoring.locality") {
      $0.scoring = .init(balance: -1, locality: 11)
    },
    policy("a quorum above the voters", "spec.governance.quorum") { $0.governance?.quorum = 3 },
    policy("a quorum of nobody", "spec.governance.quorum") { $0.governance = .init(quorum: 0) },
    policy("a vote of a day's fraction", "spec.governance.votingDays") { $0.governance?.votingDays = 0 },
    policy("a voter twice", "spec.governance.voters[1]") { $0.governance?.voters = ["dtnum", "dtnum"] },
    policy("delays out of range", "spec.flowDelayDays", "spec.heartbeatLimitSeconds") {
      ($0.flowDelayDays, $0.heartbeatLimitSeconds) = (0, 9)
    },
  ]

  static let projects = [
    project("no data class", "spec.dataClasses") { $0.dataClasses = [] },
    project("an organisation that is no name", "spec.organisation") { $0.organisation = "*" },
    project("a typology that is none", "spec.typology") { $0.typology = "" },
    project("a version constraint that is none", "spec.services[1].version") { $0.services[1].version = "~>1" },
    project("a service twice", "spec.services[1].name") { $0.services[1].name = "s3" },
    project("a term that asks nothing", "spec.preferences.terms[0]") { $0.preferences.terms = [LabelSelector()] },
    project(
      "wishes without weight or target", "spec.preferences.weighted[0].weight", "spec.preferences.weighted[0].target",
      "spec.preferences.weighted[1].weight"
    ) {
      $0.preferences.weighted = [
        .init(weight: 0, target: LabelSelector()),
        .init(weight: 11, target: LabelSelector(matchLabels: ["region.name": "idf"])),
      ]
    },
    project("Equal without a key", "spec.tolerations[0].operator") { $0.tolerations = [.init()] },
    project("Exists with a value", "spec.tolerations[0].value") {
      $0.tolerations = [.init(key: "gpu", operator: .exists, value: "a")]
    },
    project("a toleration of what is no key", "spec.tolerations[0].key", "spec.tolerations[0].value") {
      $0.tolerations = [.init(key: "", value: "?")]
    },
    project(
      "a spread of what there is not", "spec.spread[0].stage", "spec.spread[0].maxSkew",
      "spec.spread[0].environments[0]",
      "spec.spread[0].environments[1]"
    ) {
      $0.spread = [.init(topology: .zone, environments: ["recette", "recette"], stage: "x", maxSkew: 0)]
    },
    project(
      "a co-location of what there is not", "spec.colocation[0].stage", "spec.colocation[0].environments[0]"
    ) {
      $0.colocation = [.init(topology: .zone, environments: ["recette"], stage: "x")]
    },
    project(
      "no environment", "spec.colocation[0].environments[0]", "spec.environments", "spec.spread[0].environments[0]"
    ) { $0.environments = [] },
    project("environment names", "spec.environments[0].name", "spec.spread[0].environments[0]") {
      $0.environments[0].name = "p"
    },
    project("an environment twice", "spec.environments[1].name", "spec.environments[1].consoleID") {
      ($0.environments[1], $0.colocation) = ($0.environments[0], [])
    },
    project("an environment name twice", "spec.environments[1].name") {
      ($0.environments[1].name, $0.colocation) = ("prod", [])
    },
    project("no quota", "spec.environments[0].quota.cpu", "spec.environments[0].quota.memory") {
      $0.environments[0].quota = ResourceList()
    },
    project("too many replicas", "spec.environments[0].replicas") { $0.environments[0].replicas = 9 },
    project("an unknown stage", "spec.environments[0].stage") { $0.environments[0].stage = "Prod" },
  ]

  static let others = [
    derogation("no rule", "spec.rules") { $0.rules = [] },
    derogation("no motive", "spec.motive") { $0.motive = "" },
    derogation("a project that is no name", "spec.project") { $0.project = "c" },
    derogation("a period that ends before it starts", "spec.validUntil") { $0.validUntil = CalendarDay("2026-10-31") },
    derogation("granted, not notified", warnings: ["spec.notifiedAt"]) { $0.notifiedAt = nil },
    derogation("notified, not decided", "spec.notifiedAt") { $0.decision = nil },
    derogation("refused and notified") { $0.decision = .refused },
    Spoilt(
      testDescription: "a placement out of range",
      resource: {
        var spec = Samples.placement
        (spec.replica, spec.revision, spec.epoch, spec.namespace) = (8, 0, 0, "Namespace")
        return .placement(Resource("p", spec))
      }(), errors: ["spec.replica", "spec.namespace", "spec.revision", "spec.epoch"], warnings: []),
    Spoilt(
      testDescription: "a migration of nothing",
      resource: .migration(Resource("m", MigrationSpec(project: "candilib", motive: "", moves: []))),
      errors: ["spec.motive", "spec.moves"], warnings: []),
    Spoilt(
      testDescription: "a placement moved twice",
      resource: {
        var spec = Samples.migration
        spec.moves.append(.init(source: spec.moves[0].source, targetCluster: "_"))
        return .migration(Resource("m", spec))
      }(), errors: ["spec.moves[1].targetCluster", "spec.moves[1].source"], warnings: []),
    Spoilt(
      testDescription: "flows to nowhere",
      resource: {
        var spec = Samples.flowRequest
        (spec.ports, spec.peer, spec.environment) = ([0, 443, 443, 65_536], "10.0.0.1", "P")
        return .flowRequest(Resource("f", spec))
      }(), errors: ["spec.environment", "spec.peer", "spec.ports[2]", "spec.ports[0]", "spec.ports[3]"], warnings: []),
    Spoilt(
      testDescription: "a flow without a port",
      resource: {
        var spec = Samples.flowRequest
        spec.ports = []
        return .flowRequest(Resource("f", spec))
      }(), errors: ["spec.ports"], warnings: []),
  ]

  @Test(
    "one thing spoilt, that and nothing else found",
    arguments: [operators, chains, regions, zones, clusters, policies, projects, others].flatMap(\.self))
  func spoilt(_ spoilt: Spoilt) {
    let problems = spoilt.resource.problems
    #expect(Set(problems.filter { $0.severity == .error }.map(\.path)) == Set(spoilt.errors), "\(problems)")
    #expect(problems.filter { $0.severity == .warning }.map(\.path) == spoilt.warnings, "\(problems)")
    for problem in problems { #expect(!problem.message.isEmpty && !problem.messageFR.isEmpty) }
  }
}
