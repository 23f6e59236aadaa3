import Placement

/// Which moves go first where not all can: those that the most waves have to follow, then those that leave room where others
/// want to go.
struct WavePriorities {
  /// By mover; the lowest goes first.
  let ranks: [Int]

  init(_ problem: MovingProblem, _ placed: [Int], _ targets: [Int?]) {
    let limits = problem.inputs.limits
    let isPlaced = targets.map { $0 != nil }
    var followers = [[Int]](repeating: [], count: targets.count)
    for mover in placed {
      for first in problem.firsts[mover] where isPlaced[first] { followers[first].append(mover) }
    }
    var tails = [Int](repeating: 0, count: targets.count)
    var isWanted = [Bool](repeating: false, count: problem.engine.clusters.count)
    for mover in placed { if let target = targets[mover] { isWanted[target] = true } }
    // Within a project production goes one after the other, after what rehearses it.
    var productions = [Int](repeating: 0, count: problem.projects.count)
    for mover in placed where problem.movers[mover].isProduction {
      tails[mover] = productions[problem.movers[mover].project] / limits.productionPerProject
      productions[problem.movers[mover].project] += 1
    }
    for mover in placed where !problem.movers[mover].isProduction && limits.rehearses {
      let count = productions[problem.movers[mover].project]
      tails[mover] = count == 0 ? 0 : (count - 1) / limits.productionPerProject + 1
    }
    // Dependencies have no circle: after as many rounds as there are movers nothing changes any more.
    var isChanging = !limits.dependencies.isEmpty
    while isChanging {
      isChanging = false
      for mover in placed {
        let longest = followers[mover].map { tails[$0] + 1 }.max() ?? 0
        guard longest > tails[mover] else { continue }
        tails[mover] = longest
        isChanging = true
      }
    }
    func leavesRoom(_ mover: Int) -> Bool { problem.movers[mover].source.map { isWanted[$0] } ?? false }
    let sorted = placed.sorted { one, other in
      (-tails[one], leavesRoom(one) ? 0 : 1, one) < (-tails[other], leavesRoom(other) ? 0 : 1, other)
    }
    var ranks = [Int](repeating: .max, count: targets.count)
    for (rank, mover) in sorted.enumerated() { ranks[mover] = rank }
    self.ranks = ranks
  }
}
