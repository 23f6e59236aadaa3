import Model
import Placement
import Testing

/// What is stored was validated once, by the bounds of then: whatever numbers are in it, a question has an answer.
@Suite struct ExtremeNumberTests {
  private static let numbers: [Int] = [.min, -1, 0, 1, 1 << 32, .max]

  private static let changes: [(String, @Sendable (inout World, Int) -> Void)] = [
    (
      "weights of rules",
      { world, number in
        world.policy.rules = [
          World.rule("p", .prefer, places: .in("region.name", "idf"), weight: number),
          World.rule("a", .avoid, places: .in("region.name", "idf"), weight: number),
          World.rule("c", .prefer, chains: .in("chain.name", "common"), weight: number),
        ]
      }
    ),
    (
      "weights of wishes",
      { world, number in
        world.project.spec.preferences.weighted = [.init(weight: number, target: .in("region.name", "idf"))]
      }
    ),
    (
      "scoring",
      { world, number in
        world.policy.scoring = .init(balance: number, affinity: number, stickiness: number, locality: number)
        world.policy.rules = [World.rule("p", .prefer, places: .in("region.name", "idf"), weight: number)]
        world.place("prod1", on: "idf-1")
      }
    ),
    (
      "skews",
      { world, number in
        world.project.spec.environments = (0..<4).map { World.environment("e\($0)", "prod") }
        world.project.spec.spread = [
          .init(topology: .dataCenter, maxSkew: number),
          .init(topology: .region, maxSkew: number, whenUnsatisfiable: .placeAnyway),
        ]
      }
    ),
    ("replicas", { world, number in world.project.spec.environments[0].replicas = number }),
    (
      "quotas",
      { world, number in
        world.project.spec.environments = ["a", "b"].map { World.environment($0, "prod", cpu: Int64(number)) }
        for index in 0..<2 { world.project.spec.environments[index].quota.memory = Quantity(Int64(number)) }
      }
    ),
    (
      "capacities",
      { world, number in
        for cluster in world.clusters {
          world.cluster(cluster.name) {
            $0.capacity = ResourceList(cpu: Quantity(Int64(number)), memory: Quantity(1 << 40))
          }
        }
        world.project.spec.environments.append(World.environment("b", "prod"))
      }
    ),
    (
      "promises",
      { world, number in
        for cluster in world.clusters {
          let amounts = ResourceAmounts(cpu: Int64(number), memory: Int64(number), pods: Int64(number))
          world.ledger.clusters[cluster.name] = .init(committed: amounts, version: 1)
        }
        world.project.spec.environments.append(World.environment("b", "prod"))
      }
    ),
    (
      "what is held",
      { world, number in
        world.existing = [
          ExistingPlacement(
            environment: "prod1", replica: 0, cluster: "idf-1", stage: "prod",
            quota: ResourceAmounts(cpu: Int64(number), memory: Int64(number))),
          ExistingPlacement(
            environment: "prod1", replica: number, cluster: "idf-2", stage: "prod",
            quota: ResourceAmounts(cpu: Int64(number), memory: Int64(number))),
        ]
      }
    ),
    (
      "limits",
      { world, number in
        let list = ResourceList(cpu: Quantity(Int64(number)), memory: Quantity(Int64(number)))
        world.policy.limits = [.init(subject: LabelSelector(), production: list, nonProduction: list)]
        world.project.spec.environments[0].quota.memory = Quantity(Int64.max)
      }
    ),
    (
      "promising more",
      { world, number in
        let quantity = Quantity(Int64(number))
        world.policy.capacity = [.init(id: "x", overcommit: quantity, reserve: quantity, tolerance: quantity)]
      }
    ),
    ("pins", { world, number in world.pins = [Pin(environment: "prod1", replica: number, cluster: "idf-1")] }),
    (
      "budgets",
      { world, number in
        world.nodeBudget = number
        world.project.spec.environments[0].replicas = 2
      }
    ),
  ]

  @Test("whatever number a field has, a project alone and in a batch gets an answer", arguments: changes.indices)
  func answers(_ index: Int) {
    let (name, change) = Self.changes[index]
    for number in Self.numbers {
      var world = World()
      change(&world, number)
      let explanation = world.explain()
      #expect(explanation.decision.project == "shop", "\(name) \(number)")
      for reason in explanation.decision.reasons { #expect(!reason.sentence.fr.isEmpty, "\(name) \(number)") }
      let engine = world.engine
      let batch = BatchRequest(
        projects: [world.request, world.request], nodeBudget: world.nodeBudget == number ? number : 1_000)
      #expect(engine.place(batch, on: world.state(for: engine)).entries.count == 2, "\(name) \(number)")
    }
  }
}
