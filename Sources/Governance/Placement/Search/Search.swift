import Model

/// Finds the best places for all slots together: depth first, best candidates first, cut by an upper bound. It is
/// exact; it visits nodes in an order that depends on nothing but its input, and stops after a number of them.
struct Search {
  /// What to leave out, when asking what stands in the way.
  struct Relaxation: Sendable, Hashable {
    var groups: Set<Int> = []
    var chains = false
    var capacity = false
  }

  /// How good an assignment is: fewest moves, then the fewest replicas that another chain delivers to than before, then the
  /// highest score.
  struct Value: Comparable, Sendable {
    var moves: Int
    var rechained = 0
    var score: Int64

    static func < (left: Self, right: Self) -> Bool {
      if left.moves != right.moves { return left.moves > right.moves }
      return left.rechained == right.rechained ? left.score < right.score : left.rechained > right.rechained
    }
    static func + (left: Self, right: Self) -> Self {
      Value(
        moves: left.moves + right.moves, rechained: left.rechained + right.rechained, score: left.score + right.score)
    }

    /// Whether it leaves what stands as it is, as much as another one does.
    func keepsAsMuch(as other: Self) -> Bool { (moves, rechained) <= (other.moves, other.rechained) }
  }

  /// The places found.
  struct Solution {
    var candidates: [Candidate]
    /// The components that depend on the other slots, by slot.
    var locality: [Int64]
    var spread: [Int64]
    var chain: Int?
    var value: Value
  }

  /// One slot placed.
  struct Step: Sendable {
    var candidate: Candidate
    /// Where the candidate stands in the slot's order.
    var position: Int
    /// The components that depend on the slots before.
    var locality: Int64
    var spread: Int64 = 0

    var site: Int { candidate.site }
  }

  let problem: SearchProblem
  let relaxation: Relaxation
  let stopsAtFirst: Bool
  /// Whether what is new has to hold beside what stands, wherever that is to go.
  let isBeside: Bool
  let budget: Int
  private(set) var nodes = 0
  private(set) var isExhausted = false
  private(set) var best: Solution?
  /// How good the best one is: apart from it, since this is looked at for every node.
  private var bestValue: Value?
  /// Whether something was found under the present chain.
  private var isFoundHere = false

  /// What is placed so far.
  private(set) var path: [Step] = []
  var orders = CandidateOrders()
  /// What is left of orders in the places that slots are bound to.
  var confinements: [Confinement: [Candidate]] = [:]
  private var bestRest: [Value] = []
  /// The chain that delivers to all of what is placed; nil where that is lifted.
  private(set) var chain: Int?
  /// What a node costs for each that it costs by itself: each world that what is new has to hold in is gone through.
  private let worlds: Int
  private let regions: [Int]

  init(
    _ problem: SearchProblem, budget: Int, relaxation: Relaxation = Relaxation(), stopsAtFirst: Bool = false,
    isBeside: Bool = false
  ) {
    let isBeside = isBeside && problem.isBeside
    self.problem = problem
    self.isBeside = isBeside
    worlds = isBeside ? problem.returns.count : 1
    self.budget = budget
    self.relaxation = relaxation
    self.stopsAtFirst = stopsAtFirst
    regions = problem.topologies.regions
    path.reserveCapacity(problem.slots.count)
  }

  /// Searches among `admitted` sites, or all; replicas stay where they may in spite of it if `keepsAnyway`. What was
  /// found before stays unless something better is.
  mutating func run(among admitted: SiteSet? = nil, keepsAnyway: Bool = false) {
    guard !relaxation.chains else { return run(among: admitted, keepsAnyway: keepsAnyway, chain: nil) }
    // Chains come best first: among equal assignments of several replicas the best chain, then the first by name, is taken.
    for chain in problem.chainOrder {
      run(among: admitted, keepsAnyway: keepsAnyway, chain: chain)
    }
  }

  private mutating func run(among admitted: SiteSet?, keepsAnyway: Bool, chain: Int?) {
    isFoundHere = false
    guard !(stopsAtFirst && bestValue != nil), mayBeBetter(among: admitted, chain: chain),
      let orders = CandidateOrders(problem, among: admitted, keepsAnyway: keepsAnyway, chain: chain)
    else { return }
    self.orders = orders
    self.chain = chain
    confinements = [:]
    let start = problem.start(chain)
    bestRest = [Value(moves: 0, score: 0)]
    for slot in problem.slots.indices.reversed() {
      let bound = bound(slot)
      let rest = Value(moves: bound.moves, score: bound.score + Int64(slot) * pairBonus)
      bestRest.append(bestRest[bestRest.count - 1] + rest)
    }
    bestRest.reverse()
    guard mayCount(start + bestRest[0]), canSpread() else { return }
    descend(0, start)
  }

