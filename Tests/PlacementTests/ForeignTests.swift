import Model
import Placement
import Testing

/// What is none of a project's business: DR zones that its data does not demand, and clusters of other projects.
@Suite struct ForeignTests {
  private static func foreign(_ world: World) -> [String] {
    let engine = world.engine
    return engine.foreignClusters(to: world.request, on: world.state(for: engine)).sorted()
  }

  @Test func `reserved zones and clusters of others are foreign, unless something of the project is there`() {
    var world = World()
    #expect(Self.foreign(world) == ["dr-1"])
    world.cluster("ara-1") { $0.privacy = .dedicated }
    world.cluster("idf-1") { cluster in
      cluster.privacy = .dedicated
      cluster.projects = ["shop"]
    }
    world.cluster("idf-2") { $0.state = .closed }
    #expect(Self.foreign(world) == ["ara-1", "dr-1"], "neither what is its own, nor what refuses everybody")
    world.place("prod1", on: "ara-1")
    #expect(Self.foreign(world) == ["dr-1"])
    world.existing = []
    world.project.spec.dataClasses = ["restricted"]
    #expect(Self.foreign(world) == ["ara-1"])
  }

  @Test func `the classes that the policy does not know are named in their order, and no others`() {
    let engine = World().engine
    #expect(engine.unknown(of: ["secret", "ordinary", "restricted", "other"]) == ["secret", "other"])
    #expect(engine.unknown(of: ["ordinary"]).isEmpty)
  }

  @Test func `what stands in the way is told without what is foreign`() {
    var world = World()
    world.clusters.removeAll { $0.name.hasPrefix("idf") }
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    let explanation = world.explain()
    #expect(explanation.plan.reasons.map(\.code) == [.restrictedZoneReserved, .spreadUnsatisfiable])
    let told = explanation.obstaclesWithoutForeign
    #expect(told.reasons.map(\.code) == [.spreadUnsatisfiable] && told.conflict == .alone)
    // Who has something in the DR zone already is told of it like everybody who may know all.
    world.place("prod1", on: "dr-1")
    let standing = world.explain()
    let known = standing.obstaclesWithoutForeign
    #expect(known.reasons == standing.plan.reasons && known.conflict == standing.plan.conflict)
  }
}
