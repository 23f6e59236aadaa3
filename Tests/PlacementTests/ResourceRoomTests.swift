import Model
import Placement
import Testing

/// Room is a matter of each resource by itself: having enough of four of them makes up for nothing of the fifth.
@Suite struct ResourceRoomTests {
  private static func list(_ whole: Int64, _ resource: CountedResource) -> ResourceList {
    var list = ResourceList()
    list[resource] = Quantity(whole)
    return list
  }

  /// One cluster for what is ordinary, which has 10 of a resource and has promised some of it, and one for other data.
  private static func world(_ resource: CountedResource, promised: Int64 = 0, asked: [ResourceList]) -> World {
    var world = World()
    world.clusters.removeAll { !["ara-1", "dr-1"].contains($0.name) }
    world.cluster("ara-1") { $0.capacity[resource] = Quantity(10) }
    world.ledger.clusters["ara-1"] = .init(committed: ResourceAmounts(Self.list(promised, resource)))
    world.project.spec.environments = asked.enumerated().map { number, quota in
      var environment = World.environment("e\(number)", "prod")
      environment.quota = quota
      return environment
    }
    return world
  }

  /// What keeps new replicas of an environment away from the cluster, and by which resource.
  private static func told(_ decision: Decision, environment: Int = 0) -> [String] {
    let refusals = decision.verdict("ara-1", environment: environment)?.refusals ?? []
    return refusals.map { "\($0.code.rawValue) \($0.parameters["resource"] ?? "")" }
  }

  @Test(arguments: CountedResource.allCases)
  func `a cluster takes several environments as long as all of them together find enough of each resource`(
    _ resource: CountedResource
  ) {
    // All that there is, and one more.
    let full = Self.world(resource, promised: 1, asked: [Self.list(4, resource), Self.list(5, resource)]).decide()
    #expect(full.places == ["e0/0→ara-1", "e1/0→ara-1"])
    let beyond = Self.world(resource, promised: 1, asked: [Self.list(4, resource), Self.list(6, resource)]).decide()
    #expect(beyond.outcome == .unplaceable && beyond.reasons.contains { $0.code == .jointCapacityShort })
    // Each of them alone would have had its place.
    #expect(Self.told(beyond).isEmpty && Self.told(beyond, environment: 1).isEmpty)
  }

  @Test(arguments: CountedResource.allCases)
  func `what a cluster has promised too much of keeps away nobody who asks for none of it`(
    _ resource: CountedResource
  ) {
    let other: CountedResource = resource == .cpu ? .pods : .cpu
    let asked = [Self.list(1, other), Self.list(1, other)]
    let decision = Self.world(resource, promised: 11, asked: asked).decide()
    #expect(decision.places == ["e0/0→ara-1", "e1/0→ara-1"])
    let wanting = Self.world(resource, promised: 11, asked: asked + [Self.list(1, resource)]).decide()
    #expect(wanting.outcome == .unplaceable && wanting.verdict("ara-1", environment: 1)?.accepted == true)
    #expect(Self.told(wanting, environment: 2) == ["CapacityShort \(resource.rawValue)"])
  }

  /// What leaves all clusters with numbers that can be estimated with, and what does not.
  private static let elsewhere: [@Sendable (inout World) -> Void] = [
    { _ in },
    { world in world.cluster("dr-1") { $0.capacity.storage = Quantity(1 << 50) } },
    { world in world.ledger.clusters["dr-1"] = .init(committed: ResourceAmounts(storage: 1 << 50)) },
  ]

  @Test(arguments: CountedResource.allCases)
  func `a cluster takes all that it has left of a resource and no more, whatever numbers another one has`(
    _ resource: CountedResource
  ) {
    let cases: [(asked: Int64, left: Int64?, told: [String])] = [
      (4, 300, []), (7, 0, []), (8, nil, ["CapacityShort \(resource.rawValue)"]),
      (10, nil, ["CapacityShort \(resource.rawValue)"]), (11, nil, ["CapacityNeverFits \(resource.rawValue)"]),
    ]
    for (asked, left, told) in cases {
      for change in Self.elsewhere {
        var world = Self.world(resource, promised: 3, asked: [Self.list(asked, resource)])
        change(&world)
        let decision = world.decide()
        #expect((decision.outcome == .placed) == (left != nil), "\(asked)")
        #expect(decision.assignments.first?.components.balance == left && Self.told(decision) == told, "\(asked)")
      }
    }
  }

  @Test(arguments: CountedResource.allCases)
  func `more than anyone has may be asked for where more than anyone has is promised`(_ resource: CountedResource) {
    var world = Self.world(resource, asked: [Self.list(.max, resource)])
    var committed = ResourceAmounts()
    committed[resource] = .max
    world.ledger.clusters["ara-1"] = .init(committed: committed)
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && Self.told(decision) == ["CapacityNeverFits \(resource.rawValue)"])
  }

  @Test func `a cluster tells of what it lacks only, and of never only where it could not even empty`() {
    let cases: [(asked: ResourceList, promised: ResourceAmounts, told: String)] = [
      // More of something is promised than there is, which nobody asks for here.
      (Self.list(101, .cpu), ResourceAmounts(gpu: 1), "CapacityNeverFits cpu"),
      // All that it has, which it would have if it were empty.
      (Self.list(100, .cpu), ResourceAmounts(cpu: 1_000), "CapacityShort cpu"),
      // Of one resource all that is left, which is enough.
      (
        ResourceList(cpu: Quantity(96), memory: Quantity("400Gi")), ResourceAmounts(cpu: 4_000, memory: 1),
        "CapacityShort memory"
      ),
    ]
    for (asked, promised, told) in cases {
      var world = World()
      world.project.spec.environments[0].quota = asked
      world.ledger.clusters["ara-1"] = .init(committed: promised)
      #expect(Self.told(world.decide()) == [told])
    }
  }
}
