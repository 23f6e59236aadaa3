import Model

/// Moving what is placed: towards what is preferred, and away from what is full.
extension BatchSearch {
  private static let mostPasses = 8
  private static let mostMoves = 8
  private static let mostExchanges = 6

  /// Gives projects what they prefer, where that costs others less; those that lack most first, until none gains.
  mutating func prefer() {
    board = best
    var (isBetter, passes) = (true, 0)
    while isBetter && passes < Self.mostPasses {
      (isBetter, passes) = (false, passes + 1)
      for project in lacking where !isExhausted && isLacking(project) {
        if move(project) || exchange(project) { isBetter = true }
      }
    }
  }

  /// Moves a project to the places it likes best, else to where the engine would have it now, if either is better.
  private mutating func move(_ project: Int) -> Bool {
    let before = board
    for closed in [lessPreferred(project), []] {
      board.remove(project)
      if let places = places(for: project, without: closed) {
        board.place(project, places)
        if keepIfBetter() { return true }
      }
      board = before
    }
    return false
  }

  /// The placed projects that could be worth more, the most first.
  private var lacking: [Int] {
    projects.indices.filter { isLacking($0) }.sorted { regret($0) == regret($1) ? $0 < $1 : regret($0) > regret($1) }
  }

  private func isLacking(_ project: Int) -> Bool { board.placed[project] != nil && regret(project) > (0, 0, 0, 0) }

  /// How many other chains less a placed project could have, how many terms earlier it could hold one, as a whole and
  /// in what is new, and how much more it could be worth in the first.
  private func regret(_ project: Int) -> (rechained: Int, terms: Int, newTerms: Int, preference: Int64) {
    guard let placed = board.placed[project] else { return (0, 0, 0, 0) }
    return (
      placed.rechained - projects[project].leastRechained, placed.term - projects[project].bestTerm,
      placed.newTerm - projects[project].bestNewTerm, projects[project].bestPreference - placed.preference
    )
  }

  /// The sites that are not the best for any environment of a project, by any of the chains by which it is worth most.
  private func lessPreferred(_ project: Int) -> [Int] {
    let best = Set(projects[project].parts.flatMap { $0.candidates.filter(\.isBest).map(\.site) })
    return projects[project].sites.filter { !best.contains($0) }
  }

  /// Takes the place of another project that minds less. Whether that was found.
  private mutating func exchange(_ project: Int) -> Bool {
    let closed = lessPreferred(project)
    let preferred = Set(projects[project].sites).subtracting(closed).sorted()
    let there = Set(preferred.flatMap { board.members[$0] }).subtracting([project])
    // Those that are not at their best anyway lose least.
    let others = there.sorted { regret($0) == regret($1) ? $0 < $1 : regret($0) > regret($1) }
    for other in others.prefix(Self.mostExchanges) where !isExhausted {
      let before = board
      board.remove(project)
      board.remove(other)
      if let places = places(for: project, without: closed) {
        board.place(project, places)
        if let places = self.places(for: other) { board.place(other, places) }
        if keepIfBetter() { return true }
      }
      board = before
    }
    return false
  }

  /// Takes something off the fullest cluster, as long as that makes it less full and costs nothing else.
  mutating func level() {
    board = best
    for _ in 0..<2 * projects.count where !isExhausted {
      if !relieve() { return }
    }
  }

  private mutating func relieve() -> Bool {
    let (share, sites) = board.fullest
    guard let site = sites.first else { return false }
    let there = board.members[site].map { ($0, board.growth(of: $0, on: site)) }
      .map { ($0.0, $0.1.largestShare(of: limits.highest[site])) }
      .sorted { (-$0.1, $0.0) < (-$1.1, $1.0) }
    for (project, _) in there.prefix(Self.mostMoves) where !isExhausted {
      let before = board
      board.remove(project)
      if let places = places(for: project, without: [site]) {
        board.place(project, places)
        let now = board.fullest
        let isLess = now.share < share || (now.share == share && now.sites.count < sites.count)
        let isAsGood =
          board.rechained <= before.rechained && board.terms <= before.terms && board.newTerms <= before.newTerms
          && board.preference >= before.preference
        if isAsGood, isLess {
          // Of several fullest ones each is relieved in turn: that is progress, although the value does not show it yet.
          keepIfBetter()
          return true
        }
      }
      board = before
    }
    return false
  }
}
