import Foundation
import Migration
import Model
import Placement
import Testing

@Suite("Targets of moves")
struct TargetTests {
  @Test("are where the engine accepts them, and never where everything leaves")
  func evacuation() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100])
    world.project("shop", ["dev": "dev 4 a", "prod": "prod 8 a"])
    world.project("other", ["prod": "prod 8 b"])
    world.scope = .clusters(["a", "c"])
    let plan = try world.plan()
    #expect(plan.course == ["shop/dev a→b @1", "shop/prod a→b @2"])
    #expect(plan.blocked.isEmpty && !plan.isExhausted)
    #expect(plan.moves.map(\.newName) == ["dev2", "prod2"])
    #expect(plan.loads.map(\.cluster) == ["a", "b"])
    #expect(plan.loads[1].share == 200 && plan.peak == 200)
  }

  @Test("of a region are outside of all its clusters, also where it is closed")
  func region() throws {
    var world = MoveWorld(["c": 100])
    world.add("a", cores: 100, region: "north")
    world.add("b", cores: 100, region: "north")
    world.project("shop", ["dev": "dev 4 a"])
    world.scope = .regions(["north"])
    #expect(try world.plan().course == ["shop/dev a→c @1"])
    world.region("north") { $0.state = .closed }
    #expect(try world.plan().course == ["shop/dev a→c @1"])
  }

  @Test("of an environment, a project or a selection are elsewhere", arguments: [0, 1, 2])
  func others(kind: Int) throws {
    var world = MoveWorld(["a": 100, "b": 50])
    world.project("shop", ["dev": "dev 4 a", "prod": "prod 4 b"])
    world.scope =
      [
        MoveScope.environment(project: "shop", environment: "dev"), .project("shop"), .selection([MoveWorld.id(2)]),
      ][kind]
    let expected = [["shop/dev a→b @1"], ["shop/dev a→b @1", "shop/prod b→a @2"], ["shop/prod b→a @1"]]
    #expect(try world.plan().course == expected[kind])
  }

  @Test("are what the project and the policy prefer, as long as there is room")
  func preferences() throws {
    var world = MoveWorld(["a": 100, "b": 20, "c": 100])
    for name in ["one", "two", "three"] {
      world.project(name, ["dev": "dev 8 a"]) {
        $0.preferences.weighted = [.init(weight: 10, target: .init(matchLabels: ["cluster.name": "b"]))]
      }
    }
    #expect(try world.plan().moves.map(\.to).sorted() == ["b", "b", "c"])
    for index in world.projects.indices {
      world.projects[index].project.spec.preferences = .init(terms: [.init(matchLabels: ["cluster.name": "c"])])
    }
    #expect(try world.plan().moves.map(\.to) == ["c", "c", "c"])
  }

  @Test("are found by pushing others elsewhere, though all room together is beyond 64 bits")
  func boundless() throws {
    var world = MoveWorld(["a": 1000, "b": 10, "c": 10, "d": 10, "e": 10])
    for name in ["b", "c", "d", "e"] {
      world.cluster(name) { $0.capacity.memory = Quantity(1 << 62, format: .binarySI) }
    }
    for name in ["d", "e"] { world.residents[name] = 10 }
    world.policy.rules = [
      .init(
        id: "only-there", motive: LocalizedText(fr: "motif"), subject: .init(matchLabels: ["project.name": "small"]),
        effect: .require, places: .init(matchLabels: ["cluster.name": "b"]))
    ]
    // What is large comes first, and takes the only place of what is small. The others are so many that not all is tried.
    world.project("large", ["dev": "dev 10 a"])
    world.project("small", ["dev": "dev 5 a"])
    for number in 1...6 { world.project("tiny\(number)", ["dev": "dev 0 a"]) }
    let plan = try world.plan()
    #expect(plan.moves.count == 8 && plan.held == [] && !plan.isExhausted)
  }

  @Test("keep replicas apart from those that stay")
  func distinct() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 10])
    world.project("shop", ["prod": "prod 8 a b"])
    #expect(try world.plan().course == ["shop/prod a→c @1"])
    world.cluster("c") { $0.stages = ["dev"] }
    let plan = try world.plan()
    #expect(plan.course == [] && plan.held == ["shop/prod together"])
    #expect(plan.blocked[0].reasons.map(\.code).contains(.spreadUnsatisfiable))
  }

  @Test("keep environments together that have to be: all of them go, or none")
  func colocation() throws {
    var world = MoveWorld(["a": 100, "b": 10, "c": 20])
    world.project("shop", ["dev": "dev 8 a", "prod": "prod 8 a"]) { $0.colocation = [.init(topology: .cluster)] }
    #expect(try world.plan().course == ["shop/dev a→c @1", "shop/prod a→c @2"])
    world.residents["c"] = 8
    let plan = try world.plan()
    #expect(plan.course == [])
    #expect(plan.held == ["shop/dev together", "shop/prod together"])
    #expect(plan.blocked.map(\.mayStay) == [true, true])
    // What may not stay either does not let the rest go alone.
    world.cluster("a") { $0.state = .closed }
    #expect(try world.plan().blocked.map(\.mayStay) == [false, false])
    for index in world.projects.indices {
      world.projects[index].project.spec.colocation[0].whenUnsatisfiable = .placeAnyway
    }
    #expect(try world.plan().moves.count == 2)
  }

  @Test("have one chain for all of a project, what stays included")
  func chain() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100, "d": 100])
    world.chains = [
      Resource("one", MoveWorld.chain()), Resource("two", MoveWorld.chain()),
    ]
    world.chains[0].spec.regions = ["r-a", "r-b"]
    world.chains[1].spec.regions = ["r-c", "r-d"]
    world.residents["b"] = 50
    world.project("shop", ["dev": "dev 8 a", "prod": "prod 8 d"])
    world.scope = .environment(project: "shop", environment: "dev")
    #expect(try world.plan().course == ["shop/dev a→c @1"])
  }

  @Test("need no room on a cluster for what somebody else needs there")
  func stages() throws {
    var world = MoveWorld(["a": 100, "b": 10])
    world.policy.capacity = [.init(id: "dev", stages: ["dev"], overcommit: Quantity(2))]
    world.project("one", ["dev": "dev 9 a", "prod": "prod 9 a"])
    // Production has less, and goes first although it would follow.
    let plan = try world.plan()
    #expect(plan.course == ["one/prod a→b @1", "one/dev a→b @2"])
  }

  @Test("are found by pushing others out, and by moving siblings with them")
  func pushing() throws {
    var world = MoveWorld(["a": 100, "b": 14, "c": 10])
    // Only b takes it, and b is better for the other ones.
    world.project("wide", ["dev": "dev 6 a"]) { $0.tolerations = [] }
    world.cluster("c") { $0.stages = ["prod"] }
    world.project("two", ["prod": "prod 8 a"])
    world.project("three", ["prod": "prod 8 a"])
    world.project("four", ["prod": "prod 2 a"])
    #expect(try world.plan().moves.count == 4)
  }

  @Test("are the same for the same inputs, byte for byte, in whatever order these come")
  func sameBytes() throws {
    var world = MoveWorld(["a": 100, "b": 30, "c": 30])
    for number in 1...6 { world.project("p\(number)", ["dev": "dev \(number) a", "prod": "prod \(number) a"]) }
    let plan = try world.plan()
    world.projects.reverse()
    #expect(try world.plan().canonicalBytes() == plan.canonicalBytes())
    let read = try ModelJSON.decoder.decode(MigrationPlan.self, from: plan.canonicalBytes())
    #expect(read == plan)
    let inputs = try ModelJSON.decoder.decode(
      PlanningInputs.self, from: ModelJSON.encoder.encode(world.inputs))
    #expect(try inputs.plan() == plan)
  }
}
