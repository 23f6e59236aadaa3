import Model

extension Engine {
  /// Decides where many projects go at once.
  ///
  /// Never worse than one by one in the given order, and always the same for the same request and state. The order of
  /// the projects in the request can matter to a proposal, for one by one in that order is what the search begins with;
  /// it does not matter to the value of an answer that is `optimal`.
  public func place(_ batch: BatchRequest, on state: PlacementState) -> BatchAnswer {
    let state = state.fitted(to: compiled)
    var batch = batch
    batch.nodeBudget = max(0, batch.nodeBudget)
    var seen: Set<String> = []
    var repeated: [Int] = []
    var projects: [BatchProject] = []
    var (nodes, explained) = (0, 0)
    for (position, request) in batch.projects.enumerated() {
      guard seen.insert(request.project.name).inserted else {
        repeated.append(position)
        continue
      }
      let (left, explaining) = (batch.nodeBudget - nodes, batch.nodeBudget - explained)
      let least = BatchRequest.leastNodes
      let project = BatchProject(
        request, at: position, mayMove: batch.mayMove, within: (max(least, left), max(least, explaining)), self,
        on: state)
      nodes += project.spent.planning
      explained += project.spent.explaining
      projects.append(project)
    }
    projects.sort { $0.name < $1.name }
    let stages = Set(projects.flatMap { $0.parts.map(\.stage) }).sorted()
    var search = BatchSearch(projects, BatchSites(self, stages: stages), batch, self, state, nodes: nodes)
    search.run()
    return BatchWriter(batch: batch, engine: self, start: state, search: search)
      .answer(repeated: repeated, explained: explained)
  }
}
