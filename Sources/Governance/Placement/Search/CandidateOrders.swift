import Model

/// The candidates of all slots under one chain, each slot's best first: fewest moves, highest score, most free capacity,
/// name. Slots that think alike share an order, and no more of it is made than is looked at.
struct CandidateOrders {
  /// The candidates of slots that think alike.
  private struct Order {
    var kept: [Candidate]
    /// The sites where the slot has a place to keep: new places there are out of the question.
    var taken: [Int]
    var isAnchored: Bool
    /// The only site where the slot may be.
    var pin: Int?
    var profile: Int
    var merged: [Candidate] = []
    var nextKept = 0
    var nextFresh = 0

    /// Whether every new place may be had, and no other one: then the order is that of the ranking.
    var isPlain: Bool { kept.isEmpty && taken.isEmpty && pin == nil }

    /// Whether a new place may be had on a site.
    func isOpen(_ site: Int) -> Bool { pin ?? site == site && !taken.contains(site) }
  }

  private var orders: [Order] = []
  /// By slot.
  private var numbers: [Int] = []
  /// By profile.
  private var rankings: [Ranking?] = []

  /// No candidates at all.
  init() {}

  /// The candidates under `chain`, or under any if nil, among `admitted` sites; nil if a slot has none.
  init?(_ problem: SearchProblem, among admitted: SiteSet?, keepsAnyway: Bool, chain: Int?) {
    let judgement = problem.judgement
    rankings = Array(repeating: nil, count: judgement.profiles.count)
    for slot in problem.slots {
      let profile = judgement.profiles[slot.profile]
      let view = judgement.views[profile.stage]
      if rankings[slot.profile] == nil {
        var sites = profile.open
        if let chain { sites.formIntersection(view.delivered[chain]) }
        if let admitted { sites.formIntersection(admitted) }
        rankings[slot.profile] = Ranking(
          sites, scores: profile.scores, limits: view.limits, committed: judgement.subject.state.committed)
      }
      var kept: [Candidate] = []
      for (number, place) in slot.kept.enumerated() {
        let isDelivered = chain.map { view.delivered[$0].contains(place.site) } ?? true
        let isAdmitted = keepsAnyway || admitted?.contains(place.site) ?? true
        guard isDelivered, isAdmitted, slot.pin ?? place.site == place.site else { continue }
        kept.append(Candidate(site: place.site, score: place.score, moves: 0, kept: number))
      }
      guard !kept.isEmpty || hasFresh(slot) else { return nil }
      if slot.kept.isEmpty, slot.pin == nil,
        let shared = orders.firstIndex(where: { $0.profile == slot.profile && $0.taken.isEmpty && $0.pin == nil })
      {
        numbers.append(shared)
      } else {
        numbers.append(orders.count)
        orders.append(
          Order(
            kept: kept, taken: slot.kept.map(\.site), isAnchored: slot.isAnchored, pin: slot.pin,
            profile: slot.profile))
      }
    }
  }

  /// The candidate of a slot at a position, or nil after the last one.
  mutating func candidate(_ slot: Int, _ position: Int) -> Candidate? {
    let number = numbers[slot]
    if orders[number].isPlain {
      // Changed where it is: a ranking that is taken out of the list is copied once it puts more in order.
      guard let place = rankings[orders[number].profile]?.place(position) else { return nil }
      return Candidate(site: place.site, score: place.score, moves: orders[number].isAnchored ? 1 : 0, kept: nil)
    }
    while orders[number].merged.count <= position {
      guard extend(number) else { return nil }
    }
    return orders[number].merged[position]
  }

  /// The candidates of a slot among some sites, in their order: without looking at any of the others.
  func candidates(_ slot: Int, among sites: SiteSet) -> [Candidate] {
    let order = orders[numbers[slot]]
    guard let ranking = rankings[order.profile] else { return order.kept.filter { sites.contains($0.site) } }
    var candidates = order.kept.filter { sites.contains($0.site) }
    ranking.offered.forEachCommon(sites) { site in
      if order.isOpen(site) { candidates.append(fresh(site, numbers[slot])) }
    }
    return candidates.sorted { $0.moves == $1.moves ? ranking.prefers($0, to: $1) : $0.moves < $1.moves }
  }

  /// Whether a slot's candidate comes before another one in its order.
  func isBefore(_ left: Candidate, _ right: Candidate, _ slot: Int) -> Bool {
    guard left.moves == right.moves else { return left.moves < right.moves }
    return rankings[orders[numbers[slot]].profile]?.prefers(left, to: right) ?? false
  }

