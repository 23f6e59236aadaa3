import Model
import Placement
import Testing

/// What is not looked at, since it can not be better or can not be had: it costs nothing, and nothing is lost by it.
@Suite struct SearchBoundTests {
  /// The chain that comes first leads to one cluster that is liked best, the other one to two that are liked nearly as
  /// much: with that one all together are better off.
  @Test func `no place is given up for a distance that only another environment has to keep`() {
    var world = World()
    world.policy.scoring = .init(balance: 0)
    world.policy.rules = [
      World.rule("best", .prefer, places: .in("cluster.name", "idf-1"), weight: 5),
      World.rule("good", .prefer, places: .in("cluster.name", "dr-1", "idf-2"), weight: 4),
    ]
    world.zones.append(
      Resource("idf-vrac", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "idfv", chain: "sealed")))
    for name in ["dr-1", "idf-2"] { world.cluster(name) { $0.zone = "idf-vrac" } }
    world.project.spec.environments = [
      World.environment("far", "prod", cpu: 8, replicas: 2, distinct: .region),
      World.environment("near", "prod", replicas: 2, distinct: .cluster),
    ]
    let decision = world.decide()
    // By `common` it would be 5 + 0 and 5 + 0.
    #expect(decision.chain == "sealed" && decision.assignments.map(\.components.affinity) == [400, 0, 400, 400])
    #expect(decision.places == ["far/0→dr-1", "far/1→ara-1", "near/0→dr-1", "near/1→idf-2"])
  }

  @Test func `a chain that leads to nothing better costs no node`() {
    var world = World()
    world.policy.rules = [World.rule("liked", .prefer, chains: .in("chain.name", "common"), weight: 1)]
    world.nodeBudget = 1
    let decision = world.decide()
    #expect(decision.outcome == .placed && decision.chain == "common" && decision.nodes == 1)
  }

  @Test func `copies for which there are too few places, though enough clusters, are refused without any search`() {
    var world = World()
    world.clusters.removeAll { $0.name == "ara-1" }
    world.clusters.append(Resource("idf-3", World.cluster("idf-usuel", ["idf-b"])))
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 3)]
    world.nodeBudget = 1
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.nodes == 0)
    #expect(decision.reasons.contains { $0.code == .spreadUnsatisfiable })
  }

  @Test func `what has to be together is looked for nowhere but where the rest of it is`() {
    var world = World()
    world.project.spec.environments = [
      World.environment("one", "prod", cpu: 60), World.environment("two", "prod", cpu: 60),
    ]
    world.project.spec.colocation = [.init(topology: .cluster)]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable)
    // By one chain three clusters, by the other one a single cluster: each for the one, and then for the two.
    #expect(decision.nodes == 2 * (3 + 1))
  }
}
