import Model
import Placement
import Testing

@Suite struct StandingTests {
  private static func standings(_ world: World) -> [Standing] {
    let engine = world.engine
    return engine.rejudge(world.request, on: world.state(for: engine))
  }

  @Test("a replica that may stay is best where it is, and one that may not says why and where to go")
  func stayingAndGoing() {
    var world = World()
    world.place("prod1", on: "idf-1")
    let staying = Self.standings(world)[0]
    #expect(staying.existing == world.existing[0] && staying.mayStay && staying.reasons.isEmpty)
    #expect(staying.best == "idf-1")
    world.policy.rules = [World.rule("not-idf", .forbid, places: .in("region.name", "idf"))]
    let refused = Self.standings(world)[0]
    #expect(!refused.mayStay && refused.best == "ara-1")
    #expect(refused.reasons.map(\.code) == [.ruleForbids])
    world.cluster("ara-1") { $0.state = .closed }
    #expect(Self.standings(world)[0].best == nil)
  }

  @Test("what takes nothing new keeps what it has")
  func cordoned() {
    var world = World()
    world.place("prod1", on: "idf-1")
    world.cluster("idf-1") { $0.state = .cordoned }
    #expect(Self.standings(world)[0].mayStay)
  }

  @Test("from a region or a cluster that drains, what stands moves once nothing has to stay", arguments: [true, false])
  func draining(_ isRegion: Bool) {
    var world = World()
    world.place("prod1", on: "idf-1")
    if isRegion {
      world.region("idf") { $0.state = .draining }
    } else {
      world.cluster("idf-1") { $0.state = .draining }
    }
    let engine = world.engine
    let (standings, free) = engine.rejudgeAndPlanFreely(world.request, on: world.state(for: engine))
    #expect(standings.map(\.mayStay) == [true] && standings.map(\.best) == ["idf-1"])
    #expect(free.assignments.map(\.cluster) == ["ara-1"])
  }

  @Test("a replica that may stay only as a new one would is not staying")
  func otherReplica() {
    var world = World()
    world.place("prod1", replica: 0, on: "idf-1")
    world.place("prod1", replica: 1, on: "idf-2")
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    world.cluster("idf-2") { $0.taints = [Taint(key: "t", effect: .noPlacement)] }
    #expect(Self.standings(world).map(\.mayStay) == [true, false])
    #expect(Self.standings(world).map(\.best) == ["idf-1", "ara-1"])
  }

  @Test("what the project does not ask for any more, or the offer does not hold, may not stay")
  func unknown() {
    var world = World()
    world.place("prod1", replica: 1, on: "idf-1")
    world.place("gone", on: "idf-1")
    world.place("prod1", on: "nowhere")
    let standings = Self.standings(world)
    #expect(standings.map(\.mayStay) == [false, false, false])
    #expect(standings.map(\.best) == [nil, nil, "ara-1"])
    #expect(standings.map(\.reasons.count) == [0, 0, 1])
    #expect(standings[2].reasons[0] == Reason(.unresolvedReference, ["kind": "Cluster", "name": "nowhere"]))
    #expect(standings[2].reasons[0].sentence.en == "The offer does not hold the cluster “nowhere” any more.")
  }
}
