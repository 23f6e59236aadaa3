import Model

/// Spreading evenly, as `maxSkew` of Kubernetes has it: the fullest place has at most so many more than the emptiest one
/// that is eligible.
extension Search {
  /// Whether all slots of a group that are placed so far stay where they are, and so may the others: what is there is out
  /// of a spread's reach.
  func allMayStay(_ group: SearchGroup, _ index: Int) -> Bool {
    group.mayStay && group.slots.allSatisfy { $0 > index || path[$0].candidate.kept != nil }
  }

  /// Whether the slots of a group that are placed so far can still become part of an even spread, wherever the others
  /// go; once all are placed, whether they are spread evenly.
  ///
  /// A cluster that stretches over several places counts in one of them for each slot, and by itself no more often than
  /// a place. Some number of slots in the emptiest place must do. With it, each slot has a place that is not too full,
  /// and each place is full enough: where both can be had one by one, both can be had together (Mendelsohn and Dulmage),
  /// so two matchings tell.
  func canBeEven(_ group: SearchGroup, _ index: Int, _ maxSkew: Int) -> Bool {
    guard !group.eligible.isEmpty else { return false }
    let sites = group.slots.filter { $0 <= index }.map { path[$0].site }
    let choices = sites.map { problem.topologies.places(of: $0, by: group.topology) }
    var clusters: [Int: Int] = [:]
    for site in sites { clusters[site, default: 0] += 1 }
    let fullest = clusters.values.max() ?? 0
    let missing = group.slots.count - sites.count
    if choices.allSatisfy({ $0.count == 1 }) {
      // Where nothing is to be chosen, counting does.
      var counts: [Int: Int] = [:]
      for choice in choices { counts[choice[0], default: 0] += 1 }
      let most = counts.values.max() ?? 0
      return (0...group.slots.count / group.eligible.count).contains { emptiest in
        guard max(fullest, most) <= emptiest + maxSkew else { return false }
        return group.eligible.reduce(0) { $0 + max(0, emptiest - counts[$1, default: 0]) } <= missing
      }
    }
    return (0...group.slots.count / group.eligible.count).contains { emptiest in
      let most = emptiest + maxSkew
      guard fullest <= most, Matching.size(of: choices, capacity: most) == sites.count else { return false }
      guard emptiest > 0 else { return true }
      let useful = choices.map { $0.filter(group.eligible.contains) }
      return Matching.size(of: useful, capacity: emptiest) + missing >= emptiest * group.eligible.count
    }
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
