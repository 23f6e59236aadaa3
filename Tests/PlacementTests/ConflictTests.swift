import Testing

@testable import Placement

/// Irreducible conflicts against brute force over all subsets. A failure names its seed.
@Suite struct ConflictTests {
  /// Constraints that can not be met together: a set is infeasible when it holds all of one of these.
  struct Clashes: CustomStringConvertible {
    let count: Int
    let clashes: [Set<Int>]

    init(_ count: Int, _ clashes: [Set<Int>]) {
      self.count = count
      self.clashes = clashes
    }

    init(seed: UInt64) {
      var numbers = SeededGenerator(seed)
      let count = numbers.pick(Array(0...9))
      let chance = numbers.pick([10, 30, 60])
      self.init(
        count,
        (0..<numbers.pick([0, 1, 1, 2, 3, 5])).map { _ in Set((0..<count).filter { _ in numbers.chance(chance) }) })
    }

    var description: String { "\(count): \(clashes.map { $0.sorted() })" }

    func isFeasible(_ kept: Set<Int>) -> Bool { !clashes.contains { $0.isSubset(of: kept) } }

    /// Asks, at the cost of one node a question.
    func explain(budget: Int = .max, isKnownInfeasible: Bool = false) -> QuickXplain.Outcome {
      QuickXplain.explain(count, budget: budget, isKnownInfeasible: isKnownInfeasible) { kept, _ in
        Feasibility(isFeasible(Set(kept.indices.filter { kept[$0] })) ? .feasible : .infeasible, nodes: 1)
      }
    }

    /// All irreducible conflicts, by trying every subset.
    var conflicts: [[Int]] {
      (0..<(1 << count)).map { bits in Set((0..<count).filter { bits >> $0 & 1 == 1 }) }
        .filter { subset in !isFeasible(subset) && subset.allSatisfy { isFeasible(subset.subtracting([$0])) } }
        .map { $0.sorted() }
    }

    var alone: [Int] { (0..<count).filter { isFeasible(Set(0..<count).subtracting([$0])) } }
  }

  /// The most questions that may be asked about `k` of `n`.
  private func bound(_ n: Int, _ k: Int) -> Int {
    guard k > 0 else { return 2 }
    var halvings = 0
    while k << halvings < n { halvings += 1 }
    return 2 * k * (halvings + 1) + k + 2
  }

  @Test("what is found is the conflict that blames the earliest constraints, and what would do alone")
  func againstBruteForce() throws {
    var (seen, several) = (0, 0)
    for seed: UInt64 in 1...600 {
      let clashes = Clashes(seed: seed)
      let all = Set(0..<clashes.count)
      guard case .obstructed(let obstacles) = clashes.explain() else {
        #expect(clashes.isFeasible(all), "seed \(seed): \(clashes)")
        continue
      }
      #expect(!clashes.isFeasible(all), "seed \(seed): \(clashes)")
      let conflicts = clashes.conflicts
      let wanted = conflicts.min { $0.reversed().lexicographicallyPrecedes($1.reversed()) }
      #expect(obstacles.together == wanted, "seed \(seed): \(clashes)")
      #expect(obstacles.alone == clashes.alone, "seed \(seed): \(clashes)")
      #expect(obstacles.isProven, "seed \(seed)")
      #expect(obstacles.nodes == obstacles.questions, "seed \(seed)")
      #expect(obstacles.questions <= bound(clashes.count, obstacles.together.count), "seed \(seed): \(clashes)")
      seen += 1
      if conflicts.count > 1 { several += 1 }
    }
    #expect(seen > 200 && several > 60)
  }

  @Test(
    "of many constraints few questions find the few that clash", arguments: [[0], [199], [3, 198], [7, 60, 61, 140]])
  func fewQuestions(_ clash: [Int]) {
    guard case .obstructed(let obstacles) = Clashes(200, [Set(clash)]).explain() else {
      Issue.record("nothing was found")
      return
    }
    #expect(obstacles.together == clash && obstacles.alone == clash)
    #expect(obstacles.questions <= bound(200, clash.count))
    #expect(obstacles.questions < 60)
  }

  @Test("where each of two conflicts suffices, no constraint would do alone, and the one in front is blamed")
  func twoConflicts() {
    let outcome = Clashes(6, [[1, 4], [2, 3]]).explain()
    guard case .obstructed(let obstacles) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(obstacles.together == [2, 3])
    #expect(obstacles.alone.isEmpty)
  }

  @Test("what can not be had without any constraint blames none")
  func nothingToBlame() {
    for count in [0, 1, 5] {
      guard case .obstructed(let obstacles) = Clashes(count, [[]]).explain() else {
        Issue.record("nothing was found")
        return
      }
      #expect(obstacles.together.isEmpty && obstacles.alone.isEmpty && obstacles.isProven)
    }
  }

  @Test("who knows already that nothing can be had asks one question less")
  func knownInfeasible() {
    let clashes = Clashes(5, [[0, 2]])
    guard case .obstructed(let asked) = clashes.explain(),
      case .obstructed(let known) = clashes.explain(isKnownInfeasible: true)
    else {
      Issue.record("nothing was found")
      return
    }
    #expect(known.together == asked.together && known.questions == asked.questions - 1)
  }

  @Test("with any budget the conflict is one, and proven only if every question was answered")
  func budgets() {
    for seed: UInt64 in 1...200 {
      let clashes = Clashes(seed: seed)
      guard !clashes.isFeasible(Set(0..<clashes.count)), case .obstructed(let whole) = clashes.explain() else {
        continue
      }
      #expect(clashes.explain(budget: 0) == .undecided(nodes: 0))
      for budget in 1...whole.questions {
        guard case .obstructed(let partial) = clashes.explain(budget: budget) else {
          Issue.record("seed \(seed), budget \(budget)")
          return
        }
        #expect(!clashes.isFeasible(Set(partial.together)), "seed \(seed), budget \(budget)")
        #expect(Set(partial.alone).isSubset(of: clashes.alone), "seed \(seed), budget \(budget)")
        #expect(partial.isProven == (budget == whole.questions), "seed \(seed), budget \(budget)")
        #expect(partial.nodes <= budget, "seed \(seed), budget \(budget)")
        if partial.isProven { #expect(partial == whole) }
      }
    }
  }

  @Test("a question that ends undecided is told from one that found no conflict, and is never given more than is left")
  func undecidedQuestions() {
    var budgets: [Int] = []
    let outcome = QuickXplain.explain(4, budget: 10) { kept, budget in
      budgets.append(budget)
      let isWhole = kept.allSatisfy(\.self)
      return Feasibility(isWhole ? .infeasible : .undecided, nodes: min(budget, 3))
    }
    guard case .obstructed(let obstacles) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(budgets == [10, 7, 4, 1])
    #expect(obstacles.together == [0, 1, 2, 3] && obstacles.alone.isEmpty)
    #expect(!obstacles.isProven && obstacles.nodes == 10)
    #expect(QuickXplain.explain(2, budget: 5) { _, _ in Feasibility(.undecided, nodes: 5) } == .undecided(nodes: 5))
  }

  @Test func `where there is nothing to blame the first question is the last`() {
    guard case .obstructed(let obstacles) = Clashes(0, [[]]).explain(budget: 1) else {
      Issue.record("nothing was found")
      return
    }
    #expect(obstacles.together.isEmpty && obstacles.isProven && obstacles.questions == 1)
  }
}
