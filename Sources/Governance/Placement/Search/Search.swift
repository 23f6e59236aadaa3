import Model

/// Finds the best places for all slots together: depth first, best candidates first, cut by an upper bound. It is
/// exact; it visits nodes in an order that depends on nothing but its input, and stops after a number of them.
struct Search {
  /// What is known in advance, and never changes.
  struct Problem: Sendable {
    var slots: [SearchSlot]
    var groups: [SearchGroup]
    var topologies: Topologies
    /// What is committed on each site.
    var committed: [ResourceAmounts]
    var weights: Weights
    /// The score of each chain.
    var chainScores: [Int64]
  }

  /// What to leave out, when asking what stands in the way.
  struct Relaxation: Sendable, Hashable {
    var groups: Set<Int> = []
    var chains = false
    var capacity = false
  }

  /// How good an assignment is: fewest moves, then the highest score.
  struct Value: Comparable {
    var moves: Int
    var score: Int64

    static func < (left: Self, right: Self) -> Bool {
      left.moves == right.moves ? left.score < right.score : left.moves > right.moves
    }
    static func + (left: Self, right: Self) -> Self {
      Value(moves: left.moves + right.moves, score: left.score + right.score)
    }
  }

  /// The places found.
  struct Solution {
    var candidates: [SearchSlot.Candidate]
    /// The components that depend on the other slots, by slot.
    var locality: [Int64]
    var spread: [Int64]
    var chain: Int?
    var value: Value
  }

  let problem: Problem
  let relaxation: Relaxation
  let stopsAtFirst: Bool
  let budget: Int
  private(set) var nodes = 0
  private(set) var isExhausted = false
  private(set) var best: Solution?

  private var slots: [SearchSlot] = []
  private(set) var path: [SearchSlot.Candidate] = []
  private var positions: [Int] = []
  private var locality: [Int64] = []
  private var spread: [Int64] = []
  private var bestRest: [Value] = []
  private var chain: Int?

  init(_ problem: Problem, budget: Int, relaxation: Relaxation = Relaxation(), stopsAtFirst: Bool = false) {
    self.problem = problem
    self.budget = budget
    self.relaxation = relaxation
    self.stopsAtFirst = stopsAtFirst
  }

  /// Searches with the places that `admits` lets through; what was found before stays unless something better is.
  mutating func run(admits: (SearchSlot.Candidate) -> Bool) {
    let admitted = problem.slots.map { slot in
      var slot = slot
      slot.candidates = slot.candidates.filter(admits)
      return slot
    }
    guard !relaxation.chains else { return run(admitted, chain: nil) }
    // Chains come best first, so that among equal assignments the best chain, then the first by name, is taken.
    let chains = problem.chainScores.indices.sorted {
      (-problem.chainScores[$0], $0) < (-problem.chainScores[$1], $1)
    }
    for chain in chains {
      let delivered = admitted.map { slot in
        var slot = slot
        slot.candidates = slot.candidates.filter { $0.chains.contains(chain) }
        return slot
      }
      run(delivered, chain: chain)
    }
  }

  private mutating func run(_ slots: [SearchSlot], chain: Int?) {
    let isDone = stopsAtFirst && best != nil
    guard !isDone, slots.allSatisfy({ !$0.candidates.isEmpty }), canSpread(slots) else { return }
    self.slots = slots
    self.chain = chain
    let start = Value(moves: 0, score: chain.map { problem.weights.affinity * problem.chainScores[$0] } ?? 0)
    let pairBonus = problem.weights.locality * localityStep
    bestRest = [Value(moves: 0, score: 0)]
    for index in slots.indices.reversed() {
      let candidates = slots[index].candidates
      let moves = candidates.map(\.moves).min() ?? 0
      let score = candidates.map(\.option.score).max() ?? 0
      bestRest.append(bestRest[bestRest.count - 1] + Value(moves: moves, score: score + Int64(index) * pairBonus))
    }
    bestRest.reverse()
    descend(0, start)
  }

  /// What each pair of replicas in one region adds to locality, so that all together are worth about 1000 each.
  private var localityStep: Int64 { problem.slots.count < 2 ? 0 : 1000 / Int64(problem.slots.count - 1) }

  private mutating func descend(_ index: Int, _ value: Value) {
    guard index < slots.count else { return keep(value) }
    let first = slots[index].isTwinOfPrevious && index > 0 ? positions[index - 1] : 0
    for position in slots[index].candidates.indices.dropFirst(first) {
      let candidate = slots[index].candidates[position]
      let alone = value + Value(moves: candidate.moves, score: candidate.option.score)
      let near = localityStep * Int64(path.count { $0.region == candidate.region })
      let bound = alone + Value(moves: 0, score: Int64(index) * problem.weights.locality * localityStep)
      // Candidates come best first: once one can not do better than what is known, none after it can.
      if let best, !(best.value < bound + bestRest[index + 1]) { return }
      guard nodes < budget else {
        isExhausted = true
        return
      }
      nodes += 1
      path.append(candidate)
      positions.append(position)
      if fits(candidate), let broken = brokenSpreads(index) {
        locality.append(near)
        spread.append(-1000 * broken)
        let joint = ScoreComponents(locality: near, spread: -1000 * broken)
        descend(index + 1, alone + Value(moves: 0, score: problem.weights.score(joint)))
        locality.removeLast()
        spread.removeLast()
      }
      path.removeLast()
      positions.removeLast()
      if isExhausted || (stopsAtFirst && best != nil) { return }
    }
  }

  private mutating func keep(_ value: Value) {
    if let best, !(best.value < value) { return }
    best = Solution(candidates: path, locality: locality, spread: spread, chain: chain, value: value)
  }
}
