import Model

/// What is known before a search, and never changes in it.
final class SearchProblem: Sendable {
  let judgement: Judgement
  /// In the order in which they are placed.
  let slots: [SearchSlot]
  let groups: [SearchGroup]
  /// By slot, the numbers of the groups that have to be kept together and have a slot before it.
  let bonds: [[Int]]
  /// The numbers of the groups that each slot is in, one slot after the other, and where those of each begin.
  let membershipNumbers: [Int]
  let membershipStarts: [Int]
  /// By slot, what looking at one of its places costs, in nodes: each group that it is in is looked at as well, and the
  /// larger ones take longer.
  let costs: [Int]
  /// By profile, the highest score of a new replica anywhere.
  let tops: [Int64?]
  /// By chain.
  let chainScores: [Int64]
  /// By chain, how many replicas that stand another one delivers to; nothing where what stands is free to change.
  let rechained: [Int]
  /// The chains, best first, then by name.
  let chainOrder: [Int]
  /// Whether something new has to hold beside what stands: a decision places what is new, and moves nothing.
  let isBeside: Bool
  /// By group, whether it is hard and has something new beside something that stands.
  let isShared: [Bool]
  /// The slots that moves have led back in each of the worlds that what is new has to hold in.
  let returns: [[Int]]

  var siteCount: Int { judgement.subject.compiled.sites.count }
  /// The empty set of sites.
  var nowhere: SiteSet { judgement.subject.compiled.table.none }
  var topologies: Topologies { judgement.subject.compiled.topologies }
  var weights: Weights { judgement.subject.compiled.weights }

  /// - Parameters:
  ///   - base: The problem whose eligible places count for spreads, where it has any: so that lifting something never makes a
  ///     spread stricter.
  ///   - keepsExisting: Whether what may stay where it is has to; by default as the request says.
  init(_ judgement: Judgement, like base: SearchProblem? = nil, keepsExisting: Bool? = nil) {
    self.judgement = judgement
    let (order, request) = (SlotOrder(judgement), judgement.subject.request)
    let keepsExisting = keepsExisting ?? request.keepExisting
    let slots = Self.slots(of: judgement, order, keepsExisting)
    self.slots = slots
    let isBeside =
      keepsExisting && !request.mayMove && slots.contains(where: \.isNew) && slots.contains { !$0.stands.isEmpty }
      && !request.existing.contains(where: \.isWish)
    self.isBeside = isBeside
    var groups = Self.groups(of: slots, judgement, order)
    if let base { groups = zip(groups, base.groups).map { $0.counting($1.eligible) } }
    self.groups = groups
    isShared = groups.map { group in
      isBeside && group.isHard && group.slots.contains { slots[$0].isNew }
        && group.slots.contains { !slots[$0].stands.isEmpty }
    }
    returns = Self.returns(of: slots.indices.filter { slots[$0].mayReturn != nil })
    var (memberships, starts, costs): ([Int], [Int], [Int]) = ([], [0], [])
    var bonds = [[Int]](repeating: [], count: slots.count)
    for slot in slots.indices {
      var weight = 0
      for (number, group) in groups.enumerated() where group.slots.contains(slot) {
        memberships.append(number)
        weight += 1 + group.slots.count / 16
        if group.isTogether, group.isHard, group.slots[0] != slot { bonds[slot].append(number) }
      }
      starts.append(memberships.count)
      costs.append(1 + weight / 4)
    }
    (membershipNumbers, membershipStarts, self.costs, self.bonds) = (memberships, starts, costs, bonds)
    tops = judgement.profiles.map(\.best)
    let chainScores = judgement.subject.chainScores(in: judgement.views)
    let rechained = judgement.rechained(keepsExisting: keepsExisting)
    (self.chainScores, self.rechained) = (chainScores, rechained)
    chainOrder = chainScores.indices.sorted {
      (rechained[$0], -chainScores[$0], $0) < (rechained[$1], -chainScores[$1], $1)
    }
  }

  /// What a chain is worth before anything is placed.
  func start(_ chain: Int?) -> Search.Value {
    guard let chain else { return Search.Value(moves: 0, score: 0) }
    return Search.Value(moves: 0, rechained: rechained[chain], score: weights.affinity * chainScores[chain])
  }

  /// Any moves may be led back, whatever becomes of the others. Where there are too many to look at every choice of them, none, each
  /// by itself and all are.
  private static func returns(of movable: [Int]) -> [[Int]] {
    guard movable.count > mostLedBack else {
      return movable.reduce([[]]) { worlds, slot in worlds + worlds.map { $0 + [slot] } }
    }
    return [[]] + movable.map { [$0] } + [movable]
  }

  /// Of so many moves every choice is looked at: 32 worlds.
  private static let mostLedBack = 5

  /// What a slot would add to the ledger in a place.
  func growth(_ slot: Int, _ candidate: Candidate) -> ResourceAmounts {
    let slot = slots[slot]
    return candidate.kept.map { slot.kept[$0].growth } ?? judgement.profiles[slot.profile].need
  }

  /// The most that may be promised on a site for the stage of a slot.
  func limit(_ slot: Int, _ site: Int) -> ResourceAmounts {
    judgement.views[judgement.environments[slots[slot].environment].view].limits[site]
  }

  /// The most of some slots that a site has room for; fewer where they need more of different resources.
  func most(of slots: [Int], on site: Int) -> Int {
    let growths = slots.map { slot in
      let kept = self.slots[slot].kept.first { $0.site == site }
      return kept?.growth ?? judgement.profiles[self.slots[slot].profile].need
    }
    let limit = slots.reduce(ResourceAmounts()) { $0.elementwiseMaximum(self.limit($1, site)) }
    let free = Room(limit: limit, committed: judgement.subject.state.committed[site]).free
    let counts = CountedResource.allCases.map { resource in
      var left = free[resource]
      return growths.map { max(0, $0[resource]) }.sorted().prefix { growth in
        guard growth <= left else { return false }
        left -= growth
        return true
      }.count
    }
    return counts.min() ?? slots.count
  }