  /// Whether a site has more left for a slot than another one, or as much and comes first by name.
  func isFreer(_ left: Int, _ right: Int, _ slot: Int) -> Bool {
    left != right && rankings[orders[numbers[slot]].profile]?.isFreer(left, right) ?? false
  }

  /// The fewest moves and the highest score of any candidate of a slot.
  mutating func bound(_ slot: Int) -> (moves: Int, score: Int64) {
    let number = numbers[slot]
    var kept: Int64?
    for place in orders[number].kept where kept.map({ place.score > $0 }) ?? true { kept = place.score }
    guard let first = rankings[orders[number].profile]?.best else { return (0, kept ?? 0) }
    // The best new place may be one that is taken; a bound may be too high.
    return (kept == nil && orders[number].isAnchored ? 1 : 0, max(first, kept ?? first))
  }

  /// The highest score that the last of some replicas can have which could be swapped and keep apart: of places that only
  /// one cluster can stand for, the best cluster counts.
  ///
  /// - Parameters:
  ///   - count: How many replicas there are, the slot included.
  ///   - places: Where a site is.
  /// - Returns: nil where so many can not be kept apart.
  mutating func scoreApart(_ slot: Int, among count: Int, places: (Int) -> [Int]) -> Int64? {
    let profile = orders[numbers[slot]].profile
    var (found, taken): (Int, Set<Int>) = (0, [])
    var rank = 0
    while let site = rankings[profile]?[rank] {
      let own = places(site)
      if own.count > 1 || own.first.map({ taken.insert($0).inserted }) ?? false { found += 1 }
      let score = rankings[profile]?.scores[site]
      // Any later one is no better: a bound may be too high, but must not cost much.
      if found == count || rank == Ranking.firstRanked - 1 { return score }
      rank += 1
    }
    return nil
  }

  /// Whether something holds of one of the sites that a slot may have, in no particular order; those after it are not
  /// looked at.
  func contains(_ slot: Int, where holds: (Int) -> Bool) -> Bool {
    let order = orders[numbers[slot]]
    for kept in order.kept where holds(kept.site) { return true }
    guard let ranking = rankings[order.profile] else { return false }
    for site in ranking.sites where order.isOpen(site) && holds(site) { return true }
    return false
  }

  /// The sites that a slot may have, in no particular order.
  func sites(_ slot: Int) -> [Int] {
    let order = orders[numbers[slot]]
    let fresh = rankings[order.profile]?.sites ?? []
    return order.kept.map(\.site) + fresh.filter { order.isOpen($0) }
  }

  /// Adds the next candidate of an order: false if there is none.
  private mutating func extend(_ number: Int) -> Bool {
    let fresh = nextFresh(number)
    let next = orders[number].nextKept
    let kept = next < orders[number].kept.count ? orders[number].kept[next] : nil
    guard let next = fresh ?? kept else { return false }
    if let kept, let fresh,
      fresh.moves > kept.moves || rankings[orders[number].profile]?.prefers(kept, to: fresh) ?? true
    {
      orders[number].merged.append(kept)
      orders[number].nextKept += 1
    } else {
      orders[number].merged.append(next)
      if fresh == nil { orders[number].nextKept += 1 } else { orders[number].nextFresh += 1 }
    }
    return true
  }

  /// Whether there is a new place for a slot.
  private func hasFresh(_ slot: SearchSlot) -> Bool {
    guard let pin = slot.pin else { return rankings[slot.profile].map { $0.count > 0 } ?? false }
    return rankings[slot.profile]?.offered.contains(pin) ?? false
  }

  /// The next new place of an order; those that are taken are passed over. Beside a pin there is none.
  private mutating func nextFresh(_ number: Int) -> Candidate? {
    if let pin = orders[number].pin {
      let isLeft = orders[number].nextFresh == 0 && orders[number].isOpen(pin)
      return isLeft && rankings[orders[number].profile]?.offered.contains(pin) ?? false ? fresh(pin, number) : nil
    }
    while let site = rankings[orders[number].profile]?[orders[number].nextFresh] {
      if orders[number].isOpen(site) { return fresh(site, number) }
      orders[number].nextFresh += 1
    }
    return nil
  }

  private func fresh(_ site: Int, _ number: Int) -> Candidate {
    Candidate(
      site: site, score: rankings[orders[number].profile]?.scores[site] ?? 0,
      moves: orders[number].isAnchored ? 1 : 0, kept: nil)
  }
}
