import Model

/// What groups ask of the sites of their slots, of all or of some.
extension SearchProblem {
  /// Whether slots of a group on these sites can still become part of an even spread, wherever those that are missing go;
  /// once none is, whether they are spread evenly.
  ///
  /// A cluster that stretches over several places counts in one of them for each slot, and by itself no more often than
  /// a place. Some number of slots in the emptiest place must do. With it, each slot has a place that is not too full,
  /// and each place is full enough: where both can be had one by one, both can be had together (Mendelsohn and Dulmage),
  /// so two matchings tell.
  func canBeEven(_ group: SearchGroup, _ sites: [Int], missing: Int, _ maxSkew: Int) -> Bool {
    guard !group.eligible.isEmpty else { return false }
    let choices = sites.map { topologies.places(of: $0, by: group.topology) }
    let count = sites.count + missing
    var clusters: [Int: Int] = [:]
    for site in sites { clusters[site, default: 0] += 1 }
    let fullest = clusters.values.max() ?? 0
    if choices.allSatisfy({ $0.count == 1 }) {
      // Where nothing is to be chosen, counting does.
      var counts: [Int: Int] = [:]
      for choice in choices { counts[choice[0], default: 0] += 1 }
      let most = counts.values.max() ?? 0
      return (0...count / group.eligible.count).contains { emptiest in
        guard max(fullest, most) <= emptiest + maxSkew else { return false }
        return group.eligible.reduce(0) { $0 + max(0, emptiest - counts[$1, default: 0]) } <= missing
      }
    }
    return (0...count / group.eligible.count).contains { emptiest in
      let most = emptiest + maxSkew
      guard fullest <= most, Matching.size(of: choices, capacity: most) == sites.count else { return false }
      guard emptiest > 0 else { return true }
      let useful = choices.map { $0.filter(group.eligible.contains) }
      return Matching.size(of: useful, capacity: emptiest) + missing >= emptiest * group.eligible.count
    }
  }

  /// How many of the sites keep apart: each replica is given one of its cluster's places, and neither a place nor a
  /// cluster counts more often than the group allows. So two replicas are never apart on one stretched cluster.
  func satisfied(_ group: SearchGroup, _ sites: some Collection<Int>) -> Int {
    var used: [Int: Int] = [:]
    let counted = sites.filter { site in
      used[site, default: 0] += 1
      return used[site, default: 0] <= group.atMost
    }
    let choices = counted.map { topologies.places(of: $0, by: group.topology) }
    return Matching.size(of: choices, capacity: group.atMost)
  }

  /// Whether slots of a hard group on these sites are as the group asks, or can still be with those that are missing. Those
  /// of which nobody knows where they are do not count.
  func canHold(_ group: SearchGroup, _ sites: [Int], missing: Int) -> Bool {
    let sites = sites.filter { !topologies.places(of: $0, by: group.topology).isEmpty }
    if group.isTogether {
      var counts: [Int: Int] = [:]
      for site in sites {
        for place in topologies.places(of: site, by: group.topology) { counts[place, default: 0] += 1 }
      }
      return (counts.values.max() ?? 0) == sites.count
    }
    guard let maxSkew = group.maxSkew, !group.isOnlyApart else { return satisfied(group, sites) == sites.count }
    return canBeEven(group, sites, missing: missing, maxSkew)
  }

  /// Whether one chain delivers to all slots, each where it is; nil where that is not known. A place that no chain delivers
  /// to any more does not count: it is left for that.
  ///
  /// - Parameter chain: The one that is written with what is new; nil where any will do.
  func canDeliver(_ sites: [Int?], by chain: Int?) -> Bool {
    let told = zip(slots, sites).compactMap { slot, site in
      site.map { (delivered: judgement.views[judgement.environments[slot.environment].view].delivered, site: $0) }
    }.filter { one in one.delivered.contains { $0.contains(one.site) } }
    return (chain.map { [$0] } ?? chainOrder).contains { chain in
      told.allSatisfy { $0.delivered[chain].contains($0.site) }
    }
  }
}