  private static func slots(
    of judgement: Judgement, _ order: SlotOrder, _ keepsExisting: Bool
  ) -> [SearchSlot] {
    var slots: [SearchSlot] = []
    let counts = judgement.profiles.map(\.open.count)
    for (number, environment) in judgement.environments.enumerated() {
      let profile = judgement.profiles[environment.profile]
      let limits = judgement.views[environment.view].limits
      let committed = judgement.subject.state.committed
      for (replica, kept) in environment.kept.enumerated() {
        var kept = kept
        if kept.count > 1 {
          let ranking = Ranking(profile.open, scores: profile.scores, limits: limits, committed: committed)
          kept.sort { $0.score == $1.score ? ranking.isFreer($0.site, $1.site) : $0.score > $1.score }
        }
        let pin = PinJudge.site(environment.name, replica: replica, in: judgement.subject)
        let choices = counts[environment.profile] + kept.count { !profile.open.contains($0.site) }
        let standing = judgement.subject.standing(environment.name, replica: replica)
        let hasPlace = pin.map { pin in profile.open.contains(pin) || kept.contains { $0.site == pin } }
        slots.append(
          SearchSlot(
            environment: number, replica: replica, profile: environment.profile, kept: kept,
            bestKept: kept.isEmpty ? nil : kept.map(\.score).max(),
            isAnchored: keepsExisting && !kept.isEmpty, pin: pin, choices: choices,
            hasPlace: hasPlace ?? (choices > 0),
            isNew: standing.isNew, stands: standing.sites,
            mayReturn: standing.isNew ? nil : judgement.subject.mayReturn(environment.name, replica: replica)))
      }
    }
    slots = order.sorted(slots)
    for index in slots.indices.dropFirst() {
      let (one, other) = (slots[index - 1], slots[index])
      slots[index].isTwinOfPrevious =
        one.environment == other.environment && one.kept.isEmpty && other.kept.isEmpty
        && one.pin == nil && other.pin == nil && one.isNew == other.isNew && one.stands == other.stands
        && one.mayReturn == other.mayReturn
    }
    return slots
  }

  private static func groups(of slots: [SearchSlot], _ judgement: Judgement, _ order: SlotOrder) -> [SearchGroup] {
    let environments = judgement.environments
    func group(
      _ topology: ProjectSpec.Topology, isHard: Bool, isTogether: Bool = false, maxSkew: Int? = nil,
      _ isMeant: (Judgement.Environment) -> Bool
    ) -> SearchGroup? {
      let meant = environments.indices.filter { isMeant(environments[$0]) }
      let members = slots.indices.filter { meant.contains(slots[$0].environment) }
      guard members.count > 1 else { return nil }
      return SearchGroup(
        environments: meant.map { environments[$0].name }, slots: members, topology: topology,
        single: judgement.subject.compiled.topologies.single(by: topology), isHard: isHard, isTogether: isTogether,
        maxSkew: maxSkew,
        eligible: maxSkew == nil ? [] : eligible(meant, by: topology, atMost: members.count + 1, judgement),
        mayStay: members.allSatisfy { slots[$0].isAnchored && !isWish(slots[$0], judgement) })
    }
    let several = environments.indices.filter { environments[$0].replicas > 1 }
    let replicas = several.sorted { order.ranks[$0] < order.ranks[$1] }.compactMap { number in
      group(environments[number].distinct, isHard: true) { $0.name == environments[number].name }
    }
    let spreads = judgement.subject.project.spread.compactMap { spread in
      group(
        spread.topology, isHard: (spread.whenUnsatisfiable ?? .doNotPlace) == .doNotPlace,
        maxSkew: spread.maxSkew ?? 1, spread.means)
    }
    let colocations = judgement.subject.project.colocation.compactMap { colocation in
      group(colocation.topology, isHard: colocation.isHard, isTogether: true, colocation.means)
    }
    return replicas + spreads + colocations
  }

  /// Whether a slot is only wished to be where it is said to be.
  private static func isWish(_ slot: SearchSlot, _ judgement: Judgement) -> Bool {
    judgement.subject.request.existing.contains {
      $0.isWish && $0.replica == slot.replica && $0.environment == judgement.environments[slot.environment].name
    }
  }

  /// The places where some cluster accepts one of the environments, room and heartbeats apart: no more of them than are
  /// asked for.
  private static func eligible(
    _ environments: [Int], by topology: ProjectSpec.Topology, atMost count: Int, _ judgement: Judgement
  ) -> Set<Int> {
    var places: Set<Int> = []
    for environment in environments {
      let isEnough = judgement.eligible(environment).contains { site in
        places.formUnion(judgement.subject.compiled.topologies.places(of: site, by: topology))
        return places.count >= count
      }
      if isEnough { break }
    }
    return places
  }
}

extension Subject {
  /// By chain, 100 for each point of weight of the rules on chains that match, in any of the stages.
  func chainScores(in views: [StageView]) -> [Int64] {
    var scores = [Int64](repeating: 0, count: compiled.chains.chains.count)
    for rule in chainRules {
      guard let chains = rule.chains, rule.weight != 0, views.contains(where: { rule.holds(in: $0.stage) }) else {
        continue
      }
      for chain in scores.indices where chains[chain] { scores[chain] += 100 * rule.weight }
    }
    return scores
  }
}
