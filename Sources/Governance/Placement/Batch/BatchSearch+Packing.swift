import Model

/// Packing: where the engine by itself would spread the load, each replica goes to where the least is left, so that large
/// rooms stay whole for large projects; of the places that are liked best, or if that is not enough, of all.
extension BatchSearch {
  /// How many tight sites an environment is offered beside one for each replica.
  private static let choice = 2

  /// Places one by one, each as tightly as can be.
  mutating func pack(_ order: [Int], from empty: BatchBoard, _ isPreferring: Bool) {
    board = empty
    for project in order where !isExhausted {
      if let places = tightPlaces(for: project, isPreferring: isPreferring) { board.place(project, places) }
    }
    keepIfBetter()
  }

  /// Where the engine would have a project on the tightest sites that have room for it; anywhere if there is no way there.
  mutating func tightPlaces(for project: Int, isPreferring: Bool = true) -> BatchBoard.Placed? {
    guard projects[project].mayFit(on: board.state, limits) else { return nil }
    let tight = Set(projects[project].parts.flatMap { tightest($0, isPreferring) })
    let others = projects[project].sites.filter { !tight.contains($0) }
    guard !others.isEmpty else { return places(for: project) }
    return places(for: project, without: others) ?? (isOver ? nil : places(for: project))
  }

  /// The sites where the least would be left beside a replica.
  private func tightest(_ part: BatchProject.Part, _ isPreferring: Bool) -> [Int] {
    part.candidates.filter { part.hasRoom($0.site, board.state, limits) }
      .map { candidate in
        let (site, whole) = (candidate.site, limits.highest[candidate.site])
        let rest = whole.beyond(board.state.entry(site).committed.adding(part.need))
        let isOutside = isPreferring && !candidate.isInTerm
        return (isOutside ? 1 : 0, isPreferring ? -candidate.preference : 0, rest.largestShare(of: whole), site)
      }
      .sorted { $0 < $1 }.prefix(part.replicas + Self.choice).map(\.3)
  }
}
