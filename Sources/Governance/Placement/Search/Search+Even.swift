import Model

/// Spreading evenly, as `maxSkew` of Kubernetes has it: the fullest place has at most so many more than the emptiest one
/// that is eligible.
extension Search {
  /// Whether all slots of a group that are placed so far stay where they are, and so may the others: what is there is out
  /// of a spread's reach.
  func allMayStay(_ group: SearchGroup, _ index: Int) -> Bool {
    group.mayStay && group.slots.allSatisfy { $0 > index || path[$0].candidate.kept != nil }
  }

  /// The most slots of a spread that can be placed evenly, by the room that each cluster has for them.
  static func mostEven(
    _ group: SearchGroup, _ maxSkew: Int, in problem: SearchProblem, _ orders: CandidateOrders
  ) -> Int {
    let clusters = group.slots.map { orders.sites($0) }
    var (rooms, placeRooms): ([Int: Int], [Int: Int]) = ([:], [:])
    var members: [Int: [Int]] = [:]
    for (slot, sites) in zip(group.slots, clusters) { for site in sites { members[site, default: []].append(slot) } }
    for site in members.keys.sorted() {
      let room = problem.most(of: members[site, default: []], on: site)
      rooms[site] = room
      for place in problem.topologies.places(of: site, by: group.topology) { placeRooms[place, default: 0] += room }
    }
    let places = clusters.map { sites in
      Array(Set(sites.flatMap { problem.topologies.places(of: $0, by: group.topology) })).sorted()
    }
    let useful = places.map { $0.filter(group.eligible.contains) }
    func size(_ choices: [[Int]], _ rooms: [Int: Int], atMost most: Int) -> Int {
      Matching.size(of: choices) { min(most, rooms[$0] ?? 0) }
    }
    let counts = (0...group.slots.count / max(1, group.eligible.count)).map { emptiest -> Int in
      guard size(useful, placeRooms, atMost: emptiest) == emptiest * group.eligible.count else { return 0 }
      let most = emptiest + maxSkew
      return min(size(places, placeRooms, atMost: most), size(clusters, rooms, atMost: most))
    }
    return counts.max() ?? 0
  }
}
