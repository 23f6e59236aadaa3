import Placement

/// Where movers may go on any day of the plan.
struct OpenPlaces {
  /// By mover, its candidates that some day is left for.
  let sites: [[Int]]
  /// By mover, the last of the days on which it may go anywhere; -1 where there is none.
  let lastDays: [Int]

  init(_ problem: MovingProblem) {
    var quiet = QuietDays(problem)
    var sites: [[Int]] = []
    var lastDays: [Int] = []
    for (mover, one) in problem.movers.enumerated() {
      let days = one.candidates.map { quiet.last(mover, to: $0) }
      sites.append(zip(one.candidates, days).filter { $0.1 != nil }.map(\.0))
      lastDays.append(days.compactMap(\.self).max() ?? -1)
    }
    (self.sites, self.lastDays) = (sites, lastDays)
  }
}
