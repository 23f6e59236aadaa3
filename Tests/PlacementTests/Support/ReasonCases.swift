import Foundation
import Model
import Placement

extension ReasonCase {
  static let all = restrictions + states + fit + joint + preference

  static let restrictions: [ReasonCase] = [
    .init(.unresolvedReference, "ara-1", ["kind": "Zone", "name": "gone"]) { $0.cluster("ara-1") { $0.zone = "gone" } },
    .init(.unresolvedReference, "ara-1", ["kind": "Region", "name": "gone"]) {
      $0.zone("ara-usuel") { $0.region = "gone" }
    },
    .init(.unresolvedReference, "ara-1", ["kind": "Operator", "name": "gone"]) {
      $0.region("ara") { $0.operator = "gone" }
    },
    .init(.unknownDataClass, "idf-1", ["dataClass": "secret"]) { $0.project.spec.dataClasses = ["secret"] },
    .init(.unknownDataClass, "idf-1", ["dataClass": ""]) { $0.project.spec.dataClasses = [] },
    .init(.unknownDataClass, "idf-1", ["dataClass": "lost"]) { $0.policy.dataClasses[0].parent = "lost" },
    .init(.sensitivityTooLow, "idf-1", ["dataClass": "restricted", "wanted": "DR", "actual": "usuel"]) {
      $0.project.spec.dataClasses = ["ordinary", "restricted"]
    },
    .init(.restrictedZoneReserved, "dr-1", ["wanted": "usuel", "actual": "DR"]) { _ in },
    .init(.qualificationMissing, "dr-1", ["qualification": "HDS", "dataClass": "ordinary"]) {
      $0.policy.dataClasses[0].qualifications = ["HDS"]
    },
    .init(
      .qualificationMissing, "dr-1",
      ["qualification": "HDS", "dataClass": "ordinary", "declared": "unacknowledged"]
    ) {
      $0.policy.dataClasses[0].qualifications = ["HDS"]
      $0.unacknowledged = [.init(region: "idf", name: "HDS")]
    },
    .init(.qualificationExpired, "dr-1", ["qualification": "SecNumCloud", "validUntil": "2026-12-31"]) {
      $0.project.spec.dataClasses = ["restricted"]
      $0.day = World.day("2027-01-01")
    },
    .init(.qualificationNotYetValid, "dr-1", ["qualification": "SecNumCloud", "validFrom": "2026-01-01"]) {
      $0.project.spec.dataClasses = ["restricted"]
      $0.day = World.day("2025-12-31")
    },
    .init(.residencyRefused, "ara-1", ["source": "project", "allowed": "BE, LU", "actual": "FR"]) {
      $0.project.spec.residency = .init(countries: ["LU", "BE"])
    },
    .init(.residencyRefused, "ara-1", ["source": "ordinary", "allowed": "FR-IDF", "actual": "FR-ARA"]) {
      $0.policy.dataClasses[0].residency = .init(subdivisions: ["FR-IDF"])
    },
    .init(.attributeUndeclared, "ara-1", ["attribute": "region.subdivision", "source": "project"]) {
      $0.project.spec.residency = .init(subdivisions: ["FR-ARA"])
      $0.region("ara") { $0.location.subdivision = nil }
    },
    .init(.attributeUndeclared, "ara-1", ["attribute": "region.city", "source": "ordinary"]) {
      $0.policy.dataClasses[0].requires = .in("region.city", "Lyon")
    },
    .init(.attributeUndeclared, "ara-1", ["attribute": "region.city", "source": "stay-in-lyon"]) {
      $0.policy.rules = [World.rule("stay-in-lyon", .require, places: .in("region.city", "Lyon"))]
    },
    .init(.attributeUndeclared, "ara-1", ["attribute": "region.city", "source": "not-in-lyon"]) {
      $0.policy.rules = [World.rule("not-in-lyon", .forbid, places: .in("region.city", "Lyon"))]
    },
    .init(.dataClassDemand, "idf-1", ["dataClass": "ordinary", "demand": "region.name in (ara)"]) {
      $0.policy.dataClasses[0].requires = .in("region.name", "ara")
    },
    .init(.audienceRefused, "ara-1", ["wanted": "mi", "allowed": "dinum, mj"]) {
      $0.region("ara") { $0.audience.organisations = ["mj", "dinum"] }
    },
    .init(.audienceRefused, "ara-1", ["wanted": "ministerial", "allowed": "interministerial"]) {
      $0.region("ara") { $0.audience.scopes = [.interministerial] }
    },
    .init(.ruleRequires, "ara-1", ["rule": "own-region", "motive": "motif de own-region"]) {
      $0.policy.rules = [World.rule("own-region", .require, places: .in("region.name", "idf"))]
    },
    .init(.ruleForbids, "ara-1", ["rule": "not-ara", "motiveEN": "motive of not-ara"]) {
      $0.policy.rules = [World.rule("not-ara", .forbid, places: .in("region.name", "ara"))]
    },
  ]

