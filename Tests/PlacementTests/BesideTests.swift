import Foundation
import Model
import Placement
import Testing

/// What is new beside what stands: a decision moves nothing, so that nothing new may hang on a move.
@Suite struct BesideTests {
  /// `app` stands; `base`, which is new, is too large for any cluster but one.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What has to move before: `environment/replica from→to`; empty where all are placed.
    var needed: [String] = []
    /// Where all go.
    var places: [String] = []
    var change: @Sendable (inout World) -> Void
  }

  static let cases: [Case] = [
    .init(testDescription: "a hard spread", needed: ["app/0 idf-1→ara-1"]) {
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "a spread of clusters over several data centres", needed: ["app/0 idf-1→ara-1"]) {
      $0.cluster("idf-1") { $0.dataCenters = ["idf-a", "idf-b"] }
      $0.project.spec.spread = [.init(topology: .dataCenter)]
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "more places than replicas", needed: ["app/0 idf-1→ara-1"]) {
      $0.add("idf-2", cpu: 100)
      $0.cluster("idf-2") { $0.dataCenters = ["idf-b"] }
      $0.policy.rules = [World.rule("one", .forbid, places: .in("cluster.name", "idf-2"), stages: ["dev"])]
      $0.cluster("idf-2") { $0.capacity.cpu = Quantity(1) }
      $0.project.spec.spread = [.init(topology: .dataCenter)]
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "a hard co-location", needed: ["app/0 ara-1→idf-1"]) {
      $0.project.spec.colocation = [.init(topology: .region)]
      $0.place("app", on: "ara-1", cpu: 2)
    },
    .init(testDescription: "the common chain", needed: ["app/0 ara-1→idf-1"]) {
      $0.zone("ara-usuel") { $0.chain = "sealed" }
      $0.place("app", on: "ara-1", cpu: 2)
    },
    .init(testDescription: "one chain where it is, another one where it is to go", needed: ["app/0 idf-1→ara-1"]) {
      $0.zones.append(Resource("idf-vrac", ZoneSpec(region: "idf", sensitivity: .usuel, slug: "idfv")))
      $0.clusters.append(Resource("idf-2", World.cluster("idf-vrac", ["idf-b"], cpu: 20)))
      $0.zone("idf-usuel") { $0.chain = "sealed" }
      $0.chain("sealed") { $0.regions = ["idf"] }
      $0.cluster("idf-1") { $0.state = .closed }
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "a soft spread, which costs", places: ["app/0→idf-1", "base/0→idf-1"]) {
      $0.project.spec.spread = [.init(topology: .region, whenUnsatisfiable: .placeAnyway)]
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "what has to leave, beside which there is a place", places: ["app/0→idf-2", "base/0→ara-1"])
    {
      $0.leaving()
      $0.cluster("ara-1") { $0.capacity.cpu = Quantity(100) }
    },
    .init(testDescription: "what has to leave, beside which there is none", needed: ["app/0 idf-1→ara-1"]) {
      $0.leaving()
    },
    .init(testDescription: "what no chain delivers to", places: ["app/0→idf-1", "base/0→idf-1"]) {
      for name in ["common", "sealed"] { $0.chain(name) { $0.regions = ["idf"] } }
      $0.place("app", on: "ara-1", cpu: 2)
    },
    .init(testDescription: "what is nobody knows where", places: ["app/0→ara-1", "base/0→idf-1"]) {
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "gone-1", cpu: 2)
    },
    .init(testDescription: "what is in two places", places: ["app/0→ara-1", "base/0→idf-1"]) {
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "idf-1", cpu: 2)
      $0.place("app", on: "ara-1", cpu: 2)
    },
    .init(testDescription: "what goes, and may not be called back, is new elsewhere", needed: ["app/0 idf-1→ara-1"]) {
      $0.add("idf-2", cpu: 100)
      $0.cluster("idf-2") { $0.state = .closed }
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "idf-1", cpu: 2)
      $0.place("base", on: "idf-2", cpu: 20, isGoing: true)
    },
    .init(testDescription: "what goes is in nobody's way", places: ["app/0→ara-1", "base/0→idf-1"]) {
      $0.cluster("idf-1") { $0.state = .cordoned }
      $0.add("idf-2", cpu: 1)
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("base", on: "idf-1", cpu: 20)
      $0.place("app", on: "idf-2", cpu: 2, isGoing: true)
      $0.cluster("idf-2") { $0.state = .closed }
    },
    .init(testDescription: "a move on its way, which may be led back", needed: ["app/0 idf-1→ara-1"]) {
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "ara-1", cpu: 2)
      $0.mayReturn = [.init(environment: "app", replica: 0, cluster: "idf-1", stage: "prod", quota: .init())]
    },
    .init(testDescription: "a move that disturbs nothing wherever it ends", places: ["app/0→ara-1", "base/0→idf-1"]) {
      $0.add("ara-2", cpu: 2)
      $0.cluster("ara-2") { $0 = World.cluster("ara-usuel", ["ara-a"], cpu: 2) }
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "ara-1", cpu: 2)
      $0.mayReturn = [.init(environment: "app", replica: 0, cluster: "ara-2", stage: "prod", quota: .init())]
    },
    .init(
      testDescription: "what is new, too, may make up for what is new",
      places: ["app/0→idf-1", "base/0→idf-1", "other/0→ara-1"]
    ) {
      $0.project.spec.environments.append(World.environment("other", "prod", cpu: 2))
      $0.project.spec.spread = [.init(topology: .region)]
      $0.place("app", on: "idf-1", cpu: 2)
    },
    .init(
      testDescription: "of a spread only what is nobody knows where, of the rest of the project something that stands",
      places: ["app/0→ara-1", "base/0→idf-1", "more/0→idf-1", "other/0→idf-1"]
    ) {
      $0.project.spec.environments += [
        World.environment("more", "dev", cpu: 20), World.environment("other", "prod", cpu: 2),
      ]
      $0.project.spec.spread = [.init(topology: .region, environments: ["app", "base", "more"])]
      $0.place("app", on: "gone-1", cpu: 2)
      $0.place("other", on: "idf-1", cpu: 2)
    },
    .init(testDescription: "only what is in the way is named", needed: ["app/0 idf-1→ara-1"]) {
      $0.add("idf-2", cpu: 100)
      $0.cluster("idf-2") { $0.state = .closed }
      $0.project.spec.environments.append(World.environment("other", "prod", cpu: 2))
      $0.project.spec.spread = [.init(topology: .region, environments: ["app", "base"])]
      $0.place("app", on: "idf-1", cpu: 2)
      $0.place("other", on: "idf-2", cpu: 2)
    },
    .init(testDescription: "where nothing is new, what has to leave is told", places: ["app/0→ara-1"]) {
      $0.project.spec.environments.removeAll { $0.name == "base" }
      $0.cluster("idf-1") { $0.state = .closed }
      $0.place("app", on: "idf-1", cpu: 2)
    },
  ]

  private static func world(_ one: Case) -> World {
    var world = World()
    world.clusters.removeAll { !["ara-1", "idf-1"].contains($0.name) }
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(4) }
    world.project.spec.environments = [
      World.environment("app", "prod", cpu: 2), World.environment("base", "dev", cpu: 20),
    ]
    one.change(&world)
    return world
  }

  @Test("what is new has its place beside what stands, or is told what has to move first", arguments: cases)
  func beside(_ one: Case) throws {
    let world = Self.world(one)
    let decision = world.decide()
    let needed = decision.reasons.map { reason in
      "\(reason["environment"])/\(reason["replica"]) \(reason["from"])→\(reason["to"])"
    }
    #expect(needed == one.needed && decision.places == one.places)
    #expect(decision.reasons.allSatisfy { $0.code == .moveNeeded })
    #expect(decision.outcome == (one.needed.isEmpty ? .placed : .unplaceable))
    #expect(decision.conflict == (one.needed.isEmpty ? nil : .all))
    // It is said without explaining, too.
    let plan = world.engine.plan(world.request, on: world.state(for: world.engine))
    #expect(plan.reasons == decision.reasons && plan.conflict == nil)
    // A move is planned with all of it where it is to be.
    var moving = world
    moving.mayMove = true
    #expect(moving.decide().outcome == .placed)
    var free = world
    free.keepExisting = false
    #expect(free.decide().outcome == .placed)
  }

  /// With three of four in one region at most, and two moves led back of three, the new one would be beside all the others.
  @Test("any moves may be led back, whatever becomes of the others", arguments: [3, 5])
  func anyLedBack(moves: Int) {
    var world = World()
    world.add("idf-3", cpu: 100)
    let names = (0..<moves).map { "e\($0)" }
    world.project.spec.environments = (names + ["new"]).map { World.environment($0, "prod") }
    world.project.spec.spread = [.init(topology: .region, environments: ["e0", "e1", "e2", "new"], maxSkew: 2)]
    world.project.spec.preferences.weighted = [.init(weight: 10, target: .in("region.name", "idf"))]
    func move(_ name: String, from: String, to: String) {
      world.place(name, on: to)
      world.mayReturn.append(
        ExistingPlacement(environment: name, replica: 0, cluster: from, stage: "prod", quota: ResourceAmounts()))
    }
    move("e0", from: "idf-1", to: "ara-1")
    move("e1", from: "idf-1", to: "ara-1")
    move("e2", from: "ara-1", to: "idf-2")
    for name in names.dropFirst(3) { move(name, from: "idf-2", to: "idf-1") }
    // In the one region it would be a fourth if the first two came back, in the other one if the third did.
    #expect(world.decide().outcome == .unplaceable)
    #expect(world.decide().reasons.allSatisfy { $0.code == .moveNeeded })
    world.mayReturn.removeAll { $0.environment == "e1" }
    #expect(world.decide().assignments.last?.region == "idf")
  }

  /// Both may go to `ara-1`, by either chain; `common`, which is preferred, does not deliver where `app` stands.
  private static var leavingItsChain: World {
    var world = Self.world(.init(testDescription: "no change") { _ in })
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(100) }
    world.cluster("idf-1") { $0.state = .closed }
    world.zone("idf-usuel") { $0.chain = nil }
    world.chain("common") { $0.regions = ["ara"] }
    world.policy.rules = [World.rule("liked", .prefer, chains: .in("chain.name", "common"), weight: 10)]
    world.place("app", on: "idf-1", cpu: 2)
    return world
  }

  @Test("the chain that is written delivers to what stands, too, however much another one is preferred")
  func oneChain() {
    var world = Self.leavingItsChain
    let decision = world.decide()
    #expect(decision.chain == "sealed" && decision.places == ["app/0→ara-1", "base/0→ara-1"])
    // As a move, all of it is where it is to be.
    world.mayMove = true
    #expect(world.decide().chain == "common")
  }

  @Test("nothing has to move for the sake of a chain where another one will do")
  func anotherChain() {
    var world = Self.leavingItsChain
    world.clusters.insert(Resource("ara-2", World.cluster("ara-usuel", ["ara-a"])), at: 1)
    world.cluster("ara-2") { $0.state = .closed }
    world.project.spec.environments.append(World.environment("other", "prod", cpu: 2))
    world.project.spec.colocation = [.init(topology: .cluster, environments: ["base", "other"])]
    world.place("other", on: "ara-2", cpu: 2)
    let needed = world.decide().reasons.map { $0["environment"] }
    #expect(needed == ["other"])
    world.existing[1].cluster = "ara-1"
    let decision = world.decide()
    #expect(decision.outcome == .placed && decision.chain == "sealed")
  }

  @Test("a node costs as much as there are worlds that moves may end in", arguments: [(1, 2), (3, 8), (5, 32)])
  func costOfWorlds(moves: Int, worlds: Int) {
    var world = World()
    let names = (0..<5).map { "e\($0)" }
    world.project.spec.environments = (names + ["new"]).map { World.environment($0, "prod") }
    for name in names { world.place(name, on: "idf-1") }
    let still = world.decide()
    #expect(still.outcome == .placed && still.nodes > 0)
    world.mayReturn = names.prefix(moves).map { name in
      ExistingPlacement(environment: name, replica: 0, cluster: "idf-2", stage: "prod", quota: ResourceAmounts())
    }
    let moving = world.decide()
    #expect(moving.places == still.places && moving.nodes == worlds * still.nodes)
  }

  @Test("once it has moved, the rest has its place", arguments: cases.filter { !$0.needed.isEmpty })
  func moved(_ one: Case) throws {
    var world = Self.world(one)
    let reason = try #require(world.decide().reasons.first)
    world.mayReturn = []
    let number = try #require(world.existing.firstIndex { $0.environment == reason["environment"] })
    world.existing[number].cluster = reason["to"]
    let decision = world.decide()
    #expect(decision.outcome == .placed)
    #expect(decision.assignments.first { $0.environment == "app" }?.kept == true)
  }

  @Test("where the nodes do not suffice for saying what has to move, nothing else is said to stand in the way")
  func exhausted() {
    for one in Self.cases where !one.needed.isEmpty {
      var world = Self.world(one)
      let enough = world.decide().nodes
      let outcomes = (1...enough).map { budget in
        world.nodeBudget = budget
        let decision = world.decide()
        #expect(decision.reasons.map(\.code) == [decision.outcome == .undecided ? .budgetExhausted : .moveNeeded])
        #expect(decision.conflict == (decision.outcome == .undecided ? nil : .all))
        return decision.outcome
      }
      #expect(Set(outcomes) == [.undecided, .unplaceable], "\(one)")
    }
  }

  @Test("a batch says of such a project that it would move, by itself or beside others")
  func batches() {
    var batch = BatchWorld()
    batch.world = Self.world(Self.cases[0])
    batch.world.policy.scoring = .init(stickiness: 0)
    batch.projects = [batch.world.request]
    let alone = batch.place()
    #expect(alone["shop"]?.status == .wouldMove && alone["shop"]?.plan?.reasons.map(\.code) == [.moveNeeded])
    // By itself it has a place where the other one is liked better.
    batch.world.cluster("ara-1") { $0.capacity.cpu = Quantity(24) }
    #expect(batch.place()["shop"]?.status == .placed)
    batch.add("more", cpu: 10, likes: "ara-1", weight: 10, only: ["ara-1"])
    let crowded = batch.place()
    #expect(crowded["more"]?.status == .placed)
    #expect(crowded["shop"]?.status == .wouldMove)
  }

  @Test("that it is about a move is written down where it is so, and read again")
  func codable() throws {
    var world = World()
    world.place("prod1", on: "idf-1")
    for mayMove in [false, true] {
      world.mayMove = mayMove
      world.leaves = mayMove ? world.existing : []
      world.mayReturn = world.leaves
      world.existing[0].isGoing = mayMove
      let data = try ModelJSON.encoder.encode(world.request)
      #expect(try ModelJSON.decoder.decode(DecisionRequest.self, from: data) == world.request)
      for member in ["mayMove", "leaves", "mayReturn", "isGoing"] {
        #expect(String(decoding: data, as: UTF8.self).contains("\"\(member)\"") == mayMove)
      }
    }
  }
}

extension World {
  fileprivate mutating func add(_ cluster: String, cpu: Int64) {
    clusters.append(Resource(cluster, World.cluster("idf-usuel", ["idf-b"], cpu: cpu)))
    clusters.sort { $0.name < $1.name }
  }

  /// `app` may not stay on `idf-1`, and `base` would best be beside it.
  fileprivate mutating func leaving() {
    add("idf-2", cpu: 100)
    cluster("idf-1") { $0.state = .closed }
    project.spec.spread = [.init(topology: .region)]
    policy.rules = [World.rule("near", .prefer, places: .in("cluster.name", "idf-2"), weight: 10, stages: ["dev"])]
    place("app", on: "idf-1", cpu: 2)
  }
}

extension Reason {
  fileprivate subscript(name: String) -> String { parameters[name] ?? "" }
}
