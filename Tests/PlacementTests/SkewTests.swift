import Model
import Placement
import Testing

/// `maxSkew`, as Kubernetes has it: the fullest place against the emptiest one that is eligible.
@Suite struct SkewTests {
  /// Regions by how many environments of 20 cores each has room for, environments, the largest skew, and whether they can
  /// be spread.
  static let cases: [(rooms: [Int64], count: Int, maxSkew: Int, isPossible: Bool)] = [
    // As long as there are more places than replicas, the emptiest counts as empty.
    ([9, 9, 9], 2, 1, true), ([9, 9, 9], 3, 1, true),
    // Three over two become 2 + 1; five 3 + 2.
    ([9, 9], 3, 1, true), ([9, 9], 5, 1, true),
    // One place alone is as full as the emptiest.
    ([9], 4, 1, true),
    // Room in one place only for one: the others may have one more.
    ([9, 1], 3, 1, true), ([9, 1], 4, 1, false), ([9, 1], 4, 2, true), ([9, 1], 5, 2, false), ([9, 1], 5, 3, true),
    ([1, 1, 9], 5, 1, false), ([1, 1, 9], 5, 2, true), ([2, 2, 9], 7, 1, true), ([2, 2, 9], 8, 1, false),
    // A place without room is eligible all the same, and empty: room makes no place come or go.
    ([9, 9, 0], 4, 1, false), ([9, 9, 0], 2, 1, true), ([9, 9, 0], 4, 2, true), ([9, 0], 4, 3, false),
    ([9, 0], 4, 4, true),
    // No place can have more than all.
    ([9, 9], 5, .max, true), ([9, 0], 5, .max, true), ([9, 9, 9], 2, .max, true),
  ]

  private static func world(_ rooms: [Int64], _ count: Int, _ spread: ProjectSpec.Spread) -> World {
    var world = World()
    world.regions = rooms.indices.map { Resource("r\($0)", World.region("dtnum", "FR-IDF", ["a"])) }
    world.zones = rooms.indices.map {
      Resource("z\($0)", ZoneSpec(region: "r\($0)", sensitivity: .usuel, slug: "z\($0)", chain: "common"))
    }
    world.clusters = rooms.enumerated().map {
      Resource("c\($0)", World.cluster("z\($0)", ["a"], cpu: max(1, $1 * 20)))
    }
    world.chain("common") { $0.regions = rooms.indices.map { "r\($0)" } }
    world.project.spec.environments = (0..<count).map { World.environment("e\($0)", "prod", cpu: 20) }
    world.project.spec.spread = [spread]
    return world
  }

