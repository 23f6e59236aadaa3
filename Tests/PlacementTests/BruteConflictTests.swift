import Model
import Placement
import Testing

/// What is said to stand in the way of all replicas together, against trying it.
@Suite struct BruteConflictTests {
  /// An irreducible conflicting set can not be met even with all else lifted, and can with any one of it lifted as well.
  /// Lifting the set is not promised to make an assignment exist: there may be other conflicts beside it.
  @Test("what stands in the way alone is all that does; what does together conflicts, and not with one of it left out")
  func conflicts() {
    var (alone, together) = (0, 0)
    for seed in Scenario.seeds(300) {
      let scenario = Scenario.random(seed, twists: Twist.structure + Twist.clusters + Twist.circumstances)
      let decision = scenario.decide()
      #expect(decision.conflict == nil || decision.outcome == .unplaceable, "seed \(seed)")
      guard let conflict = decision.conflict, scenario.nodeBudget > 1_000 else { continue }
      let said = decision.reasons.compactMap(NaiveObstacle.init)
      let search = NaiveSearch(scenario)
      // Obstacles that are alike can not be told apart.
      guard said.count == decision.reasons.count || !conflict.isProven,
        Set(search.obstacles.map(\.key)).count == search.obstacles.count,
        search.size <= 300
      else { continue }
      switch conflict {
      case .alone:
        alone += 1
        let enough = search.obstacles.filter { search.isPossible(without: [$0]) }
        #expect(Set(said) == Set(enough), "seed \(seed)")
      case .together:
        together += 1
        #expect(!search.obstacles.contains { search.isPossible(without: [$0]) }, "seed \(seed)")
        let others = Set(search.obstacles).subtracting(said)
        #expect(!search.isPossible(without: others), "seed \(seed)")
        guard !said.contains(.chain), !said.contains(.capacity) else { continue }
        #expect(!search.isPossible(with: Set(said)), "seed \(seed)")
        for one in said {
          #expect(search.isPossible(with: Set(said).subtracting([one])), "seed \(seed): \(one) is not needed")
        }
      case .aloneUnproven, .togetherUnproven, .unproven:
        Issue.record("seed \(seed): \(conflict), on a world that is small")
      case .all: #expect(said.isEmpty, "seed \(seed): only limits of a contract all have to be lifted")
      }
    }
    #expect(alone + together > 3 || Scenario.seeds(300).count < 300, "\(alone) alone, \(together) together")
  }
}
