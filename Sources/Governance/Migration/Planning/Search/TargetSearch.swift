import Model
import Placement

/// Finds places for as many movers as can be found, on clusters that are nearly full: first one by one, the hardest ones
/// first; then those that are left push others out, as long as that gets further.
///
/// It looks at structure only where there is room, and asks the engine about it; it is bounded in steps, not in seconds.
struct TargetSearch {
  /// What one by one goes by.
  enum Taste: CaseIterable {
    /// What the engine prefers, and room.
    case preferred
    /// Room alone: the emptiest place.
    case even
    /// Room alone: the fullest place that holds it.
    case tight
  }

  let problem: MovingProblem
  var board: TargetBoard
  /// The steps after which the search ends.
  let most: Int
  /// By mover, how often it was left without a place: what is hard to place is not pushed out lightly.
  var penalties: [Int]
  var numbers = PseudoNumbers()
  /// By mover, the share that it takes of its emptiest candidate: how hard it is to place.
  let sizes: [Int64]

  init(_ board: TargetBoard, most: Int) {
    let problem = board.problem
    (self.problem, self.board, self.most) = (problem, board, most)
    penalties = Array(repeating: 1, count: problem.movers.count)
    sizes = problem.movers.map { mover in
      mover.candidates.map { problem.rooms.size(mover.load, at: $0) }.min() ?? 0
    }
  }

  /// Searches.
  mutating func run() {
    let start = board
    var best: TargetBoard?
    for taste in Taste.allCases {
      var attempt = start
      attempt.steps = board.steps
      board = attempt
      fill(taste)
      let steps = board.steps
      if best.map({ board.count > $0.count }) ?? true { best = board }
      if board.unplaced.isEmpty || taste == .tight { break }
      board.steps = steps
    }
    let steps = board.steps
    if let best { board = best }
    board.steps = steps
    if !board.unplaced.isEmpty {
      board.usesFreed = true
      fill(.even)
      push()
    }
    level()
  }

  /// Gives places to those for whom there is room, and pushes nobody out.
  mutating func fillUp() { fill(.even) }

  /// What nobody can exceed: as many as would fit if clusters could be poured into each other.
  var bound: Int {
    let waiting = board.unplaced
    let places = Set(waiting.flatMap { problem.movers[$0].candidates })
    let candidates = problem.movers.indices.filter { mover in
      !board.isFixed[mover] && problem.movers[mover].candidates.contains(where: places.contains)
    }
    let others = board.count - candidates.count { board.targets[$0] != nil }
    let reach = Set(candidates.flatMap { problem.movers[$0].candidates }).sorted()
    let counts = CountedResource.allCases.indices.map { index -> Int in
      // The room of all of a country's clusters may be beyond 64 bits.
      let freed = board.usesFreed ? candidates.reduce(Int128(0)) { $0 + Int128(problem.movers[$1].load[index]) } : 0
      var room = reach.reduce(freed) { sum, site in
        let mine = board.members[site].reduce(Int64(0)) {
          board.isFixed[$1] ? $0 : $0 &+ problem.movers[$1].load[index]
        }
        let used = board.rooms.total(at: site)[index] &- mine
        return sum + Int128(max(0, problem.rooms.highest[site][index] &- used))
      }
      return candidates.map { problem.movers[$0].load[index] }.sorted().prefix { load in
        room -= Int128(load)
        return room >= 0
      }.count
    }
    return others + (counts.min() ?? 0)
  }

  /// One by one, the hardest ones first.
  private mutating func fill(_ taste: Taste) {
    let order = board.unplaced.sorted { one, other in
      (-sizes[one], problem.movers[one].candidates.count, one)
        < (-sizes[other], problem.movers[other].candidates.count, other)
    }
    for mover in order where board.steps < most { insert(mover, taste) }
  }

  /// Gives a mover the best place that has room for it; false where none has.
  @discardableResult
  mutating func insert(_ mover: Int, _ taste: Taste) -> Bool {
    let one = problem.movers[mover]
    var open: [(worth: Int64, site: Int)] = []
    for (index, site) in one.candidates.enumerated() where board.hasRoom(mover, at: site) {
      open.append((worth(mover, index, taste), site))
    }
    open.sort { ($1.worth, $0.site) < ($0.worth, $1.site) }
    guard let place = open.first(where: { board.isKept(mover, at: $0.site) }) else { return false }
    board.place(mover, at: place.site)
    return true
  }

  private func worth(_ mover: Int, _ candidate: Int, _ taste: Taste) -> Int64 {
    let one = problem.movers[mover]
    let share = board.rooms.share(at: one.candidates[candidate], with: one.load)
    switch taste {
    case .preferred:
      let weight = max(1, min(10, Int64(problem.engine.policy.spec.scoring?.balance ?? 1)))
      return one.preferences[candidate] * 1000 - weight * share
    case .even: return -share
    case .tight: return share
    }
  }

  /// Whether steps are left.
  var maySearch: Bool { board.steps < most }
}
