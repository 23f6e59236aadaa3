import Model
import Placement
import Testing

/// What environments are called must not matter: neither to what is found, nor to what finding it costs.
@Suite struct PropertyNamesTests {
  @Test("other names for environments in any order change no outcome, not what it costs, and not what it is worth")
  func renamingEnvironments() {
    var outcomes: Set<Decision.Outcome> = []
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed, twists: seed.isMultiple(of: 2) ? Twist.all : Twist.structure)
      let names = scenario.project.spec.environments.map(\.name).sorted()
      for turned in [Array(names.reversed()), Array(names.dropFirst() + names.prefix(1))] {
        let table = Dictionary(uniqueKeysWithValues: zip(names, turned.map { "x" + $0 }))
        let other = scenario.renamedEnvironments(table)
        let (before, after) = (scenario.decide(), other.decide())
        outcomes.insert(before.outcome)
        #expect(after.outcome == before.outcome && after.nodes == before.nodes, "seed \(seed)")
        #expect(after.conflict == before.conflict, "seed \(seed)")
        #expect(after.reasons.map(\.code).sorted() == before.reasons.map(\.code).sorted(), "seed \(seed)")
        guard before.outcome == .placed, after.outcome == .placed else { continue }
        #expect(
          NaiveAssignments(other).value(after.naive) == NaiveAssignments(scenario).value(before.naive), "seed \(seed)")
        #expect(after.chain == before.chain && after.preferenceTerm == before.preferenceTerm, "seed \(seed)")
      }
    }
    guard Scenario.seeds(300).count >= 300 else { return }
    #expect(outcomes == Set(Decision.Outcome.allCases))
  }

  /// Two large environments that have to be together and are too large for any cluster, and two small ones, on many
  /// clusters that are all alike.
  private static func crowded(together: [String], alone: [String], clusters: Int = 400) -> Scenario {
    var scenario = Scenario.calm
    scenario.clusters = (0..<clusters).map { Resource("c\(1_000 + $0)", Scenario.cluster("bre-u", ["a"])) }
    scenario.project.spec.environments =
      together.map { Scenario.environment($0, "dev", cpu: 60) } + alone.map { Scenario.environment($0, "dev", cpu: 1) }
    scenario.project.spec.colocation = [.init(topology: .cluster, environments: together)]
    return scenario
  }

  @Test(
    "what has to be together is looked at together, whatever it is called",
    arguments: [["aa", "bb"], ["aa", "dd"], ["cc", "dd"], ["bb", "cc"]])
  func crowdedNames(_ together: [String]) {
    let alone = ["aa", "bb", "cc", "dd"].filter { !together.contains($0) }
    let decision = Self.crowded(together: together, alone: alone).decide()
    #expect(decision.outcome == .unplaceable && decision.conflict == .alone)
    #expect(decision.reasons.map(\.code) == [.colocationUnsatisfiable, .jointCapacityShort])
    // One node for each place of the first, and one for the only place that is left to the second.
    #expect(decision.nodes == 800)
  }

  @Test("sites that are out of the question cost nothing: a co-location among many is decided in few nodes")
  func passedOver() {
    var scenario = Self.crowded(together: ["one", "two"], alone: ["three"], clusters: 3_000)
    scenario.nodeBudget = 6_000
    #expect(scenario.plan().outcome == .unplaceable)
    for index in scenario.clusters.indices {
      scenario.clusters[index].spec.capacity.cpu = Quantity(index == 2_999 ? 121 : 100)
    }
    let plan = scenario.plan()
    #expect(plan.outcome == .placed && plan.nodes < 6_000)
    #expect(Set(plan.assignments.filter { $0.environment != "three" }.map(\.cluster)) == ["c3999"])
  }

  @Test("copies that have to be together in a region, and apart by cluster, are found in it")
  func copiesTogether() {
    var scenario = Scenario.calm
    scenario.project.spec.environments = [
      Scenario.environment("one", "prod", cpu: 60, replicas: 2, distinct: .cluster),
      Scenario.environment("two", "prod", cpu: 30, replicas: 2, distinct: .cluster),
    ]
    scenario.project.spec.colocation = [.init(topology: .region)]
    let decision = scenario.decide()
    #expect(decision.outcome == .placed && NaiveAssignments(scenario).violations(decision.naive).isEmpty)
    #expect(Set(decision.assignments.map(\.region)) == ["idf"])
  }
}