  static let states: [ReasonCase] = [
    .init(.regionClosed, "ara-1", ["name": "ara"]) { $0.region("ara") { $0.state = .closed } },
    .init(.clusterClosed, "ara-1", ["name": "ara-1"]) { $0.cluster("ara-1") { $0.state = .closed } },
    .init(.regionDraining, "ara-1", ["name": "ara"]) { $0.region("ara") { $0.state = .draining } },
    .init(.clusterDraining, "ara-1", ["name": "ara-1"]) { $0.cluster("ara-1") { $0.state = .draining } },
    .init(.regionCordoned, "ara-1", ["name": "ara"]) { $0.region("ara") { $0.state = .cordoned } },
    .init(.clusterCordoned, "ara-1", ["name": "ara-1"]) { $0.cluster("ara-1") { $0.state = .cordoned } },
    .init(.taintNotTolerated, "ara-1", ["name": "ara", "taint": "pilot=yes:NoPlacement"]) {
      $0.region("ara") { $0.taints = [Taint(key: "pilot", value: "yes", effect: .noPlacement)] }
    },
    .init(.taintNotTolerated, "ara-1", ["name": "ara-1", "taint": "pilot:NoNewPlacement"]) {
      $0.cluster("ara-1") { $0.taints = [Taint(key: "pilot", effect: .noNewPlacement)] }
    },
  ]

