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
    // A place that accepts nobody is not eligible, and so not empty.
    ([9, 9, 0], 4, 1, true), ([9, 0], 4, 1, true),
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
    let counts = rooms.indices.filter { rooms[$0] > 0 }.map { region in
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
    world.cluster("c1") { $0.capacity.cpu = Quantity(1) }
    // Both places of the only cluster are filled by it alone: three are 2 + 1 in them, but 3 on the cluster.
    #expect(world.decide().outcome == .unplaceable)
    world.project.spec.environments.removeLast()
    #expect(world.decide().outcome == .placed)
  }
}
