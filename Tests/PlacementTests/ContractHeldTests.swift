import Model
import Placement
import Testing

/// What counts as held already when a project grows beyond its contract: only that may be kept.
@Suite struct ContractHeldTests {
  /// What is asked for in production in all, as it is told, where that is more than a contract of 10 processors allows
  /// and more than is held.
  private static func refused(_ world: World) -> [String?] {
    var world = world
    world.policy.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(10)))]
    let decision = world.decide()
    let excesses = decision.reasons.filter { $0.code == .contractLimit }
    #expect((decision.outcome == .placed) == excesses.isEmpty)
    return excesses.map { $0.parameters["needed"] }
  }

  /// An environment that holds 16 processors, and asks for them.
  private static var world: World {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 16)]
    world.place("prod1", on: "idf-1", cpu: 16)
    return world
  }

  @Test func `what stands holds what it has; what goes, and what is only wished to stand, holds nothing`() {
    var world = Self.world
    #expect(Self.refused(world).isEmpty)
    world.existing[0].isGoing = true
    #expect(Self.refused(world) == ["16"])
    world.existing[0].isGoing = false
    world.existing[0].isWish = true
    #expect(Self.refused(world) == ["16"])
  }

  @Test func `no environment holds what another one has`() {
    var world = Self.world
    world.project.spec.environments.insert(World.environment("dev1", "dev", cpu: 1), at: 0)
    #expect(Self.refused(world).isEmpty)
    world.project.spec.environments.append(World.environment("prod2", "prod", cpu: 1))
    #expect(Self.refused(world) == ["17"])
    // What one environment gives back, another one may take.
    world.project.spec.environments[1].quota.cpu = Quantity(15)
    #expect(Self.refused(world).isEmpty)
  }

  @Test(arguments: [false, true])
  func `a replica that is asked for no more counts until it is gone, as what is held and as what is needed`(
    isGoing: Bool
  ) {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 6)]
    world.place("prod1", replica: 0, on: "idf-1", cpu: 6)
    world.place("prod1", replica: 1, on: "idf-2", cpu: 6, isGoing: isGoing)
    #expect(Self.refused(world).isEmpty, "nothing grows")
    world.project.spec.environments.append(World.environment("prod2", "prod", cpu: 1))
    #expect(Self.refused(world) == ["13"])
    world.existing.removeLast()
    #expect(Self.refused(world).isEmpty)
  }
}
