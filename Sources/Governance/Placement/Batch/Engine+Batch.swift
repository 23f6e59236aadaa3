import Model

extension Engine {
  /// Decides where many projects go at once.
  ///
  /// Never worse than one by one in the given order, and always the same for the same request and state. The order of
  /// the projects in the request can matter to a proposal, for one by one in that order is what the search begins with;
  /// it does not matter to the value of an answer that is `optimal`.
  public func place(_ batch: BatchRequest, on state: PlacementState) -> BatchAnswer {
    let state = state.fitted(to: compiled)
    var seen: Set<String> = []
    var repeated: [Int] = []
    var projects: [BatchProject] = []
    for (position, request) in batch.projects.enumerated() {
      guard seen.insert(request.project.name).inserted else {
        repeated.append(position)
        continue
      }
      projects.append(BatchProject(request, at: position, mayMove: batch.mayMove, self, on: state))
    }
    projects.sort { $0.name < $1.name }
    let stages = Set(projects.flatMap { $0.parts.map(\.stage) }).sorted()
    let nodes = projects.reduce(0) { $0 + max(1, $1.alone.nodes) }
    var search = BatchSearch(projects, BatchSites(self, stages: stages), batch, self, state, nodes: nodes)
    search.run()
    return BatchWriter(batch: batch, engine: self, start: state, search: search).answer(repeated: repeated)
  }
}
