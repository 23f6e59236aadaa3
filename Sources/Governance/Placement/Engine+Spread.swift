public import Model

extension Engine {
  /// What a hard spread of a project allows.
  public struct SpreadRoom: Sendable, Hashable {
    /// The most replicas that one place may have in any way of placing them all.
    public var atMost: Int
    /// How many of the replicas may be where they are said to be, all other places being as empty as they are said to be.
    public var available: Int
  }

  /// What a hard spread allows where the replicas it means are at `clusters`, one for each; nil where the project has no such
  /// spread, or the spread nothing to keep apart. A cluster that is not on offer holds none.
  public func room(
    of spread: ProjectSpec.Spread, for request: DecisionRequest, on state: PlacementState, at clusters: [String]
  ) -> SpreadRoom? {
    let planner = planner(request, state)
    let meant = planner.judgement.environments.filter(spread.means).map(\.name)
    let group = planner.problem.groups.first {
      $0.isHard && $0.topology == spread.topology && $0.environments == meant
        && $0.maxSkew == max(1, min(spread.maxSkew ?? 1, $0.slots.count))
    }
    guard let group, let maxSkew = group.maxSkew else { return nil }
    let topologies = planner.judgement.subject.compiled.topologies
    let sites = clusters.compactMap(site(named:))
    let places = sites.map { topologies.places(of: $0, by: spread.topology) }
    // The emptiest place that may be filled decides how many another may have.
    let most = (group.eligible.map { place in places.count { $0.contains(place) } }.min() ?? 0) + maxSkew
    // A cluster that stretches over several places counts by itself like one.
    let counted = sites.indices.filter { index in
      sites[..<index].count { $0 == sites[index] } < min(group.atMostOnCluster, most)
    }
    return SpreadRoom(
      atMost: group.atMost,
      available: Matching.size(of: counted.map { places[$0] }, capacity: min(group.atMost, most)))
  }
}
