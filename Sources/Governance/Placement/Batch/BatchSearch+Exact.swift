import Model

/// Trying everything, within bounds: each project at every set of sites that it can have, or left out.
extension BatchSearch {
  /// More projects than these are not worth beginning with.
  private static let mostProjects = 8

  /// Tries everything there is.
  mutating func tryEverything(from empty: BatchBoard) {
    let all = candidates
    guard all.count <= Self.mostProjects, !isExhausted else { return }
    board = empty
    hasOpenQuestion = false
    let isComplete = explore(all.sorted { (projects[$0].sites.count, $0) < (projects[$1].sites.count, $1) })
    isExhaustive =
      isComplete && !hasOpenQuestion && limits.areAlikeForAllStages
      && all.allSatisfy { projects[$0].isChosenBySites }
  }

  /// Tries every way of placing `some` of the projects beside what is on the board. False if not all of
  /// them could be tried.
  ///
  /// All sets of sites are reached: where a project's plan takes some sites, every other set lacks one of them, and comes
  /// up once that one is closed to it.
  private mutating func explore(_ some: [Int]) -> Bool {
    if isOver { return false }
    keepIfBetter()
    guard let project = some.first, isWorthwhile(some) else { return true }
    let rest = Array(some.dropFirst())
    var isComplete = true
    var seen: Set<[Int]> = []
    var closings: [[Int]] = [[]]
    var known: Set<[Int]> = [[]]
    while let closed = closings.popLast(), !isOver {
      guard let places = places(for: project, without: closed) else { continue }
      for site in places.newSites.reversed() where !closed.contains(site) {
        let more = (closed + [site]).sorted()
        if known.insert(more).inserted { closings.append(more) }
      }
      guard seen.insert(places.sites).inserted else { continue }
      board.place(project, places)
      isComplete = explore(rest) && isComplete
      board.remove(project)
    }
    return explore(rest) && isComplete
  }

  /// Whether placing all of `some` in the best way would be better than what is known.
  private func isWorthwhile(_ some: [Int]) -> Bool {
    let most = board.count + some.count
    if most != best.count { return most > best.count }
    let rechained = some.reduce(board.rechained) { $0 + projects[$1].leastRechained }
    if rechained != best.rechained { return rechained < best.rechained }
    let terms = some.reduce(board.terms) { $0 + projects[$1].bestTerm }
    if terms != best.terms { return terms < best.terms }
    let newTerms = some.reduce(board.newTerms) { $0 + projects[$1].bestNewTerm }
    if newTerms != best.newTerms { return newTerms < best.newTerms }
    // With no more terms to give away, each of them has to hold the first that it can.
    let preference = some.reduce(board.preference) { $0 + projects[$1].bestPreference }
    if preference != best.preference { return preference > best.preference }
    return board.fullest.share < best.fullest.share
  }
}
