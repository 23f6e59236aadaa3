import Model
import Testing

@testable import Placement

/// Finding what stands in the way has one budget, and says what it could not find out within it.
@Suite struct ConflictBudgetTests {
  private static func found(_ scenario: Scenario, budget: Int) -> Planner.Result {
    let engine = scenario.engine
    return engine.planner(scenario.request, scenario.state(for: engine)).plan(explains: true, conflictBudget: budget)
  }

  @Test("with a budget of 1 nothing is found out, and that is said")
  func one() {
    var scenario = Scenario.calm
    scenario.eachCluster { $0.state = .cordoned }
    let result = Self.found(scenario, budget: 1)
    #expect(result.conflict == .unproven && result.conflict?.isProven == false)
    #expect(result.reasons.map(\.code) == [.noCandidate, .noCandidate], "what is at hand is told all the same")
    #expect(Self.found(scenario, budget: ConflictFinder.budget).conflict == .alone)
  }

  @Test("wherever the budget ends, what is said to be known is what is known with all of it")
  func everyBudget() {
    var scenario = Scenario.calm
    scenario.clusters = ["c1", "c2"].map { Resource($0, Scenario.cluster("bre-u", ["a"])) }
    scenario.project.spec.environments = [Scenario.environment("dev", "dev")]
    // Each of the two forbids everything: neither would help if it were lifted alone.
    scenario.policy.rules = ["one", "two"].map {
      Scenario.rule($0, .forbid, places: .in("cluster.name", "c1", "c2"))
    }
    let engine = scenario.engine
    let planner = engine.planner(scenario.request, scenario.state(for: engine))
    let whole = planner.plan(explains: true)
    #expect(whole.conflict == .together)
    for budget in 1...max(1, whole.conflictNodes) {
      let result = planner.plan(explains: true, conflictBudget: budget)
      if result.conflict?.isProven == true {
        #expect(result.conflict == .together && result.reasons == whole.reasons, "budget \(budget)")
      }
    }
  }

  @Test("what finding out about a contract has cost is counted, and nothing where nobody asks")
  func contract() {
    var scenario = Scenario.calm
    scenario.policy.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(1)))]
    let engine = scenario.engine
    let planner = engine.planner(scenario.request, scenario.state(for: engine))
    let (asked, unasked) = (planner.plan(explains: true), planner.plan(explains: false))
    #expect(asked.conflict == .alone && asked.reasons == unasked.reasons && asked.reasons.count == 1)
    #expect(asked.conflictNodes > 0 && unasked.conflictNodes == 0 && unasked.conflict == nil)
  }

  @Test("a smaller budget finds the same or says that it did not; what is said to do alone does")
  func smaller() {
    var seen: Set<Plan.Conflict> = []
    for seed in Scenario.seeds(200) {
      var scenario = Scenario.random(seed, twists: Twist.structure + Twist.clusters)
      scenario.nodeBudget = 200_000
      let whole = Self.found(scenario, budget: ConflictFinder.budget)
      for budget in [1, 150, 500, 1_500, 5_000] {
        let result = Self.found(scenario, budget: budget)
        if let conflict = result.conflict { seen.insert(conflict) }
        switch result.conflict {
        case .alone, .together, .all, nil:
          #expect(result.conflict == whole.conflict, "seed \(seed), budget \(budget)")
          let codes = (Set(result.reasons.map(\.code)), Set(whole.reasons.map(\.code)))
          #expect(codes.0 == codes.1, "seed \(seed), budget \(budget)")
        case .aloneUnproven:
          #expect(whole.conflict == .alone, "seed \(seed), budget \(budget)")
          #expect(Set(result.reasons.map(\.code)).isSubset(of: whole.reasons.map(\.code)), "seed \(seed)")
        case .togetherUnproven, .unproven: #expect(whole.conflict?.isProven != false, "seed \(seed), budget \(budget)")
        }
      }
    }
    guard Scenario.seeds(200).count >= 200 else { return }
    #expect(seen.isSuperset(of: [.alone, .aloneUnproven, .together, .togetherUnproven, .unproven]), "\(seen)")
  }

  @Test("all that is asked stays within one budget, however many rules there are to ask about")
  func whole() {
    var scenario = Scenario.calm
    scenario.clusters = (0..<60).map { Resource("c\(100 + $0)", Scenario.cluster("bre-u", ["a"])) }
    scenario.project.spec.environments = ["aa", "dd"].map { Scenario.environment($0, "dev", cpu: 60) }
    scenario.project.spec.colocation = [.init(topology: .cluster)]
    scenario.policy.rules = (0..<40).map {
      Scenario.rule("rule-\($0)", .forbid, places: .in("cluster.name", "c\(100 + $0)"))
    }
    let engine = scenario.engine
    let planner = engine.planner(scenario.request, scenario.state(for: engine))
    for budget in [1, 1_000, 20_000, ConflictFinder.budget] {
      var finder = ConflictFinder(planner.problem, abandoned: [], budget: budget)
      let found = finder.find()
      #expect((0...budget).contains(finder.left))
      #expect(budget < ConflictFinder.budget || found.conflict == .alone)
    }
  }

  @Test(
    arguments: [
      (100, .unproven, 0), (101, .unproven, 101), (102, .aloneUnproven, 102), (202, .aloneUnproven, 102),
      (203, .aloneUnproven, 203), (204, .alone, 204), (1_000, .alone, 204),
    ] as [(Int, Plan.Conflict, Int)])
  func `what asking costs and what is searched is spent, and what broke off proves nothing`(
    budget: Int, conflict: Plan.Conflict, spent: Int
  ) {
    var scenario = Scenario.calm
    scenario.clusters = [Resource("c1", Scenario.cluster("bre-u", ["a"]))]
    // Each has room, and not both. Asked is whether there would be with room for all, and with a chain for each: at 100, and
    // one node for each of the two.
    scenario.project.spec.environments = ["aa", "dd"].map { Scenario.environment($0, "dev", cpu: 60) }
    let result = Self.found(scenario, budget: budget)
    #expect(result.conflict == conflict && result.conflictNodes == spent)
    let told: [ReasonCode] = conflict == .unproven ? [] : [.jointCapacityShort]
    #expect(result.reasons.map(\.code) == told)
  }

  @Test func `what a contract's excess goes together with is not known where the nodes do not suffice`() {
    var scenario = Scenario.calm
    scenario.policy.limits = [.init(subject: LabelSelector(), production: ResourceList(cpu: Quantity(1)))]
    let result = Self.found(scenario, budget: 1)
    #expect(result.conflict == .unproven && result.reasons.map(\.code) == [.contractLimit])
  }
}
