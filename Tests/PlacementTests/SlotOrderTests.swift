import Model
import Placement
import Testing

/// Who chooses first where several like the same place best: as far as anything else tells them apart, names do not.
@Suite struct SlotOrderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var first: ProjectSpec.Environment
    var second: ProjectSpec.Environment
    var change: @Sendable (inout World) -> Void = { _ in }
  }

  private static func environment(
    _ stage: String = "prod", cpu: Int64 = 4, replicas: Int? = nil, distinct: ProjectSpec.Topology? = nil
  ) -> ProjectSpec.Environment {
    World.environment("name", stage, cpu: cpu, replicas: replicas, distinct: distinct)
  }

  static let cases: [Case] = [
    .init(testDescription: "the larger one", first: environment(cpu: 8), second: environment()),
    .init(testDescription: "of as many processors the first stage", first: environment("dev"), second: environment()),
    .init(testDescription: "the one with more copies", first: environment(replicas: 2), second: environment()),
    .init(
      testDescription: "by what copies are kept apart by", first: environment(distinct: .cluster),
      second: environment(distinct: .region)),
    .init(
      testDescription: "the one with fewer places, though it is smaller", first: environment("dev"),
      second: environment(cpu: 8)
    ) { $0.cluster("idf-2") { $0.stages = ["prod"] } },
  ]

  @Test("of two that are kept apart one chooses first, whatever they are called", arguments: cases)
  func choosingFirst(_ one: Case) {
    for (first, second) in [("aa", "bb"), ("bb", "aa")] {
      var world = World()
      world.project.spec.environments = [one.first, one.second]
      world.project.spec.environments[0].name = first
      world.project.spec.environments[1].name = second
      world.project.spec.spread = [.init(topology: .cluster)]
      one.change(&world)
      let decision = world.decide()
      #expect(decision.outcome == .placed)
      #expect(decision.assignments.first { $0.cluster == "ara-1" }?.environment == first)
    }
  }

  @Test func `copies that are tied to nothing come no earlier for being many`() {
    var world = World()
    world.project.spec.environments = [
      World.environment("big", "prod", cpu: 8), World.environment("many", "prod", replicas: 2),
      World.environment("other", "prod", cpu: 2),
    ]
    world.project.spec.spread = [.init(topology: .cluster, environments: ["big", "many"])]
    #expect(world.decide().places == ["big/0→ara-1", "many/0→idf-1", "many/1→idf-2", "other/0→ara-1"])
  }
}
