import Foundation
import Model
import Placement

extension Twist {
  /// What a project team may ask for.
  static let project: [Twist] = [
    Twist("data") { scenario, numbers in
      scenario.project.spec.dataClasses = numbers.pick([
        ["personal"], ["secret"], ["plain", "secret"], ["secret", "personal"], ["other"], ["plain", "other"], [],
      ])
    },
    Twist("needs") { scenario, numbers in
      scenario.project.spec.services = numbers.pick([
        [.init(name: "s3")], [.init(name: "postgresql", version: ">=16")], [.init(name: "gpu")],
        [.init(name: "s3", version: "1"), .init(name: "postgresql", version: "15")],
        [.init(name: "postgresql", version: ">15.8 <17 <=16.2")],
      ])
      scenario.project.spec.interconnections = numbers.pick([[], ["RIE"], ["Internet"], ["Internet", "RIE"]])
    },
    Twist("residency") { scenario, numbers in
      scenario.project.spec.residency = numbers.pick([
        .init(countries: ["FR"]), .init(subdivisions: ["FR-IDF", "FR-BRE"]), .init(countries: ["BE", "LU"]),
        .init(countries: ["BE"], subdivisions: ["FR-ARA"]),
      ])
    },
    Twist("who it is") { scenario, numbers in
      scenario.project.spec.audience = numbers.pick(AudienceScope.allCases)
      scenario.project.spec.typology = numbers.pick([nil, "portal", "batch"])
      scenario.project.metadata.labels = numbers.pick([[:], ["pilot": "yes"]])
    },
    Twist("tolerations") { scenario, numbers in
      scenario.project.spec.tolerations = numbers.pick([
        [Toleration(operator: .exists)], [Toleration(key: "old")], [Toleration(key: "old", value: "yes")],
        [Toleration(key: "pilot", operator: .exists, effect: .noPlacement)],
        [Toleration(key: "old", operator: .exists), Toleration(key: "pilot", effect: .preferNoPlacement)],
      ])
    },
    Twist("environments") { scenario, numbers in
      let names = numbers.pick([["one"], ["dev", "prod"], ["dev", "prod", "qual"], ["prod"]])
      scenario.project.spec.environments = names.map { name in
        var environment = Scenario.environment(
          name, numbers.pick(["dev", "prod", "prod"]), cpu: numbers.pick([4, 4, 30, 60]),
          replicas: numbers.pick([nil, 1, 2]), distinct: numbers.pick([nil, nil, .cluster, .zone, .region]))
        if numbers.chance(15) { environment.quota.gpu = Quantity(1) }
        if numbers.chance(15) { environment.quota.storage = Quantity("10Gi") }
        return environment
      }
    },
    Twist("many replicas") { scenario, numbers in
      let index = numbers.pick(Array(scenario.project.spec.environments.indices))
      scenario.project.spec.environments[index].replicas = numbers.pick([3, 4])
    },
    Twist("copies far apart") { scenario, numbers in
      let topology = numbers.pick([ProjectSpec.Topology.region, .zone])
      let replicas = numbers.pick([2, 3])
      scenario.eachEnvironment { ($0.distinct, $0.replicas) = (topology, replicas) }
    },
    Twist("spread") { scenario, numbers in
      scenario.project.spec.spread.append(
        .init(
          topology: numbers.pick(ProjectSpec.Topology.allCases),
          environments: numbers.pick([[], [], ["dev", "prod"]]),
          stage: numbers.pick([nil, nil, "prod"]), maxSkew: numbers.pick([nil, 1, 2]),
          whenUnsatisfiable: numbers.pick([nil, .doNotPlace, .placeAnyway, .placeAnyway])))
    },
    Twist("kept together") { scenario, numbers in
      scenario.project.spec.colocation = [
        .init(
          topology: numbers.pick(ProjectSpec.Topology.allCases), environments: numbers.pick([[], ["dev", "prod"]]),
          stage: numbers.pick([nil, nil, "prod"]), whenUnsatisfiable: numbers.pick([nil, .placeAnyway]))
      ]
    },
    Twist("more replicas than regions") { scenario, numbers in
      scenario.project.spec.environments = ["dev", "prod"].map {
        Scenario.environment($0, $0, replicas: 2, distinct: .cluster)
      }
      scenario.project.spec.spread = [
        .init(topology: .region, maxSkew: numbers.pick([nil, 1]), whenUnsatisfiable: .doNotPlace)
      ]
    },
    Twist("room for each, not for all") { scenario, _ in
      scenario.project.spec.residency = .init(subdivisions: ["FR-BRE"])
      scenario.project.spec.environments = ["dev", "prod"].map { Scenario.environment($0, $0, cpu: 60) }
    },
    Twist("wishes") { scenario, numbers in
      scenario.project.spec.preferences.weighted = numbers.pick([
        [.init(weight: 5, target: .in("region.name", "idf"))],
        [.init(weight: -3, target: .in("cluster.name", "c5")), .init(weight: 2, target: .in("zone.chain", "open"))],
      ])
    },
    Twist("terms") { scenario, numbers in
      scenario.project.spec.preferences.terms = numbers.pick([
        [.in("region.name", "alp"), .in("region.name", "idf")], [.in("region.operator", "north")],
        [.in("region.city", "Lyon")], [.in("cluster.name", "c1", "c5")],
      ])
    },
  ]

