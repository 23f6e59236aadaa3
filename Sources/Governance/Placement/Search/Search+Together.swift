import Model

/// Keeping together what has to be: a slot is only tried where those before it are, and no other site is looked at.
extension Search {
  /// A slot's candidates in the sites that it is bound to.
  struct Confinement: Hashable {
    var slot: Int
    var sites: SiteSet
  }

  /// The sites that a slot is bound to by what was placed before; nil if it is free.
  private func boundSites(_ index: Int) -> SiteSet? {
    var bound: SiteSet?
    for number in problem.bonds[index] where !relaxation.groups.contains(number) {
      let group = problem.groups[number]
      let counts = counts(of: group, before: index)
      let most = counts.values.max() ?? 0
      // Where nobody is in any place, everybody is together with nobody.
      guard most == group.slots.count(where: { $0 < index }) else { return problem.nowhere }
      var sites = problem.nowhere
      for place in counts.keys.sorted() where counts[place] == most {
        sites.formUnion(problem.topologies.sites(of: place, by: group.topology, of: problem.siteCount))
      }
      if bound == nil { bound = sites } else { bound?.formIntersection(sites) }
    }
    return bound
  }

  /// The candidates that are left for a slot that is bound to those before it; nil if it is free.
  mutating func confined(_ index: Int) -> [Candidate]? {
    guard !problem.bonds[index].isEmpty, let sites = boundSites(index) else { return nil }
    let confinement = Confinement(slot: index, sites: sites)
    if let known = confinements[confinement] { return known }
    let candidates = orders.candidates(index, among: sites)
    confinements[confinement] = candidates
    return candidates
  }

  /// The candidate of a slot at a position.
  mutating func candidate(_ index: Int, _ position: Int, _ confined: [Candidate]?) -> Candidate? {
    guard let confined else { return orders.candidate(index, position) }
    return position < confined.count ? confined[position] : nil
  }

  /// Where to begin: of slots that could be swapped, the later one never comes before the other one in their order.
  func firstPosition(_ index: Int, _ confined: [Candidate]?) -> Int {
    guard problem.slots[index].isTwinOfPrevious else { return 0 }
    guard let confined else { return path[index - 1].position }
    let previous = path[index - 1].candidate
    return confined.firstIndex { !orders.isBefore($0, previous, index) } ?? confined.count
  }
}
