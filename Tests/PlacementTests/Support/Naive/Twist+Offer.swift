import Model
import Placement

extension Twist {
  /// What operators may do to the offer.
  static let offer: [Twist] = regions + clusters + chains

  private static let regions: [Twist] = [
    Twist("a region's state") { scenario, numbers in
      numbers.change(&scenario.regions) { $0.state = $1.pick([.cordoned, .draining, .closed, .open]) }
    },
    Twist("qualifications") { scenario, numbers in
      numbers.change(&scenario.regions) { region, numbers in
        region.qualifications = numbers.pick([
          [], [.init(name: "HDS")], [.init(name: "SecNumCloud", validUntil: Scenario.day("2026-11-22"))],
          [.init(name: "SecNumCloud", validFrom: Scenario.day("2026-11-24")), .init(name: "HDS")],
          [
            .init(name: "SecNumCloud", validUntil: Scenario.day("2025-12-31")),
            .init(name: "SecNumCloud", validFrom: Scenario.day("2027-01-01")),
          ],
        ])
      }
    },
    Twist("a region's audience") { scenario, numbers in
      numbers.change(&scenario.regions) { region, numbers in
        region.audience = numbers.pick([
          Audience(organisations: ["mj"], scopes: AudienceScope.allCases),
          Audience(organisations: ["mi"], scopes: [.interministerial]), Audience(organisations: ["mi"], scopes: []),
          Audience(organisations: ["mi", "mj"], scopes: [.ministerial]),
        ])
      }
    },
    Twist("location") { scenario, numbers in
      numbers.change(&scenario.regions) { region, numbers in
        region.location = numbers.pick([
          .init(country: "BE"), .init(country: "FR"), .init(country: "FR", subdivision: "FR-IDF", city: "Paris"),
        ])
      }
    },
    Twist("services") { scenario, numbers in
      numbers.change(&scenario.regions) { region, numbers in
        region.services = numbers.pick([
          [], [.init(name: "s3")], [.init(name: "postgresql"), .init(name: "s3")],
          [.init(name: "postgresql", version: "15.8"), .init(name: "postgresql", version: "17")],
        ])
      }
    },
    Twist("interconnections") { scenario, numbers in
      numbers.change(&scenario.regions) { $0.interconnections = $1.pick([[], ["Internet"], ["RIE", "Internet"]]) }
    },
    Twist("a region's taint") { scenario, numbers in
      numbers.change(&scenario.regions) { $0.taints = [taint(&$1)] }
    },
    Twist("labels") { scenario, numbers in
      let value = numbers.pick(["1", "2", "gold"])
      scenario.regions[numbers.pick([0, 1])].metadata.labels["tier"] = value
      scenario.zones[numbers.pick([0, 1])].metadata.labels["tier"] = value
      scenario.clusters[numbers.pick([0, 1])].metadata.labels["tier"] = value
      scenario.chains[0].metadata.labels["tier"] = value
    },
  ]

  static let clusters: [Twist] = [
    Twist("a cluster's state") { scenario, numbers in
      numbers.change(&scenario.clusters) { $0.state = $1.pick([.cordoned, .draining, .closed]) }
    },
    Twist("stages") { scenario, numbers in
      numbers.change(&scenario.clusters) { $0.stages = $1.pick([["prod"], ["dev"], ["staging", "prod"]]) }
    },
    Twist("hosting") { scenario, numbers in
      numbers.change(&scenario.clusters) { cluster, numbers in
        cluster.privacy = numbers.pick([.public, .dedicated])
        cluster.management = numbers.pick(ClusterSpec.Management.allCases)
        cluster.mode = numbers.pick([.own, .observe, .adopt])
        cluster.projects = numbers.pick([[], ["shop"], ["other"], ["other", "shop"]])
        cluster.external = numbers.chance(50)
      }
    },
    Twist("capacity") { scenario, numbers in
      numbers.change(&scenario.clusters) { cluster, numbers in
        cluster.capacity.cpu = numbers.pick([Quantity("3500m"), Quantity(8), Quantity(30), nil])
        cluster.capacity.memory = numbers.pick([Quantity("7Gi"), Quantity("40Gi"), Quantity("1000000001")])
        cluster.capacity.gpu = numbers.pick([nil, Quantity(2)])
      }
    },
    Twist("data centres") { scenario, numbers in
      numbers.change(&scenario.clusters) { $0.dataCenters = $1.pick([["a"], ["a", "b"], ["b"], []]) }
    },
    Twist("one building") { scenario, numbers in
      let building = numbers.pick(["a", "b"])
      scenario.eachCluster { $0.dataCenters = [building] }
    },
    Twist("a cluster's taint") { scenario, numbers in
      numbers.change(&scenario.clusters) { $0.taints = [taint(&$1), taint(&$1)] }
    },
    Twist("fewer clusters") { scenario, numbers in
      guard scenario.clusters.count > 2 else { return }
      scenario.clusters.remove(at: numbers.pick(Array(scenario.clusters.indices)))
    },
    Twist("a dangling reference") { scenario, numbers in
      switch numbers.pick([0, 1, 2]) {
      case 0: numbers.change(&scenario.clusters) { cluster, _ in cluster.zone = "gone" }
      case 1: numbers.change(&scenario.zones) { zone, _ in zone.region = "gone" }
      default: numbers.change(&scenario.regions) { region, _ in region.operator = "gone" }
      }
    },
  ]

  static let chains: [Twist] = [
    Twist("a zone's chain") { scenario, numbers in
      numbers.change(&scenario.zones) { $0.chain = $1.pick([nil, "open", "sealed", "sealed", "lost"]) }
    },
    Twist("a zone's sensitivity") { scenario, numbers in
      numbers.change(&scenario.zones) { $0.sensitivity = $1.pick(Sensitivity.allCases) }
    },
    Twist("what a chain delivers") { scenario, numbers in
      numbers.change(&scenario.chains) { chain, numbers in
        chain.regions = numbers.pick([["alp"], ["idf", "bre"], [], ["alp", "idf"]])
      }
    },
    Twist("a chain's sensitivities") { scenario, numbers in
      numbers.change(&scenario.chains) { $0.sensitivities = $1.pick([[.usuel], [.restricted], []]) }
    },
    Twist("a chain's audience") { scenario, numbers in
      numbers.change(&scenario.chains) { chain, numbers in
        chain.audience = numbers.pick([
          Audience(organisations: ["mj"], scopes: AudienceScope.allCases),
          Audience(organisations: ["mi"], scopes: [.ministerial]),
        ])
      }
    },
    Twist("one more chain") { scenario, numbers in
      guard scenario.chains.count < 3 else { return }
      scenario.chains.append(Resource(numbers.pick(["alpha", "omega"]), Scenario.chain(Sensitivity.allCases)))
    },
  ]

  static func taint(_ numbers: inout SeededGenerator) -> Taint {
    Taint(
      key: numbers.pick(["old", "pilot"]), value: numbers.pick([nil, "yes"]),
      effect: numbers.pick(Taint.Effect.allCases)
    )
  }
}
