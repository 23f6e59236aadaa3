import Model
import Placement

/// Keeping replicas apart: each is given one place of its cluster's, and neither a place nor a cluster counts more
/// often than is allowed.
struct NaiveApart {
  /// Replicas of the project that are kept apart, by their numbers among all slots.
  struct Group {
    var members: [Int]
    var topology: ProjectSpec.Topology
    /// For a spread, how many more one place may have than another eligible one.
    var maxSkew: Int?
    /// For a spread, the places where some cluster accepts one of the members by itself, whatever room it has and whether
    /// or not it is heard.
    var eligible: Set<String> = []
    var isHard: Bool

    /// The most in one place, in any way of sharing the members out that keeps the skew; one where there is none to keep.
    var atMost: Int {
      guard let maxSkew else { return 1 }
      guard !eligible.isEmpty else { return maxSkew }
      let ways = NaiveApart.shares(members.count, over: eligible.count)
      return ways.filter { ($0.max() ?? 0) - ($0.min() ?? 0) <= maxSkew }.compactMap { $0.max() }.max() ?? 0
    }
  }

  let scenario: Scenario
  /// Whether all places are eligible for those that no cluster accepts.
  var isOpen = false

  /// All ways of sharing things out, by how many each gets.
  static func shares(_ count: Int, over places: Int) -> [[Int]] {
    guard places > 1 else { return [[count]] }
    return (0...count).flatMap { first in shares(count - first, over: places - 1).map { [first] + $0 } }
  }

  /// What the project asks for: copies of an environment, always and hard; then its spreads. One alone is always apart.
  var groups: [Group] {
    let slots = scenario.slots
    var groups = scenario.project.spec.environments.map { environment in
      Group(
        members: slots.indices.filter { slots[$0].environment.name == environment.name },
        topology: environment.distinct ?? .dataCenter, isHard: true)
    }
    for spread in scenario.project.spec.spread {
      let members = slots.indices.filter { index in
        let environment = slots[index].environment
        return (spread.environments.isEmpty || spread.environments.contains(environment.name))
          && (spread.stage == nil || spread.stage == environment.stage)
      }
      groups.append(
        Group(
          members: members, topology: spread.topology, maxSkew: spread.maxSkew ?? 1,
          eligible: eligible(members.map { slots[$0] }, spread.topology),
          isHard: spread.whenUnsatisfiable != .placeAnyway))
    }
    return groups.filter { $0.members.count > 1 }
  }

  private func eligible(_ slots: [Scenario.Slot], _ topology: ProjectSpec.Topology) -> Set<String> {
    let judge = NaiveJudge(scenario: scenario)
    let accepting = scenario.clusters.map(\.name).filter { cluster in
      slots.contains { slot in
        let verdict = judge.verdict(slot.environment, cluster)
        let isThere = scenario.held(slot, on: cluster) != nil
        return verdict.always.isEmpty && (isThere || verdict.onlyNew.allSatisfy { $0.code == .staleHeartbeat })
      }
    }
    let counted = accepting.isEmpty && isOpen ? scenario.clusters.map(\.name) : accepting
    return Set(counted.flatMap { scenario.place(of: $0)?.places(topology) ?? [] })
  }

  /// Whether the clusters keep a group apart: by giving each replica one of its cluster's places, so that the fullest
  /// place, and the fullest cluster, has at most so many more than the emptiest place that is eligible. Replicas that are
  /// to be kept, and all stay, do not break a spread.
  func keepsApart(_ clusters: [String], _ group: Group) -> Bool {
    guard let maxSkew = group.maxSkew else { return mostApart(clusters, group) == clusters.count }
    let slots = scenario.slots
    let allStay = zip(group.members, clusters).allSatisfy { scenario.held(slots[$0], on: $1) != nil }
    if scenario.keepExisting, allStay { return true }
    var ways: [[String]] = [[]]
    for cluster in clusters {
      let places = scenario.place(of: cluster)?.places(group.topology) ?? []
      ways = ways.flatMap { way in places.map { way + [$0] } }
    }
    return ways.contains { way in
      let emptiest = group.eligible.map { place in way.count { $0 == place } }.min() ?? 0
      let fullest = (way + clusters.map { "cluster:" + $0 }).map { name in
        way.count { $0 == name } + clusters.count { "cluster:" + $0 == name }
      }
      return fullest.allSatisfy { $0 <= emptiest + maxSkew }
    }
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
