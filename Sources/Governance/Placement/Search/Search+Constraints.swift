import Model

extension Search {
  /// Whether the site of the last slot on the path still holds all that is put on it. Each stage has its own limit on
  /// the sum. What is alone on a site was found to fit before.
  func fits(_ index: Int) -> Bool {
    let site = path[index].site
    guard !relaxation.capacity, isShared(site, before: index) else { return true }
    var total = problem.judgement.subject.state.committed[site]
    for slot in 0...index where path[slot].site == site {
      total = total.adding(problem.growth(slot, path[slot].candidate))
    }
    for slot in 0...index where path[slot].site == site {
      let growth = problem.growth(slot, path[slot].candidate)
      guard total.holds(growth, within: problem.limit(slot, site)) else { return false }
    }
    return true
  }

  private func isShared(_ site: Int, before index: Int) -> Bool {
    for slot in 0..<index where path[slot].site == site { return true }
    return false
  }

  /// How many soft spreads and co-locations the last slot breaks; nil if it breaks a hard spread.
  func brokenSpreads(_ index: Int) -> Int64? {
    var broken: Int64 = 0
    for place in problem.membershipStarts[index]..<problem.membershipStarts[index + 1] {
      let number = problem.membershipNumbers[place]
      if !relaxation.groups.isEmpty, relaxation.groups.contains(number) { continue }
      let group = problem.groups[number]
      if group.isOnlyApart ? isApart(group, index) : isKept(group, index) { continue }
      if group.isHard { return nil }
      broken += 1
    }
    return broken
  }

  private func isKept(_ group: SearchGroup, _ index: Int) -> Bool {
    if group.isTogether { return isNear(group, index, path[index].site) }
    guard let maxSkew = group.maxSkew, !group.isOnlyApart else { return isApart(group, index) }
    if allMayStay(group, index) { return true }
    let sites = group.slots.filter { $0 <= index }.map { path[$0].site }
    return problem.canBeEven(group, sites, missing: group.slots.count - sites.count, maxSkew)
  }

  /// Whether with a site more of the group are in one place than were before. So all of them together break as many as
  /// are outside the fullest place, in whatever order they are placed.
  private func isNear(_ group: SearchGroup, _ index: Int, _ site: Int) -> Bool {
    let counts = counts(of: group, before: index)
    let most = counts.values.max() ?? 0
    let places = problem.topologies.places(of: site, by: group.topology)
    return places.contains { counts[$0, default: 0] == most }
  }

  /// How many of a group's slots before one are in each place.
  func counts(of group: SearchGroup, before index: Int) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for member in group.slots where member < index {
      for place in problem.topologies.places(of: path[member].site, by: group.topology) {
        counts[place, default: 0] += 1
      }
    }
    return counts
  }

  /// Whether the last slot keeps apart from those of its group that do.
  private func isApart(_ group: SearchGroup, _ index: Int) -> Bool {
    if let isApart = isApartBySingles(group, index) { return isApart }
    let topologies = problem.topologies
    let site = path[index].site
    let places = topologies.places(of: site, by: group.topology)
    var isAlone = !places.isEmpty
    for member in group.slots where member < index {
      let others = topologies.places(of: path[member].site, by: group.topology)
      if places.contains(where: others.contains) { isAlone = false }
    }
    // Where nobody is near, a place more can be had; otherwise all have to be looked at together.
    if isAlone { return true }
    let members = group.slots.filter { $0 <= index }.map { path[$0].site }
    if members.count == 1 { return !places.isEmpty }
    if members.count == 2, group.atMost == 1 {
      let other = topologies.places(of: members[0], by: group.topology)
      // One of the two clusters has several places, else singles had told: it takes one that the other can do without.
      return members[0] != site && !places.isEmpty && !other.isEmpty
    }
    return problem.satisfied(group, members) > problem.satisfied(group, members.dropLast())
  }

  /// The same where each cluster of the group has one place, as almost all do; nil where more is to be looked at.
  private func isApartBySingles(_ group: SearchGroup, _ index: Int) -> Bool? {
    let place = group.single[path[index].site]
    guard place >= 0 else { return nil }
    var isAlone = true
    for member in group.slots {
      guard member < index else { break }
      let other = group.single[path[member].site]
      guard other >= 0 else { return nil }
      if other == place { isAlone = false }
    }
    if isAlone { return true }
    return group.atMost == 1 ? false : nil
  }

  /// Whether the hard spreads could be met at all with the candidates left; cheap, and spares hopeless searches.
  func canSpread() -> Bool {
    problem.groups.enumerated().allSatisfy { number, group in
      !group.isHard || group.isTogether || group.mayStay || relaxation.groups.contains(number)
        || group.slots.allSatisfy { hasChoice($0, group) }
        || Self.mostApart(group, in: problem, orders) == group.slots.count
    }
  }

  /// Whether a slot has as many places, and clusters, as there are slots in the group: then there is always one left.
  private func hasChoice(_ slot: Int, _ group: SearchGroup) -> Bool {
    var (places, sites): ([Int], Int) = ([], 0)
    return orders.contains(slot) { site in
      sites += 1
      let place = group.single[site]
      if place >= 0 {
        if !places.contains(place) { places.append(place) }
      } else {
        for place in problem.topologies.places(of: site, by: group.topology) where !places.contains(place) {
          places.append(place)
        }
      }
      return places.count >= group.slots.count && sites >= group.slots.count
    }
  }

  /// The most slots of a group that can be kept apart, whatever else holds.
  static func mostApart(_ group: SearchGroup, in problem: SearchProblem, _ orders: CandidateOrders) -> Int {
    let byCluster = group.slots.map { orders.sites($0) }
    let byPlace = byCluster.map { sites in
      Array(Set(sites.flatMap { problem.topologies.places(of: $0, by: group.topology) })).sorted()
    }
    return min(
      Matching.size(of: byPlace, capacity: group.atMost),
      Matching.size(of: byCluster, capacity: group.atMostOnCluster))
  }
}