  static let fit: [ReasonCase] = [
    .init(.chainCannotDeliver, "ara-1", ["chain": "", "cause": "none"]) {
      $0.chain("common") { $0.regions = ["idf"] }
      $0.chain("sealed") { $0.regions = ["idf"] }
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "lost", "cause": "unknown"]) {
      $0.zone("idf-usuel") { $0.chain = "lost" }
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "common", "cause": "sensitivity"]) {
      $0.chain("common") { $0.sensitivities = [.restricted] }
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "common", "cause": "region"]) {
      $0.chain("common") { $0.regions = [] }
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "common", "cause": "audience"]) {
      $0.chain("common") { $0.audience.organisations = ["mj"] }
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "common", "cause": "rule", "rule": "sealed-only"]) {
      $0.policy.rules = [World.rule("sealed-only", .require, chains: .in("chain.name", "sealed"))]
    },
    .init(.chainCannotDeliver, "idf-1", ["chain": "common", "cause": "rule", "rule": "no-common"]) {
      $0.policy.rules = [World.rule("no-common", .forbid, chains: .in("chain.name", "common"))]
    },
    .init(.stageNotAdmitted, "ara-1", ["stage": "prod", "allowed": "dev, staging"]) {
      $0.cluster("ara-1") { $0.stages = ["staging", "dev"] }
    },
    .init(.dedicatedToOthers, "ara-1", ["project": "shop"]) { $0.cluster("ara-1") { $0.privacy = .dedicated } },
    .init(.managedByApplication, "ara-1", ["project": "shop"]) {
      $0.cluster("ara-1") { ($0.management, $0.mode) = (.application, .observe) }
    },
    .init(.modeContradictory, "ara-1", ["mode": "own"]) { $0.cluster("ara-1") { $0.management = .application } },
    .init(.serviceMissing, "ara-1", ["service": "gpu"]) { $0.project.spec.services = [.init(name: "gpu")] },
    .init(.serviceVersion, "ara-1", ["service": "postgresql", "wanted": ">=17", "offered": "16.2"]) {
      $0.project.spec.services = [.init(name: "postgresql", version: ">=17")]
    },
    .init(.interconnectionMissing, "ara-1", ["network": "Internet"]) {
      $0.project.spec.interconnections = ["RIE", "Internet"]
    },
    .init(.staleHeartbeat, "ara-1", ["zone": "ara-usuel"]) { $0.staleZones = ["ara-usuel"] },
    .init(.capacityNeverFits, "ara-1", ["resource": "cpu", "needed": "400", "limit": "100", "short": "300"]) {
      $0.project.spec.environments = [World.environment("prod1", "prod", cpu: 400)]
    },
    .init(
      .capacityShort, "ara-1",
      ["resource": "cpu", "needed": "4", "limit": "100", "committed": "98", "free": "2", "short": "2"]
    ) { $0.ledger.clusters["ara-1"] = .init(committed: ResourceAmounts(cpu: 98_000)) },
  ]

  static let joint: [ReasonCase] = [
    .init(
      .spreadUnsatisfiable, nil,
      ["environments": "prod1", "topology": "dataCenter", "wanted": "4", "atMost": "1", "available": "3"]
    ) { $0.project.spec.environments = [World.environment("prod1", "prod", replicas: 4)] },
    .init(.spreadUnsatisfiable, nil, ["environments": "one, two", "topology": "region", "wanted": "2"]) {
      $0.zone("ara-usuel") { $0.chain = "sealed" }
      $0.project.spec.environments = [World.environment("one", "prod"), World.environment("two", "prod")]
      $0.project.spec.spread = [.init(topology: .region)]
    },
    .init(.spreadUnsatisfiable, nil, ["topology": "zone"]) {
      $0.project.spec.environments = [World.environment("prod1", "prod", replicas: 3, distinct: .zone)]
    },
    .init(.spreadUnsatisfiable, nil, ["topology": "cluster", "available": "3"]) {
      $0.project.spec.environments = [World.environment("prod1", "prod", replicas: 4, distinct: .cluster)]
    },
    .init(.noCommonChain, nil, [:]) {
      $0.zone("ara-usuel") { $0.chain = "sealed" }
      $0.project.spec.environments = [World.environment("prod1", "prod", replicas: 2, distinct: .region)]
    },
    .init(
      .contractLimit, nil, ["scope": "prod", "resource": "cpu", "needed": "4", "limit": "3", "short": "1"]
    ) { $0.policy.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(3)))] },
    .init(
      .moveNeeded, nil, ["environment": "prod1", "replica": "0", "from": "idf-1", "to": "ara-1"]
    ) {
      $0.cluster("ara-1") { $0.capacity.cpu = Quantity(4) }
      $0.cluster("idf-2") { $0.capacity.cpu = Quantity(4) }
      $0.project.spec.environments.append(World.environment("prod2", "prod", cpu: 60))
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("prod1", on: "idf-1")
    },
    .init(.colocationUnsatisfiable, nil, ["environments": "prod1, prod2", "topology": "cluster"]) {
      $0.project.spec.environments = [
        World.environment("prod1", "prod", cpu: 60), World.environment("prod2", "prod", cpu: 60),
      ]
      $0.project.spec.colocation = [.init(topology: .cluster)]
    },
    .init(.jointCapacityShort, nil, [:]) {
      $0.clusters.removeAll { $0.name != "ara-1" }
      $0.project.spec.environments = [
        World.environment("one", "prod", cpu: 60), World.environment("two", "prod", cpu: 60),
      ]
    },
    .init(.noCandidate, nil, ["environment": "prod1", "mostly": "StageNotAdmitted"]) {
      $0.project.spec.environments = [World.environment("prod1", "integration")]
    },
    .init(.pinInvalid, nil, ["environment": "prod1", "replica": "1", "pinned": "idf-1", "cause": "replica"]) {
      $0.pins = [Pin(environment: "prod1", replica: 1, cluster: "idf-1")]
    },
    .init(
      .pinRefused, nil,
      [
        "environment": "prod1", "replica": "0", "pinned": "dr-1", "because": "RestrictedZoneReserved",
        "because.actual": "DR",
      ]
    ) { $0.pins = [Pin(environment: "prod1", replica: 0, cluster: "dr-1")] },
    .init(.budgetExhausted, nil, ["nodes": "1"]) {
      $0.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
      $0.nodeBudget = 1
    },
  ]

  static let preference: [ReasonCase] = [
    .init(.rulePrefers, "ara-1", ["rule": "go-ara", "weight": "3"]) {
      $0.policy.rules = [World.rule("go-ara", .prefer, places: .in("region.name", "ara"), weight: 3)]
    },
    .init(.ruleAvoids, "ara-1", ["rule": "shun-ara", "weight": "-2"]) {
      $0.policy.rules = [World.rule("shun-ara", .avoid, places: .in("region.name", "ara"), weight: 2)]
    },
    .init(.wishMet, "ara-1", ["target": "region.name in (ara)", "weight": "5"]) {
      $0.project.spec.preferences.weighted = [.init(weight: 5, target: .in("region.name", "ara"))]
    },
    .init(.softTaint, "ara-1", ["name": "ara-1", "taint": "old:PreferNoPlacement"]) {
      $0.cluster("ara-1") { $0.taints = [Taint(key: "old", effect: .preferNoPlacement)] }
    },
    .init(.outsideHeldTerm, "idf-1", ["term": "1"]) {
      $0.project.spec.preferences.terms = [.in("region.name", "ara")]
    },
    .init(.outranked, "idf-2", ["score": "960", "chosen": "960"]) { _ in },
    .init(.pinnedElsewhere, "ara-1", [:]) { $0.pins = [Pin(environment: "prod1", replica: 0, cluster: "idf-2")] },
  ]
}