  /// Whether what is worth no more than this may take the place of the best. Of a single replica the first of each further
  /// chain may where it is as good: it may have more room.
  private func mayCount(_ bound: Value) -> Bool {
    guard let bestValue else { return true }
    let seeksEquals = problem.slots.count == 1 && !stopsAtFirst && !isFoundHere
    return bestValue < bound || (seeksEquals && bestValue == bound)
  }

  /// The fewest moves and the highest score of any candidate of a slot. Replicas that could be swapped are placed best
  /// first, so that each is no better than the worst of as many as there are up to it which keep apart.
  private mutating func bound(_ slot: Int) -> (moves: Int, score: Int64) {
    let bound = orders.bound(slot)
    guard problem.slots[slot].isTwinOfPrevious else { return bound }
    var first = slot
    while problem.slots[first].isTwinOfPrevious { first -= 1 }
    let environment = problem.slots[slot].environment
    let group = problem.groups.firstIndex { group in
      group.isHard && !group.isTogether && group.atMost == 1
        && group.slots.allSatisfy { problem.slots[$0].environment == environment }
    }
    guard let group, !relaxation.groups.contains(group) else { return bound }
    let (topologies, topology) = (problem.topologies, problem.groups[group].topology)
    let score = orders.scoreApart(slot, among: slot - first + 1) { topologies.places(of: $0, by: topology) }
    return (bound.moves, min(bound.score, score ?? bound.score))
  }

  /// Whether a chain could lead to anything better than what is known, by the highest scores of its places.
  private func mayBeBetter(among admitted: SiteSet?, chain: Int?) -> Bool {
    guard bestValue != nil, let chain else { return true }
    // The highest scores anywhere are at hand; only where they might do is it looked at which the chain delivers to.
    guard mayBeBetter(chain, problem.tops) else { return false }
    return mayBeBetter(
      chain,
      problem.judgement.profiles.map { profile in
        profile.best(among: problem.judgement.views[profile.stage].delivered[chain], admitted)
      })
  }

  /// - Parameter tops: By profile, the highest score that a new replica can have.
  private func mayBeBetter(_ chain: Int, _ tops: [Int64?]) -> Bool {
    var value = problem.start(chain)
    for number in problem.slots.indices {
      let kept = problem.slots[number].bestKept
      guard let score = Self.highest(tops[problem.slots[number].profile], kept) else { return false }
      let moves = problem.slots[number].isAnchored && kept == nil ? 1 : 0
      value = value + Value(moves: moves, score: score + Int64(number) * pairBonus)
    }
    return mayCount(value)
  }

  private static func highest(_ one: Int64?, _ other: Int64?) -> Int64? {
    guard let one, let other else { return one ?? other }
    return max(one, other)
  }

  /// What one replica near another one adds to the score.
  private var pairBonus: Int64 { problem.weights.locality * localityStep }

  /// What each pair of replicas in one region adds to locality, so that all together are worth about 1000 each.
  private var localityStep: Int64 { problem.slots.count < 2 ? 0 : 1000 / Int64(problem.slots.count - 1) }

  private mutating func descend(_ index: Int, _ value: Value) {
    guard index < problem.slots.count else { return keep(value) }
    let bound = confined(index)
    var position = firstPosition(index, bound)
    while let candidate = candidate(index, position, bound) {
      let alone = value + Value(moves: candidate.moves, score: candidate.score)
      let near = alone + Value(moves: 0, score: Int64(index) * pairBonus)
      // Candidates come best first: once one can not do better than what is known, none after it can.
      let most = near + bestRest[index + 1]
      guard mayCount(most) else { return }
      // What is as good as the best is looked for whatever the budget, once per chain: no answer may depend on that.
      if bestValue != most {
        let cost = problem.costs[index] * worlds
        guard nodes + cost <= budget else {
          isExhausted = true
          return
        }
        nodes += cost
      }
      let neighbours = localityStep * nearby(candidate.site)
      path.append(Step(candidate: candidate, position: position, locality: neighbours))
      if fits(index), let broken = brokenSpreads(index), holdsBeside(index) {
        path[index].spread = -1000 * broken
        let joint = ScoreComponents(locality: neighbours, spread: -1000 * broken)
        descend(index + 1, alone + Value(moves: 0, score: problem.weights.score(joint)))
      }
      path.removeLast()
      if isExhausted || (stopsAtFirst && bestValue != nil) { return }
      position += 1
    }
  }

  /// How many of the replicas placed before are in the same region.
  private func nearby(_ site: Int) -> Int64 {
    let region = regions[site]
    var count: Int64 = 0
    for step in path where regions[step.site] == region { count += 1 }
    return count
  }

  private mutating func keep(_ value: Value) {
    isFoundHere = true
    if let bestValue, !(bestValue < value) {
      guard bestValue == value, let best, path.count == 1,
        orders.isFreer(path[0].candidate.site, best.candidates[0].site, 0)
      else { return }
    }
    bestValue = value
    best = Solution(
      candidates: path.map(\.candidate), locality: path.map(\.locality), spread: path.map(\.spread), chain: chain,
      value: value)
  }
}
