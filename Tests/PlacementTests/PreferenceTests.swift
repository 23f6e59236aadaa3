import Model
import Placement
import Testing

@Suite struct PreferenceTests {
  @Test("the least loaded cluster wins, by its scarcest resource")
  func leastLoaded() {
    var world = World()
    world.ledger = Ledger([
      "ara-1": .init(committed: ResourceAmounts(cpu: 10_000, memory: 300 << 30), version: 3),
      "idf-1": .init(committed: ResourceAmounts(cpu: 50_000), version: 4),
      "idf-2": .init(committed: ResourceAmounts(cpu: 40_000), version: 5),
    ])
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→idf-2"])
    #expect(decision.assignments[0].components.balance == 560)
    #expect(decision.assignments[0].ledgerVersion == 5)
    #expect(decision.verdict("ara-1")?.components?.balance == 230)
  }

  @Test("equal scores go to the most free capacity, then to the first name")
  func ties() {
    var world = World()
    #expect(world.decide().places == ["prod1/0→ara-1"])
    world.policy.scoring = .init(balance: 0)
    world.cluster("idf-2") { $0.capacity.cpu = Quantity(101) }
    #expect(world.decide().places == ["prod1/0→idf-2"])
  }

  @Test("of places that chains alike lead to, the freest is taken as well, whatever the chains are called")
  func tiesAcrossChains() {
    for (near, far) in [("a-near", "b-far"), ("b-near", "a-far")] {
      var world = World()
      world.policy.scoring = .init(balance: 0)
      world.chains = [Resource(near, World.chain([.usuel])), Resource(far, World.chain([.usuel]))]
      world.chain(near) { $0.regions = ["idf"] }
      for zone in world.zones.indices { world.zones[zone].spec.chain = nil }
      #expect(world.decide().places == ["prod1/0→ara-1"], "the first by name of three alike")
      #expect(world.decide().chain == far)
      world.cluster("idf-2") { $0.capacity.cpu = Quantity(101) }
      #expect(world.decide().places == ["prod1/0→idf-2"])
      #expect(world.decide().chain == [near, far].min(), "of chains alike the first by name")
    }
  }

  @Test("rules and wishes weigh; a soft taint outweighs what balance may bring")
  func weights() {
    var world = World()
    world.cluster("ara-1") { $0.taints = [Taint(key: "old", effect: .preferNoPlacement)] }
    world.ledger = Ledger(["idf-1": .init(committed: ResourceAmounts(cpu: 90_000))])
    world.cluster("idf-2") { $0.state = .closed }
    #expect(world.decide().places == ["prod1/0→idf-1"])
    #expect(world.decide().verdict("ara-1")?.components?.taints == -1000)
    world.project.spec.tolerations = [Toleration(key: "old", operator: .exists)]
    #expect(world.decide().places == ["prod1/0→ara-1"])
    world.policy.rules = [World.rule("go-idf", .prefer, places: .in("region.name", "idf"), weight: 5)]
    world.project.spec.preferences.weighted = [.init(weight: -1, target: .in("region.name", "ara"))]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→idf-1"])
    #expect(decision.assignments[0].components == .init(balance: 60, affinity: 500))
    #expect(decision.assignments[0].score == 60 + 2 * 500)
    #expect(decision.verdict("ara-1")?.components?.affinity == -100)
  }

  @Test("a policy that wants locality keeps environments in one region")
  func locality() {
    var world = World()
    world.project.spec.environments = [World.environment("one", "prod"), World.environment("two", "prod")]
    world.project.spec.spread = [.init(topology: .cluster)]
    #expect(world.decide().places == ["one/0→ara-1", "two/0→idf-1"])
    world.policy.scoring = .init(locality: 1)
    let decision = world.decide()
    #expect(decision.places == ["one/0→idf-1", "two/0→idf-2"])
    #expect(decision.assignments.map(\.components.locality) == [0, 1000])
  }

  @Test("capacity rules: reserve, overcommit and tolerance, by stage, resource and place; the first that matches holds")
  func promiseLimits() {
    var world = World()
    world.policy.capacity = [
      .init(id: "dev", stages: ["dev"], resources: [.cpu], overcommit: Quantity(2), tolerance: Quantity(milli: 100)),
      .init(id: "ara", places: .in("region.name", "ara"), reserve: Quantity(milli: 250)),
      .init(id: "late", reserve: Quantity(milli: 900)),
    ]
    func limits(_ cluster: Int, _ stage: String) -> ResourceAmounts {
      let zone = world.zones.first { $0.name == world.clusters[cluster].spec.zone }!
      let region = world.regions.first { $0.name == zone.spec.region }!
      return PromiseLimits.of(
        cluster: world.clusters[cluster], zone: zone, region: region, stage: stage, policy: world.policy, on: world.day)
    }
    #expect(limits(0, "prod") == ResourceAmounts(cpu: 75_000, memory: 300 << 30, pods: 750))
    #expect(limits(0, "dev") == ResourceAmounts(cpu: 220_000, memory: 300 << 30, pods: 750))
    #expect(limits(2, "prod").cpu == 10_000)
    #expect(world.decide().assignments[0].limit == limits(0, "prod"))
    world.policy.capacity = []
    #expect(limits(0, "prod") == ResourceAmounts(cpu: 100_000, memory: 400 << 30, pods: 1000))
  }

  @Test("each stage has its own limit on what a cluster has promised in all")
  func stagesShareACluster() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.policy.capacity = [.init(id: "dev", stages: ["dev"], overcommit: Quantity(2))]
    world.project.spec.environments = [
      World.environment("build", "dev", cpu: 120), World.environment("prod1", "prod", cpu: 60),
    ]
    #expect(world.decide().reasons.map(\.code) == [.jointCapacityShort])
    world.project.spec.environments[0].quota.cpu = Quantity(40)
    #expect(world.decide().outcome == .placed)
  }

  @Test("amounts are shown as people write them")
  func amounts() {
    var world = World()
    world.cluster("ara-1") { $0.capacity = ResourceList(cpu: Quantity("1500m"), memory: Quantity("4Gi")) }
    world.project.spec.environments[0].quota = ResourceList(
      cpu: Quantity(2), memory: Quantity("8Gi"), gpu: Quantity(1), storage: Quantity("1Ti"))
    let reasons = world.decide().verdict("ara-1")?.reasons ?? []
    #expect(Set(reasons.map { $0.parameters["short"] }) == ["500m", "1", "4Gi", "1Ti"])
  }

  @Test("a cluster that offers nothing takes what asks for nothing, and is never the emptiest")
  func nothingOffered() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.cluster("ara-1") { $0.capacity = ResourceList() }
    world.project.spec.environments[0].quota = ResourceList()
    let decision = world.decide()
    #expect(decision.outcome == .placed)
    #expect(decision.assignments[0].components.balance == 0)
  }

  @Test("amounts that overflow are refused, not wrapped round")
  func overflow() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.cluster("ara-1") { $0.capacity = ResourceList(pods: Quantity(.max)) }
    world.project.spec.environments = ["one", "two", "tri"].map {
      .init(name: $0, stage: "prod", quota: ResourceList(pods: Quantity(.max)))
    }
    world.ledger = Ledger(["ara-1": .init(committed: ResourceAmounts(pods: 5))])
    #expect(world.decide().outcome == .unplaceable)
  }
}