  /// What happens meanwhile.
  static let circumstances: [Twist] = [
    Twist("promises") { scenario, numbers in
      for cluster in scenario.clusters where numbers.chance(60) {
        let committed = ResourceAmounts(
          cpu: Int64.random(in: 0...105, using: &numbers) * 950, memory: Int64.random(in: 0...9, using: &numbers) << 35)
        scenario.ledger.clusters[cluster.name] = .init(committed: committed, version: 4)
      }
    },
    Twist("a replica that is there") { scenario, numbers in
      let environment = numbers.pick(scenario.project.spec.environments)
      scenario.place(
        environment.name, replica: numbers.pick([0, 0, 1]), on: numbers.name(scenario.clusters),
        stage: environment.stage, cpu: numbers.pick([2, 4, 30]))
    },
    Twist("replicas that are there") { scenario, numbers in
      for slot in scenario.slots where numbers.chance(80) {
        scenario.place(
          slot.environment.name, replica: slot.replica, on: numbers.name(scenario.clusters),
          stage: slot.environment.stage)
      }
    },
    Twist("something that is not asked for any more") { scenario, numbers in
      scenario.place("gone", on: numbers.name(scenario.clusters), stage: numbers.pick(["dev", "prod"]))
    },
    Twist("what is chosen already") { scenario, numbers in
      var pins = scenario.pins ?? []
      for slot in scenario.slots where numbers.chance(40) {
        let cluster = numbers.chance(5) ? "nowhere" : numbers.name(scenario.clusters)
        pins.append(Pin(environment: slot.environment.name, replica: slot.replica, cluster: cluster))
      }
      scenario.pins = pins
    },
    Twist("silence") { scenario, numbers in scenario.staleZones.append(numbers.name(scenario.zones)) },
    Twist("derogation") { scenario, numbers in
      var spec = DerogationSpec(
        project: numbers.pick(["shop", "shop", "shop", "other"]), rules: ["rule-0", "rule-\(numbers.pick([1, 2]))"],
        motive: "essai", decision: numbers.pick([.granted, .granted, .granted, .refused, nil]),
        notifiedAt: scenario.now.addingTimeInterval(numbers.pick([-60, -60, 0, 60])))
      if numbers.chance(20) { spec.notifiedAt = nil }
      spec.validFrom = numbers.pick([nil, nil, Scenario.day("2026-11-23"), Scenario.day("2026-11-24")])
      spec.validUntil = numbers.pick([nil, nil, Scenario.day("2026-11-23"), Scenario.day("2026-11-22")])
      // Drawn beside the others, which stay what they were without it.
      var beside = numbers
      if beside.chance(40) { spec.stages = beside.pick([["prod"], ["dev"], ["dev", "staging"], ["dev", "prod"]]) }
      scenario.derogations.append(Resource("derogation-\(scenario.derogations.count)", spec))
    },
    Twist("places are reconsidered") { scenario, _ in scenario.keepExisting = false },
    Twist("another day") { scenario, numbers in
      scenario.day = numbers.pick([Scenario.day("2027-01-01"), Scenario.day("2025-12-31"), Scenario.day("2026-12-31")])
    },
    Twist("a small budget") { scenario, numbers in scenario.nodeBudget = numbers.pick([1, 2, 3, 5, 200_000]) },
  ]
}
