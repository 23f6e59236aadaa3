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
      let chain = NaiveScore(scenario: scenario).total(
        ScoreComponents(affinity: NaiveChains(scenario: scenario).affinity(decision.chain ?? "")))
      #expect(decision.assignments.reduce(chain) { $0 + $1.score } == found.score, "seed \(seed)")
    }
    #expect(compared * 2 >= Scenario.seeds(250).count, "only \(compared) were small enough")
    if compared >= 100 { #expect(placed * 5 > compared, "only \(placed) of \(compared) were placed") }
  }
}
