import Foundation
import Model
import Placement
import Testing

@Suite struct PlacementExamplesTests {
  @Test("a DR project goes to DR zones only, and says why nowhere else")
  func restrictedProject() {
    var world = World()
    world.project.spec.dataClasses = ["restricted"]
    let decision = world.decide()
    #expect(decision.outcome == .placed)
    #expect(decision.places == ["prod1/0→dr-1"])
    #expect(decision.chain == "sealed")
    #expect(decision.assignments.first?.zone == "idfdr")
    #expect(decision.assignments.first?.operator == "dtnum")
    for cluster in ["ara-1", "idf-1", "idf-2"] { #expect(decision.codes(cluster) == [.sensitivityTooLow]) }
    #expect(decision.environments[0].lost.map(\.code) == [.sensitivityTooLow])
    #expect(decision.environments[0].lost.map(\.count) == [3])
  }

  @Test("a project of 400 CPU fits nowhere, and every cluster says what it is short of")
  func tooLarge() {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 400)]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable)
    #expect(decision.assignments.isEmpty && decision.chain == nil)
    #expect(decision.reasons.map(\.code) == [.capacityNeverFits, .noCandidate])
    #expect(decision.conflict == .alone)
    #expect(decision.reasons[0].sentence.en?.hasPrefix("ara-1: Too large") == true)
    for cluster in ["ara-1", "idf-1", "idf-2"] {
      let reason = decision.verdict(cluster)?.topReason
      #expect(reason?.code == .capacityNeverFits)
      #expect(reason?.parameters["short"] == "300")
    }
  }

  @Test("two replicas go to distinct data centres; a verdict is given for every cluster all the same")
  func replicas() {
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev"), World.environment("prod1", "prod", replicas: 2),
    ]
    let decision = world.decide()
    #expect(decision.places == ["dev1/0→ara-1", "prod1/0→ara-1", "prod1/1→idf-1"])
    #expect(decision.environments.map(\.candidates.count) == [4, 4])
    #expect(decision.verdict("ara-1", environment: 1)?.chosen == [0])
    #expect(decision.verdict("idf-1", environment: 1)?.chosen == [1])
    #expect(decision.codes("idf-2", environment: 1) == [.outranked])
  }

  @Test("two replicas need two clusters, however many data centres one stretches over")
  func stretchedClusters() {
    var world = World()
    world.clusters = [Resource("idf-1", World.cluster("idf-usuel", ["idf-a", "idf-b"]))]
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    #expect(world.decide().outcome == .unplaceable)
    world.clusters.append(Resource("idf-2", World.cluster("idf-usuel", ["idf-a", "idf-b"])))
    #expect(world.decide().places == ["prod1/0→idf-1", "prod1/1→idf-2"])
    // Three clusters over the same two buildings still have only two buildings.
    world.clusters.append(Resource("idf-3", World.cluster("idf-usuel", ["idf-b", "idf-a"])))
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 3)]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable)
    #expect(decision.reasons.first?.parameters["available"] == "2")
  }

  /// Two environments that could go to either of two regions, but not to both: no chain delivers to both.
  @Test("a hard spread refuses, a soft one costs, and maxSkew says how many more one place may have than another")
  func spreads() {
    var world = World()
    world.zone("ara-usuel") { $0.chain = "sealed" }
    world.project.spec.environments = [World.environment("one", "prod"), World.environment("two", "prod")]
    world.project.spec.spread = [.init(topology: .region, stage: "prod")]
    #expect(world.decide().outcome == .unplaceable)
    world.project.spec.spread = [.init(topology: .region, maxSkew: 2)]
    #expect(world.decide().outcome == .placed)
    world.project.spec.spread = [.init(topology: .region, whenUnsatisfiable: .placeAnyway)]
    let soft = world.decide()
    #expect(soft.outcome == .placed)
    #expect(soft.assignments.map(\.components.spread) == [0, -1000])
    #expect(soft.assignments[1].score == soft.assignments[0].score - 4000)
    world.project.spec.spread = [
      .init(topology: .cluster, environments: ["one", "two"], whenUnsatisfiable: .placeAnyway)
    ]
    #expect(world.decide().places == ["one/0→idf-1", "two/0→idf-2"])
    world.project.spec.spread = [.init(topology: .region, environments: ["one", "two"], stage: "dev")]
    #expect(world.decide().outcome == .placed)
  }

  @Test("a cluster without data centre is never apart from another")
  func missingDataCentres() {
    var world = World()
    for name in ["ara-1", "idf-1", "idf-2"] { world.cluster(name) { $0.dataCenters = [] } }
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    #expect(world.decide().reasons.map(\.code) == [.spreadUnsatisfiable])
  }

  @Test(
    "two clusters keep copies apart where one has a data centre that the other can do without",
    arguments: [
      ([["idf-a"], ["idf-a", "idf-b"]], ["idf-1", "idf-2"]), ([["idf-a", "idf-b"], ["idf-a"]], ["idf-1", "idf-2"]),
      ([["idf-a", "idf-b"], []], []), ([[], ["idf-a", "idf-b"]], []),
      ([["idf-a"], ["idf-a"], ["idf-b"]], ["idf-1", "idf-3"]),
      ([["idf-a", "idf-b"], [], ["idf-b"]], ["idf-1", "idf-3"]),
    ] as [([[String]], [String])])
  func pairs(dataCenters: [[String]], chosen: [String]) {
    var world = World()
    world.clusters = dataCenters.enumerated().map { Resource("idf-\($0 + 1)", World.cluster("idf-usuel", $1)) }
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    #expect(world.decide().assignments.map(\.cluster) == chosen)
  }

  @Test func `what is alone is kept apart from nobody, and together with nobody`() {
    var world = World()
    for name in ["ara-1", "idf-1", "idf-2"] { world.cluster(name) { $0.dataCenters = [] } }
    let spread = ProjectSpec.Spread(topology: .dataCenter)
    world.project.spec.spread = [spread]
    #expect(world.decide().places == ["prod1/0→ara-1"])
    let engine = world.engine
    let room = engine.room(of: spread, for: world.request, on: world.state(for: engine), at: ["ara-1"])
    #expect(room == nil)
    world.project.spec.spread = []
    world.project.spec.colocation = [.init(topology: .dataCenter)]
    #expect(world.decide().places == ["prod1/0→ara-1"])
  }

  @Test("one chain delivers to all environments, even if each could have a better place")
  func commonChain() {
    var world = World()
    world.zone("ara-usuel") { $0.chain = "sealed" }
    world.project.spec.environments = [
      World.environment("one", "prod"), World.environment("two", "prod", replicas: 2),
    ]
    let decision = world.decide()
    #expect(decision.chain == "common")
    #expect(decision.places == ["one/0→idf-1", "two/0→idf-1", "two/1→idf-2"])
  }

  @Test("rules on chains choose between chains that could all deliver")
  func preferredChain() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    #expect(world.decide().chain == "common")
    world.policy.rules = [
      World.rule("elsewhere", .prefer, chains: .in("chain.name", "common"), weight: 9, stages: ["dev"]),
      World.rule("sealed-first", .prefer, chains: .in("chain.name", "sealed"), weight: 1),
    ]
    #expect(world.decide().chain == "sealed")
    world.policy.rules.append(World.rule("not-sealed", .avoid, chains: .in("chain.name", "sealed")))
    world.policy.rules.append(World.rule("no-label", .forbid, chains: .in("chain.label/closed", "yes")))
    #expect(world.decide().chain == "common")
  }

  @Test("environments that fit one by one and not together, go to different clusters or nowhere")
  func jointCapacity() {
    var world = World()
    world.project.spec.environments = [
      World.environment("one", "prod", cpu: 60), World.environment("two", "prod", cpu: 60),
    ]
    #expect(world.decide().places == ["one/0→ara-1", "two/0→idf-1"])
    world.clusters.removeAll { $0.name != "ara-1" }
    #expect(world.decide().reasons.map(\.code) == [.jointCapacityShort])
  }

  @Test("the terms of a project are tried in order, and the one that held is remembered")
  func terms() {
    var world = World()
    world.project.spec.preferences.terms = [.in("region.name", "nowhere"), .in("cluster.name", "idf-2")]
    let decision = world.decide()
    #expect(decision.preferenceTerm == 1)
    #expect(decision.places == ["prod1/0→idf-2"])
    // Asked again about what is there, it is the same one, and holds for what is added.
    var there = world
    there.place("prod1", on: "idf-2")
    #expect(there.decide().preferenceTerm == 1)
    there.project.spec.environments.append(World.environment("prod2", "prod"))
    there.project.spec.preferences.terms[0] = .in("cluster.name", "ara-1")
    #expect(there.decide().preferenceTerm == 1)
    #expect(there.decide().places == ["prod1/0→idf-2", "prod2/0→idf-2"])
    world.project.spec.preferences.terms = [.in("region.name", "nowhere")]
    #expect(world.decide().preferenceTerm == nil)
    #expect(world.decide().places == ["prod1/0→ara-1"])
  }

  @Test("an exhausted budget is undecided, never a silent second best")
  func exhausted() {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    world.nodeBudget = 1
    let decision = world.decide()
    #expect(decision.outcome == .undecided)
    #expect(decision.assignments.isEmpty && decision.chain == nil && decision.nodes == 1)
    world.nodeBudget = 3
    #expect(world.decide().outcome == .placed)
  }
}
