import Model

/// Making room for what is left out, in rounds, as long as one of them gets anywhere.
extension BatchSearch {
  /// How many others may be asked to give way in turn.
  private static let depth = 3
  private static let mostRounds = 16
  private static let mostWindows = 6

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
      if best.count == before { return }
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

  /// Takes out everything around a place that a project left out could have, and puts it back with the project, the
  /// large ones first.
  private mutating func rearrange(around project: Int) {
    for part in projects[project].parts {
      let sites = crowded(part)
      for start in stride(from: 0, to: min(sites.count, Self.mostWindows), by: 2) where !isOver {
        let before = board
        let window = Set(sites[start...].prefix(3).flatMap { board.members[$0] }).sorted()
        for other in window { board.remove(other) }
        for other in ([project] + window).sorted(by: { (-sizes[$0], $0) < (-sizes[$1], $1) }) where !isOver {
          if let places = tightPlaces(for: other) { board.place(other, places) }
        }
        if keepIfBetter(), board.placed[project] != nil { return }
        if missing(board) >= missing(before) { board = before }
      }
    }
  }

  /// How much is left out.
  private func missing(_ board: BatchBoard) -> Int64 {
    candidates.reduce(0) { board.placed[$1] == nil ? $0 + 1_000_000 + sizes[$1] : $0 }
  }
}
