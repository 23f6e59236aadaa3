import Model

extension Search {
  /// Whether the site of the last candidate still holds all that is put on it. Each stage has its own limit on the sum.
  func fits(_ candidate: SearchSlot.Candidate) -> Bool {
    guard !relaxation.capacity else { return true }
    let together = path.filter { $0.site == candidate.site }
    let growth = together.reduce(ResourceAmounts()) { $0.adding($1.option.growth) }
    let total = problem.committed[candidate.site].adding(growth)
    return together.allSatisfy { other in
      CountedResource.allCases.allSatisfy {
        other.option.growth[$0] == 0 || total[$0] <= other.limit[$0]
      }
    }
  }

  /// How many soft spreads the last slot breaks; nil if it breaks a hard one.
  func brokenSpreads(_ index: Int) -> Int64? {
    var broken: Int64 = 0
    for (number, group) in problem.groups.enumerated()
    where group.slots.contains(index) && !relaxation.groups.contains(number) {
      let members = group.slots.filter { $0 <= index }.map { path[$0].site }
      let before = members.dropLast()
      if satisfied(group, members) > satisfied(group, Array(before)) { continue }
      if group.isHard { return nil }
      broken += 1
    }
    return broken
  }

  /// Whether the hard spreads could be met at all with the candidates left; cheap, and spares hopeless searches.
  func canSpread(_ slots: [SearchSlot]) -> Bool {
    problem.groups.enumerated().allSatisfy { number, group in
      !group.isHard || relaxation.groups.contains(number) || mostApart(group, slots) == group.slots.count
    }
  }

  /// The most slots of a group that can be kept apart, whatever else holds.
  func mostApart(_ group: SearchGroup, _ slots: [SearchSlot]) -> Int {
    let byPlace = group.slots.map { slot in
      Array(Set(slots[slot].candidates.flatMap { problem.topologies.places(of: $0.site, by: group.topology) })).sorted()
    }
    let byCluster = group.slots.map { slot in slots[slot].candidates.map(\.site) }
    return min(
      Matching.size(of: byPlace, capacity: group.atMost), Matching.size(of: byCluster, capacity: group.atMost))
  }

  /// How many of the sites keep apart: each replica is given one of its cluster's places, and neither a place nor a
  /// cluster counts more often than the group allows. So two replicas are never apart on one stretched cluster.
  private func satisfied(_ group: SearchGroup, _ sites: [Int]) -> Int {
    var used: [Int: Int] = [:]
    let counted = sites.filter { site in
      used[site, default: 0] += 1
      return used[site, default: 0] <= group.atMost
    }
    let choices = counted.map { problem.topologies.places(of: $0, by: group.topology) }
    return Matching.size(of: choices, capacity: group.atMost)
  }
}
