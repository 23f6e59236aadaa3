import Model
import Placement
import Testing

@Suite struct ColocationTests {
  private static func two(_ colocation: ProjectSpec.Colocation) -> World {
    var world = World()
    world.project.spec.environments = [
      World.environment("one", "prod", cpu: 60), World.environment("two", "prod", cpu: 60),
      World.environment("zdev", "dev"),
    ]
    world.project.spec.colocation = [colocation]
    return world
  }

  @Test("environments that must be together are, even where each had a better place")
  func hard() {
    var world = Self.two(.init(topology: .region, environments: ["one", "two"]))
    #expect(world.decide().places.prefix(2) == ["one/0→idf-1", "two/0→idf-2"])
    world.project.spec.colocation = [.init(topology: .dataCenter, environments: ["one", "two"])]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.conflict == .alone)
    let reason = decision.reasons.first { $0.code == .colocationUnsatisfiable }
    #expect(reason?.sentence.en == "“one, two” must stay together (one data centre); no place accepts all of them.")
    world.cluster("idf-2") { $0.dataCenters = ["idf-a", "idf-b"] }
    #expect(world.decide().places.prefix(2) == ["one/0→idf-1", "two/0→idf-2"])
    world.project.spec.colocation = [.init(topology: .zone, stage: "dev")]
    #expect(world.decide().places.prefix(2) == ["one/0→ara-1", "two/0→idf-1"])
  }

  @Test("a soft co-location costs where it is broken")
  func soft() {
    let world = Self.two(.init(topology: .cluster, stage: "prod", whenUnsatisfiable: .placeAnyway))
    let decision = world.decide()
    #expect(decision.outcome == .placed)
    #expect(decision.assignments.map(\.components.spread).sorted() == [-1000, 0, 0])
  }

  @Test("what is in no data centre is together with nothing")
  func nowhere() {
    var world = Self.two(.init(topology: .dataCenter, stage: "prod"))
    world.project.spec.environments = [World.environment("one", "prod"), World.environment("two", "prod")]
    #expect(world.decide().outcome == .placed)
    for name in ["ara-1", "idf-1", "idf-2"] { world.cluster(name) { $0.dataCenters = [] } }
    #expect(world.decide().reasons.map(\.code) == [.restrictedZoneReserved, .colocationUnsatisfiable])
  }

  @Test func `copies that have to be together in a region, and are kept apart in it, go to the best clusters of it`() {
    var world = World()
    world.project.spec.environments = [World.environment("one", "prod", replicas: 2)]
    #expect(world.decide().places == ["one/0→ara-1", "one/1→idf-1"])
    world.project.spec.colocation = [.init(topology: .region)]
    #expect(world.decide().places == ["one/0→idf-1", "one/1→idf-2"])
  }

  @Test func `together, too, all go where their chain delivers to`() {
    var world = Self.two(.init(topology: .region))
    world.project.spec.environments.removeLast()
    world.clusters.removeAll { $0.name == "ara-1" }
    world.zones.append(
      Resource("idf-vrac", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "idfv", chain: "sealed")))
    // The chain that comes first leads to one cluster of the region, which has not room for both.
    for name in ["dr-1", "idf-2"] { world.cluster(name) { $0.zone = "idf-vrac" } }
    let decision = world.decide()
    #expect(decision.chain == "sealed" && decision.places == ["one/0→dr-1", "two/0→idf-2"])
  }

  @Test("any topology may be asked for, and is named in the reason", arguments: ProjectSpec.Topology.allCases)
  func topologies(_ topology: ProjectSpec.Topology) {
    let reason = Reason(.colocationUnsatisfiable, ["environments": "a, b", "topology": topology.rawValue])
    #expect(reason.sentence.en?.contains("(one ") == true && reason.remedy.fr.contains("(même "))
  }
}