  @Test("the fullest place has at most so many more than the emptiest eligible one", arguments: cases.indices)
  func hard(_ number: Int) {
    let (rooms, count, maxSkew, isPossible) = Self.cases[number]
    let decision = Self.world(rooms, count, .init(topology: .region, maxSkew: maxSkew)).decide()
    #expect((decision.outcome == .placed) == isPossible)
    guard isPossible else {
      #expect(decision.conflict == .alone && decision.reasons.contains { $0.code == .spreadUnsatisfiable })
      return
    }
    let counts = rooms.indices.map { region in
      decision.assignments.count { $0.region == "r\(region)" }
    }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= maxSkew, "\(counts)")
  }

  @Test("a soft spread costs for each that is beyond what the fullest place has in an even one")
  func soft() {
    let spread = ProjectSpec.Spread(topology: .region, maxSkew: 1, whenUnsatisfiable: .placeAnyway)
    for (rooms, count, broken) in [([9, 9], 3, 0), ([9, 1], 4, 1), ([9, 1], 5, 1), ([9], 5, 0)]
      as [([Int64], Int, Int64)]
    {
      let decision = Self.world(rooms, count, spread).decide()
      #expect(decision.outcome == .placed)
      #expect(decision.assignments.reduce(0) { $0 - $1.components.spread } == 1000 * broken, "\(rooms), \(count)")
    }
  }

  @Test("a cluster over several places counts in one of them for each replica, and by itself like a place")
  func stretched() {
    var world = Self.world([9, 9], 3, .init(topology: .dataCenter, maxSkew: 1))
    world.cluster("c0") { $0.dataCenters = ["a", "b"] }
    #expect(world.decide().outcome == .placed)
    world.cluster("c1") { $0.state = .closed }
    // Both places of the only cluster are filled by it alone: three are 2 + 1 in them, but 3 on the cluster.
    #expect(world.decide().outcome == .unplaceable)
    world.project.spec.environments.removeLast()
    #expect(world.decide().outcome == .placed)
  }

  @Test("of replicas on one cluster over several places no more are told to be apart than the cluster counts for")
  func stretchedRoom() throws {
    let spread = ProjectSpec.Spread(topology: .dataCenter)
    var world = Self.world([9, 9], 2, spread)
    world.cluster("c0") { $0.dataCenters = ["a", "b"] }
    func available(_ clusters: [String]) throws -> Int {
      let engine = world.engine
      let room = engine.room(of: spread, for: world.request, on: world.state(for: engine), at: clusters)
      return try #require(room).available
    }
    // Three places for two: one stays empty, and each place has one, as each cluster has.
    #expect(try available(["c0", "c0"]) == 1)
    #expect(try available(["c0", "c1"]) == 2)
    world = Self.world([9, 9], 3, spread)
    world.cluster("c0") { $0.dataCenters = ["a", "b"] }
    world.cluster("c1") { $0.state = .closed }
    #expect(try available(["c0", "c0", "c0"]) == 2, "two in one place, and one in the other, are three on the cluster")
  }

  @Test("room that becomes free takes nothing away, and the reason says how many an even placing can hold")
  func room() {
    let spread = ProjectSpec.Spread(topology: .region)
    for (room, available) in [(0, "2"), (1, "5"), (2, nil), (9, nil)] as [(Int64, String?)] {
      let decision = Self.world([9, 9, room], 6, spread).decide()
      #expect((decision.outcome == .placed) == (available == nil), "\(room)")
      let reason = decision.reasons.first { $0.code == .spreadUnsatisfiable }
      #expect(reason?.parameters["available"] == available)
      #expect(reason?.parameters["wanted"] == available.map { _ in "6" })
    }
  }

  @Test("where they could be apart by themselves, no number is told that contradicts itself")
  func apartByThemselves() {
    var world = Self.world([9, 9], 2, .init(topology: .region))
    // One chain delivers to one region each: apart they are only without a common one.
    world.chain("common") { $0.regions = ["r0"] }
    world.chains.append(Resource("other", World.chain([.usuel])))
    world.chain("other") { $0.regions = ["r1"] }
    world.zone("z1") { $0.chain = "other" }
    let reason = world.decide().reasons.first { $0.code == .spreadUnsatisfiable }
    #expect(reason?.parameters["available"] == "2")
    #expect(reason?.sentence.en?.contains("with all the rest") == true)
    #expect(reason?.sentence.fr.contains("avec tout le reste") == true)
  }

  @Test("a place that is not heard is eligible; one that is closed is not")
  func unheard() {
    var world = Self.world([9, 9, 9], 6, .init(topology: .region))
    world.staleZones = ["z2"]
    #expect(world.decide().outcome == .unplaceable)
    world.staleZones = []
    #expect(world.decide().outcome == .placed)
    world.region("r2") { $0.state = .closed }
    #expect(world.decide().outcome == .placed)
  }

  @Test("replicas that all stay do not break a spread, whatever opens elsewhere; another one makes it count again")
  func staying() {
    var world = Self.world([9, 9, 9], 6, .init(topology: .region))
    for number in 0..<6 { world.place("e\(number)", on: "c\(number % 2)", cpu: 20) }
    let again = world.decide()
    #expect(again.outcome == .placed)
    #expect(again.assignments.map(\.cluster) == ["c0", "c1", "c0", "c1", "c0", "c1"])
    world.keepExisting = false
    #expect(Set(world.decide().assignments.map(\.cluster)).count == 3)
    world.keepExisting = true
    world.project.spec.environments.append(World.environment("f", "prod", cpu: 20))
    // One of those that stand has to go to the third place before, and nothing else does.
    let more = world.decide()
    #expect(more.outcome == .unplaceable && more.conflict == .all)
    #expect(more.reasons.map(\.code) == [.moveNeeded] && more.reasons[0].parameters["to"] == "c2")
    world.mayMove = true
    let moved = world.decide()
    #expect((0..<3).map { number in moved.assignments.count { $0.cluster == "c\(number)" } }.sorted() == [2, 2, 3])
    #expect(moved.assignments.count { $0.movedFrom != nil } == 1)
  }

  @Test("replicas that all stay in one place do not break a spread, though each might have another place for itself")
  func stayingTogether() {
    var world = Self.world([9, 9, 9], 2, .init(topology: .region))
    for number in 0..<2 { world.place("e\(number)", on: "c0", cpu: 20) }
    #expect(world.decide().places == ["e0/0→c0", "e1/0→c0"])
    world.existing.removeLast()
    #expect(world.decide().places == ["e0/0→c0", "e1/0→c1"], "what is new keeps apart")
  }

  @Test func `only a wish for one of its own makes a spread count for what stands`() {
    var world = Self.world([9, 9, 9], 2, .init(topology: .region, environments: ["e0", "e1"]))
    world.project.spec.environments.append(World.environment("other", "prod", cpu: 20))
    for (name, cluster) in [("e0", "c0"), ("e1", "c0"), ("other", "c1")] { world.place(name, on: cluster, cpu: 20) }
    world.existing[2].isWish = true
    #expect(world.decide().places == ["e0/0→c0", "e1/0→c0", "other/0→c1"])
    world.existing[0].isWish = true
    #expect(world.decide().places == ["e0/0→c0", "e1/0→c2", "other/0→c1"])
    world.existing[0].isWish = false
    // Of a copy that is not asked for any more it means nothing.
    world.place("e0", replica: 1, on: "c1", cpu: 20)
    world.existing[3].isWish = true
    #expect(world.decide().places == ["e0/0→c0", "e1/0→c0", "other/0→c1"])
  }

  @Test func `a place that takes nothing new is to be filled as long as one of the spread stands there`() {
    var world = World()
    world.project.spec.spread = [.init(topology: .region, maxSkew: 1)]
    world.region("idf") { $0.state = .cordoned }
    world.place("prod1", on: "idf-1")
    world.project.spec.environments += [World.environment("prod2", "prod"), World.environment("prod3", "prod")]
    #expect(world.decide().places == ["prod1/0→idf-1", "prod2/0→ara-1", "prod3/0→ara-1"])
    world.project.spec.environments.append(World.environment("prod4", "prod"))
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.reasons.contains { $0.code == .spreadUnsatisfiable })
    // Where none stands there, nobody has to.
    world.existing = []
    #expect(world.decide().assignments.map(\.cluster) == ["ara-1", "ara-1", "ara-1", "ara-1"])
  }

  @Test func `of several spreads each has the room that it has by itself`() {
    var world = World()
    world.project.spec.environments = ["e0", "e1", "e2"].map { World.environment($0, "prod") }
    // Three over two regions are 2 + 1, or with a skew of 3 all in one; two are 1 + 1, and so are three on three clusters.
    let three = ["idf-1", "idf-1", "idf-2"]
    let cases: [(spread: ProjectSpec.Spread, clusters: [String], atMost: Int, available: Int)] = [
      (.init(topology: .region, maxSkew: 1), three, 2, 1),
      (.init(topology: .cluster, maxSkew: 1), three, 1, 2),
      (.init(topology: .region, environments: ["e0", "e1"], maxSkew: 1), ["idf-1", "idf-2"], 1, 1),
      (.init(topology: .region, maxSkew: 3), three, 3, 3),
    ]
    world.project.spec.spread = cases.map { $0.spread }
    let (engine, request) = (world.engine, world.request)
    let state = world.state(for: engine)
    for (number, one) in cases.enumerated() {
      let room = engine.room(of: one.spread, for: request, on: state, at: one.clusters)
      #expect(room?.atMost == one.atMost && room?.available == one.available, "\(number)")
    }
    let unasked = engine.room(of: .init(topology: .zone), for: request, on: state, at: three)
    #expect(unasked == nil, "the project has no such spread")
  }
}
