import Model

/// Making room for what is left out, in rounds, as long as one of them gets anywhere.
extension BatchSearch {
  /// How many others may be asked to give way in turn.
  private static let depth = 3
  private static let mostRounds = 16
  private static let mostWindows = 6
  /// How many ways of placing each project of a window are tried.
  private static let breadth = 3

  /// The projects that are left out and are not known to have no place, the ones with the fewest places first.
  private var left: [Int] {
    candidates.filter { board.placed[$0] == nil }
      .sorted { (projects[$0].sites.count, $0) < (projects[$1].sites.count, $1) }
  }

  /// Tries to place what is left out.
  mutating func makeRoom() {
    board = best
    for _ in 0..<Self.mostRounds where !isExhausted && best.count < most {
      let before = best.count
      attempt { search, project in
        var isBarred = [Bool](repeating: false, count: search.projects.count)
        if search.insert(project, depth: Self.depth, &isBarred) { search.keepIfBetter() }
      }
      attempt { search, project in search.rearrange(around: project) }
      let isChanged = shrink()
      if best.count == before && !isChanged { return }
    }
  }

  /// Lets something be tried for each project that is left out. Hopeless ones do not use up what others need.
  private mutating func attempt(_ work: (inout Self, Int) -> Void) {
    let left = left
    for (index, project) in left.enumerated()
    where !isExhausted && best.count < most && board.placed[project] == nil {
      deadline = nodes + max(1, (budget - nodes) / (2 * (left.count - index)))
      work(&self, project)
    }
    deadline = budget
  }

  /// Takes out some projects around a place that one left out could have, and looks for places for all of them.
  private mutating func rearrange(around project: Int) {
    let whole = (board, deadline)
    let crowdedSites = projects[project].parts.flatMap { crowded($0).prefix(Self.mostWindows / 2) }
    for (index, site) in crowdedSites.prefix(Self.mostWindows).enumerated() {
      let next = crowdedSites[(index + 1) % crowdedSites.count]
      let window = Set(board.members[site].prefix(3) + board.members[next].prefix(2)).sorted()
      for other in window { board.remove(other) }
      deadline = min(whole.1, nodes + (whole.1 - nodes) / 2)
      _ = explore([project] + window, breadth: Self.breadth)
      deadline = whole.1
      let isDone = best.count > whole.0.count
      board = isDone ? best : whole.0
      if isDone { return }
    }
  }

  /// Puts in a large project that is left out for a smaller one, which then is: as many are placed, and what is left out
  /// is easier to place. Whether any was.
  private mutating func shrink() -> Bool {
    var isChanged = false
    for project in left where !isExhausted && best.count < most {
      let own = sizes[project]
      let smaller = exchanges(for: project, Array(repeating: false, count: projects.count))
        .filter { $0.count == 1 && sizes[$0[0]] < own }
      for leaving in smaller where board.placed[project] == nil {
        let before = board
        board.remove(leaving[0])
        guard let places = places(for: project) else {
          board = before
          continue
        }
        board.place(project, places)
        isChanged = true
      }
    }
    return isChanged
  }
}
