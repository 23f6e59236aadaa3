import Model
import Placement
import Testing

/// Batches against the naive checker: what is proposed can be committed one after the other, and how many can be placed
/// at most is known from trying everything.
@Suite struct PropertyBatchTests {
  @Test("a batch is legal in its order, never worse than one by one, and never better than what is possible")
  func batches() {
    var (beaten, optimal, short) = (0, 0, 0)
    for seed in Scenario.seeds(60) {
      let (scenario, projects) = Self.crowd(seed)
      let engine = scenario.engine
      var batch = BatchRequest(projects: projects.map { scenario.asking(for: $0).request })
      let answer = engine.place(batch, on: scenario.state(for: engine))
      let committed = Self.commit(answer, scenario, projects)
      #expect(committed == answer.value.placed, "seed \(seed)")
      let oneByOne = Self.oneByOne(scenario, projects)
      let most = Self.most(scenario, projects[...])
      #expect(answer.oneByOne.placed == oneByOne, "seed \(seed)")
      #expect(answer.value.placed >= oneByOne && answer.value.placed <= most, "seed \(seed)")
      #expect(answer.bound.placed >= most, "seed \(seed)")
      if answer.provenLevels > 0 { #expect(answer.value.placed == most, "seed \(seed)") }
      #expect(answer.entries.map(\.position).sorted() == Array(projects.indices), "seed \(seed)")
      beaten += answer.value.placed > oneByOne ? 1 : 0
      optimal += answer.outcome == .optimal ? 1 : 0
      short += most < projects.count ? 1 : 0

      batch.allOrNothing = true
      let all = engine.place(batch, on: scenario.state(for: engine))
      #expect(all.placed.isEmpty || all.placed.count == projects.count, "seed \(seed)")
      if all.outcome == .optimal { #expect(all.placed.count == projects.count, "seed \(seed)") }
      if all.outcome == .unplaceable { #expect(most < projects.count, "seed \(seed)") }
    }
    guard Scenario.seeds(60).count >= 60 else { return }
    #expect(optimal > 20 && short > 10, "\(optimal) optimal, \(short) can not all be placed, \(beaten) beat one by one")
  }

  @Test("a batch of one is worth what its decision is, and goes elsewhere only for a less full cluster")
  func one() {
    var (chained, ofNew) = (0, 0)
    for seed in Scenario.seeds(150) {
      var scenario = Scenario.halfPlaced(seed)
      // With nothing for balance a decision wants just what a batch does, but for the fullest cluster.
      scenario.policy.scoring = .init(balance: 0)
      let (engine, decision) = (scenario.engine, scenario.decide())
      guard decision.outcome == .placed, decision.assignments.allSatisfy({ $0.movedFrom == nil }) else { continue }
      let answer = engine.place(BatchRequest(projects: [scenario.request]), on: scenario.state(for: engine))
      guard let entry = answer.placed.first, let plan = entry.plan else {
        Issue.record("seed \(seed): not placed")
        continue
      }
      let checker = NaiveAssignments(scenario)
      let there = NaiveAssignment(clusters: plan.assignments.map(\.cluster), chain: plan.chain ?? "")
      let worth = checker.value(decision.naive)
      #expect(checker.value(there) == worth, "seed \(seed)")
      #expect(there == decision.naive || answer.value.fullest < answer.oneByOne.fullest, "seed \(seed)")
      #expect(entry.isFirstChoice == (there == decision.naive), "seed \(seed)")
      let terms = scenario.project.spec.preferences.terms.count
      let expected = BatchObjective(
        placed: 1, rechained: worth.rechained, terms: min(worth.term, terms), newTerms: max(0, worth.term - terms),
        preference: worth.score, fullest: answer.value.fullest)
      #expect(answer.value == expected, "seed \(seed)")
      #expect(!answer.value.isBetter(than: answer.bound), "seed \(seed)")
      chained += NaiveChains(scenario: scenario).affinity(plan.chain ?? "") == 0 ? 0 : 1
      ofNew += plan.preferenceTermOfNew == nil ? 0 : 1
    }
    guard Scenario.seeds(150).count >= 150 else { return }
    #expect(chained > 5 && ofNew > 5, "\(chained) by a chain that is preferred, \(ofNew) with a term of what is new")
  }

  /// A small offer without much room, and three projects that want some of it.
  static func crowd(_ seed: UInt64) -> (Scenario, [Resource<ProjectSpec>]) {
    var numbers = SeededGenerator(seed)
    var scenario = Scenario.random(seed, twists: Twist.offer + Twist.policy)
    scenario.policy.limits = []
    scenario.clusters = Array(scenario.clusters.shuffled(using: &numbers).prefix(4))
    scenario.eachCluster { $0.capacity.cpu = numbers.pick([Quantity(10), Quantity(16), Quantity(24)]) }
    let projects = (0..<3).map { index in
      var project = scenario.project
      project.metadata.name = "project\(index)"
      project.spec.environments = [
        Scenario.environment(
          "env", numbers.pick(["dev", "prod"]), cpu: numbers.pick([4, 8, 12]), replicas: numbers.pick([1, 1, 2]))
      ]
      if numbers.chance(40) {
        project.spec.residency = .init(subdivisions: [numbers.pick(["FR-ARA", "FR-IDF", "FR-BRE"])])
      }
      return project
    }
    return (scenario, projects)
  }

  /// Commits the placed entries in their order, each checked against what those before it left; how many there were.
  private static func commit(
    _ answer: BatchAnswer, _ start: Scenario, _ projects: [Resource<ProjectSpec>]
  ) -> Int {
    var scenario = start
    for entry in answer.placed {
      scenario = scenario.asking(for: projects[entry.position])
      guard let plan = entry.plan else { return -1 }
      let assignment = NaiveAssignment(clusters: plan.assignments.map(\.cluster), chain: plan.chain ?? "")
      let violations = NaiveAssignments(scenario).violations(assignment)
      #expect(violations.isEmpty, "\(entry.project): \(violations)")
      scenario.take(assignment)
    }
    return answer.placed.count
  }

  private static func oneByOne(_ start: Scenario, _ projects: [Resource<ProjectSpec>]) -> Int {
    var scenario = start
    return projects.count { project in
      scenario = scenario.asking(for: project)
      let decision = scenario.decide()
      if decision.outcome == .placed { scenario.take(decision.naive) }
      return decision.outcome == .placed
    }
  }

  /// The most projects that can be placed, by trying everything.
  private static func most(_ scenario: Scenario, _ projects: ArraySlice<Resource<ProjectSpec>>) -> Int {
    guard let project = projects.first else { return 0 }
    let rest = projects.dropFirst()
    var best = 0
    var tried: Set<[String]> = []
    for assignment in NaiveSearch(scenario.asking(for: project)).legal {
      // Who is where and by which chain it comes makes no difference to those who follow.
      guard tried.insert(assignment.clusters.sorted()).inserted else { continue }
      var next = scenario.asking(for: project)
      next.take(assignment)
      best = max(best, 1 + most(next, rest))
      if best == projects.count { return best }
    }
    return max(best, most(scenario, rest))
  }
}

extension Scenario {
  /// The scenario for another project that holds nothing yet.
  func asking(for other: Resource<ProjectSpec>) -> Scenario {
    var scenario = self
    (scenario.project, scenario.existing, scenario.nodeBudget) = (other, [], 200_000)
    return scenario
  }

  /// Promises what an assignment of new replicas takes.
  mutating func take(_ assignment: NaiveAssignment) {
    for (slot, cluster) in zip(slots, assignment.clusters) {
      for (resource, amount) in NaiveRoom.wanted(slot.environment) {
        ledger.clusters[cluster, default: Ledger.Entry()].committed[resource] += amount
      }
    }
  }
}
