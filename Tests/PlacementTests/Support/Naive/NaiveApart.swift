import Model

/// Keeping replicas apart: each is given one place of its cluster's, and neither a place nor a cluster counts more
/// often than is allowed.
struct NaiveApart {
  /// Replicas of the project that are kept apart, by their numbers among all slots.
  struct Group {
    var members: [Int]
    var topology: ProjectSpec.Topology
    var atMost: Int
    var isHard: Bool
  }

  let scenario: Scenario

  /// What the project asks for: copies of an environment, always and hard; then its spreads. One alone is always apart.
  var groups: [Group] {
    let slots = scenario.slots
    var groups = scenario.project.spec.environments.map { environment in
      Group(
        members: slots.indices.filter { slots[$0].environment.name == environment.name },
        topology: environment.distinct ?? .dataCenter, atMost: 1, isHard: true)
    }
    for spread in scenario.project.spec.spread {
      let members = slots.indices.filter { index in
        let environment = slots[index].environment
        return (spread.environments.isEmpty || spread.environments.contains(environment.name))
          && (spread.stage == nil || spread.stage == environment.stage)
      }
      groups.append(
        Group(
          members: members, topology: spread.topology, atMost: spread.maxSkew ?? 1,
          isHard: spread.whenUnsatisfiable != .placeAnyway))
    }
    return groups.filter { $0.members.count > 1 }
  }

  /// How many of the clusters' replicas can be kept apart.
  func mostApart(_ clusters: [String], _ group: Group) -> Int {
    let places = clusters.map { scenario.place(of: $0)?.places(group.topology) ?? [] }
    func most(_ index: Int, _ taken: [String: Int]) -> Int {
      guard index < clusters.count else { return 0 }
      var best = 0
      let cluster = "cluster:" + clusters[index]
      if taken[cluster, default: 0] < group.atMost {
        for place in places[index] where taken["place:" + place, default: 0] < group.atMost {
          var taken = taken
          taken[cluster, default: 0] += 1
          taken["place:" + place, default: 0] += 1
          best = max(best, 1 + most(index + 1, taken))
          if best == clusters.count - index { return best }
        }
      }
      return max(best, most(index + 1, taken))
    }
    return most(0, [:])
  }
}
