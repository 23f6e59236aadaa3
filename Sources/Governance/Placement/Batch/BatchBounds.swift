import Model

/// What no way of placing a batch can exceed, worked out from what each project says by itself and from sums: apart from
/// the search, so that an answer that reaches it needs no search to be believed.
struct BatchBounds {
  let projects: [BatchProject]
  let limits: BatchSites
  let state: PlacementState

  /// The most projects that can be placed.
  func placed() -> Int {
    let candidates = projects.count { $0.mayBePlaced }
    let surpluses = BatchFamily.all(of: projects, sites: limits.highest.count)
      .map { (family: $0, surplus: $0.members.count - most(of: $0)) }.filter { $0.surplus > 0 }
    // The surpluses of families that share no project add up; the largest ones first.
    let ordered = surpluses.indices.sorted { (-surpluses[$0].surplus, $0) < (-surpluses[$1].surplus, $1) }
    var isCounted = [Bool](repeating: false, count: projects.count)
    var surplus = 0
    for index in ordered {
      let members = surpluses[index].family.members
      if members.contains(where: { isCounted[$0.project] }) { continue }
      surplus += surpluses[index].surplus
      for member in members { isCounted[member.project] = true }
    }
    return candidates - surplus
  }

  /// The least of what stands and stays of so many projects that gets another chain.
  func rechained(of count: Int) -> Int {
    projects.filter(\.mayBePlaced).map(\.leastRechained).sorted().prefix(count).reduce(0, +)
  }

  /// The lowest sum of the terms that so many projects hold, with no more other chains than there have to be.
  func terms(of count: Int) -> Int {
    projects.filter(\.mayBePlaced).map(\.bestTerm).sorted().prefix(count).reduce(0, +)
  }

  /// The lowest sum of the terms that what is new of so many projects holds, with no more other chains and no later
  /// terms for the whole than there have to be: each of them then holds the first that it can.
  func newTerms(of count: Int) -> Int {
    projects.filter(\.mayBePlaced).map(\.bestNewTerm).sorted().prefix(count).reduce(0, +)
  }

  /// The highest preference of so many projects that hold what `value` says. Where the sums of its terms, for the whole
  /// and for what is new, are the lowest, and so is that of other chains, each of them holds the first that it can.
  func preference(of count: Int, holding value: BatchObjective) -> Int64 {
    let isFirst =
      value.rechained == rechained(of: count) && value.terms == terms(of: count)
      && value.newTerms == newTerms(of: count)
    return projects.filter(\.mayBePlaced).map { isFirst ? $0.bestPreference : $0.bestOutside }.sorted(by: >)
      .prefix(count).reduce(0, +)
  }

  /// The least full that the fullest cluster can be with so many projects placed: as if what they take could be poured
  /// over all sites that anything may be on.
  func fullest(of count: Int) -> Int64 {
    let candidates = projects.filter(\.mayBePlaced)
    let sites = Set(candidates.flatMap(\.sites)).sorted()
    let poured = CountedResource.allCases.map { resource in
      let least = candidates.map { $0.least[resource] }.sorted().prefix(count)
      return level(taking: least.reduce(Int64(0)) { $0.addingClamped($1) }, of: resource, on: sites)
    }
    // Where all are placed, each of them fills something at least as far as the emptiest place that it can have.
    let single = count == candidates.count ? candidates.flatMap(\.parts).map(emptiest) : []
    return (poured + single).max() ?? 0
  }

  private func emptiest(_ part: BatchProject.Part) -> Int64 {
    guard part.least != ResourceAmounts() else { return 0 }
    return part.candidates.map { candidate in
      let committed = state.entry(candidate.site).committed
      return limits.share(part.isNew ? committed.adding(part.need) : committed, of: candidate.site)
    }.min() ?? 0
  }

  /// The lowest level, in thousandths, at which the sites hold so much more of a resource.
  private func level(taking amount: Int64, of resource: CountedResource, on sites: [Int]) -> Int64 {
    func holds(_ level: Int64) -> Bool {
      let room = sites.reduce(Int128(0)) { sum, site in
        let full = Int128(limits.highest[site][resource]) * Int128(level) / 1000
        return sum + max(0, full - Int128(state.entry(site).committed[resource]))
      }
      return room >= Int128(amount)
    }
    var (low, high): (Int64, Int64) = (0, 1000)
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The most projects of a family that its sites can hold: of each resource as much as there is of it, and as many
  /// pieces as fit of the smallest size; the projects that take least first.
  private func most(of family: BatchFamily) -> Int {
    CountedResource.allCases.reduce(family.members.count) { most, resource in
      let free = family.sites.map { site in
        max(0, limits.highest[site][resource] - state.entry(site).committed[resource])
      }
      let volume = count(
        family.members.map { $0.least[resource] }, within: free.reduce(Int64(0)) { $0.addingClamped($1) })
      let smallest = family.smallest[resource]
      guard smallest > 0 else { return min(most, volume) }
      let fitting = free.reduce(Int64(0)) { $0.addingClamped($1 / smallest) }
      return min(most, volume, count(family.members.map { Int64($0.pieces) }, within: fitting))
    }
  }

  /// How many of the amounts fit together, the smallest ones first.
  private func count(_ amounts: [Int64], within whole: Int64) -> Int {
    var sum: Int64 = 0
    return amounts.sorted().prefix { amount in
      sum = sum.addingClamped(amount)
      return sum <= whole
    }.count
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
