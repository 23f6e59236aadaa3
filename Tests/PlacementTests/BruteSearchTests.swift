import Model
import Placement
import Testing

/// The joint search against trying every assignment there is.
@Suite struct BruteSearchTests {
  @Test("an assignment is found whenever there is one, and none is better: moves, then terms, then score")
  func joint() {
    var (compared, placed) = (0, 0)
    for seed in Scenario.seeds(250) {
      var scenario = Scenario.random(seed)
      scenario.nodeBudget = 1_000_000
      let search = NaiveSearch(scenario)
      guard search.size <= 1_500 else { continue }
      let decision = scenario.decide()
      let best = search.best
      compared += 1
      guard decision.outcome == .placed else {
        #expect(decision.outcome == .unplaceable && best == nil, "seed \(seed): \(String(describing: best))")
        continue
      }
      placed += 1
      let found = search.value(decision.naive)
      #expect(found == best, "seed \(seed)")
      #expect(decision.preferenceTerm == search.heldTerm(decision.naive), "seed \(seed)")
      #expect(decision.preferenceTermOfNew == search.heldTermOfNew(decision.naive), "seed \(seed)")
      let chain = NaiveScore(scenario: scenario).total(
        ScoreComponents(affinity: NaiveChains(scenario: scenario).affinity(decision.chain ?? "")))
      #expect(decision.assignments.reduce(chain) { $0 + $1.score } == found.score, "seed \(seed)")
    }
    #expect(compared * 2 >= Scenario.seeds(250).count, "only \(compared) were small enough")
    if compared >= 100 { #expect(placed * 5 > compared, "only \(placed) of \(compared) were placed") }
  }

  @Test("what stands keeps its chain, but for moves, before all that is preferred of chains and places")
  func chains() {
    var (compared, mattered) = (0, 0)
    for seed in Scenario.seeds(300) {
      var scenario = Scenario.random(seed, twists: Twist.circumstances)
      var numbers = SeededGenerator(seed &+ 31)
      for index in scenario.zones.indices where numbers.chance(70) { scenario.zones[index].spec.chain = nil }
      scenario.policy.rules.append(
        Scenario.rule(
          "liked", .prefer, chains: LabelSelector(matchLabels: ["chain.name": numbers.pick(["open", "sealed"])]),
          weight: 10))
      scenario.nodeBudget = 1_000_000
      let search = NaiveSearch(scenario)
      guard search.size <= 1_000, scenario.existing.contains(where: { $0.chain != nil }) else { continue }
      let decision = scenario.decide()
      guard decision.outcome == .placed else { continue }
      compared += 1
      #expect(search.value(decision.naive) == search.best, "seed \(seed)")
      var free = scenario
      for index in free.existing.indices { free.existing[index].chain = nil }
      mattered += free.decide().chain == decision.chain ? 0 : 1
    }
    guard Scenario.seeds(300).count >= 300 else { return }
    #expect(compared > 30 && mattered > 4, "of \(compared), \(mattered) would have had another chain")
  }

  @Test("one replica goes to the best place of many; among equal ones to the freest, then to the first by name")
  func ties() {
    var placed = 0
    for seed in Scenario.seeds(24) {
      var scenario = Scenario.large(seed, copies: 8)
      scenario.project.spec.environments = [Scenario.environment("one", "prod")]
      scenario.project.spec.spread = []
      // Coarse scores, so that many are equal.
      if seed.isMultiple(of: 2) { scenario.policy.scoring = .init(balance: 0) }
      let decision = scenario.decide()
      let search = NaiveSearch(scenario)
      let valued = search.legal.map { ($0.clusters[0], search.value($0)) }
      let best = valued.map(\.1).max()
      let equals = valued.filter { $0.1 == best }.map(\.0)
      let expected = Set(equals).sorted().min { scenario.isFreer($0, $1) }
      #expect(decision.assignments.first?.cluster == expected, "seed \(seed)")
      placed += expected == nil ? 0 : 1
    }
    #expect(placed > 5 || Scenario.seeds(24).count < 24)
  }

  /// The prod environment may only be where the dev one is, or beside it in one region; the term could be kept if the
  /// dev one moved. But it may stay, and the fewest moves come before any preference.
  @Test("a term never makes a replica move that could stay")
  func termsMoveNothing() {
    var scenario = Scenario.calm
    scenario.clusters = [
      Resource("c1", Scenario.cluster("alp-u", ["a"])), Resource("c2", Scenario.cluster("bre-u", ["a"])),
      Resource("c5", Scenario.cluster("idf-u", ["a"])), Resource("c7", Scenario.cluster("bre-u", ["b"])),
    ]
    scenario.cluster("c5") { $0.stages = ["dev"] }
    scenario.project.spec.environments = [Scenario.environment("dev", "dev"), Scenario.environment("prod", "prod")]
    scenario.project.spec.spread = [.init(topology: .region)]
    scenario.project.spec.preferences.terms = [.in("cluster.name", "c5", "c7")]
    scenario.place("dev", on: "c2", stage: "dev")
    let decision = scenario.decide()
    #expect(decision.assignments.map(\.cluster) == ["c2", "c1"])
  }
}

extension Scenario {
  /// Whether a cluster has more left than another under the limits for production, resource by resource; the first name
  /// where both have as much.
  fileprivate func isFreer(_ left: String, _ right: String) -> Bool {
    guard let one = place(of: left).map({ NaiveRoom($0, stage: "prod", in: self) }),
      let other = place(of: right).map({ NaiveRoom($0, stage: "prod", in: self) })
    else { return left < right }
    for resource in CountedResource.allCases {
      let free = (max(0, one.limit(resource) - one.committed(resource)))
      let otherFree = (max(0, other.limit(resource) - other.committed(resource)))
      if free != otherFree { return free > otherFree }
    }
    return left < right
  }
}
