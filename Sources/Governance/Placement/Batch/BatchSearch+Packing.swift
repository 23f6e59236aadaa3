import Model

/// Packing: where the engine by itself would spread the load, each replica goes to where the least is left, so that large
/// rooms stay whole for large projects.
extension BatchSearch {
  /// How many tight sites an environment is offered beside one for each replica.
  private static let choice = 2

  /// Places one by one, each as tightly as can be.
  mutating func pack(_ order: [Int], from empty: BatchBoard) {
    board = empty
    for project in order where !isExhausted {
      if let places = tightPlaces(for: project) { board.place(project, places) }
    }
    keepIfBetter()
  }

  /// Where the engine would have a project on the tightest sites that have room for it; anywhere if there is no way there.
  mutating func tightPlaces(for project: Int) -> BatchBoard.Placed? {
    guard projects[project].mayFit(on: board.state, limits) else { return nil }
    let tight = Set(projects[project].parts.flatMap(tightest))
    let others = projects[project].sites.filter { !tight.contains($0) }
    guard !others.isEmpty else { return places(for: project) }
    return places(for: project, without: others) ?? (isOver ? nil : places(for: project))
  }

  /// The sites where the least would be left beside a replica.
  private func tightest(_ part: BatchProject.Part) -> [Int] {
    part.candidates.map(\.site).filter { part.hasRoom($0, board.state, limits) }
      .map { site in
        let rest = limits.highest[site].beyond(board.state.entry(site).committed.adding(part.need))
        return (rest.largestShare(of: limits.highest[site]), site)
      }
      .sorted { $0 < $1 }.prefix(part.replicas + Self.choice).map(\.1)
  }
}
