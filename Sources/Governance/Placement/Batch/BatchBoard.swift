import Model

/// Which projects of a batch are placed where, and what the clusters have promised then.
struct BatchBoard: Sendable {
  /// A project's places.
  struct Placed: Sendable {
    let plan: Plan
    /// What each site gets, in the order of the assignments.
    let growth: [(site: Int, amounts: ResourceAmounts)]
    /// How much of what stands and stays gets another chain.
    let rechained: Int
    /// The number of the preference term that holds; that of the terms where none does.
    let term: Int
    /// Where none does, the number of the one that what is new holds; see ``Plan/held(among:)``.
    let newTerm: Int
    /// The scores without balance, and what the rules on chains add.
    let preference: Int64
    /// Whether the engine was free to choose among all places.
    let isFree: Bool
    /// Its turn: what was placed with a lower one was there when this was decided.
    var turn = 0

    /// The distinct sites that a replica newly gets to.
    let newSites: [Int]
    /// The sites by assignment: two plans with the same ones are the same.
    var sites: [Int] { growth.map(\.site) }
  }

  private(set) var state: PlacementState
  private(set) var placed: [Placed?]
  /// The projects that are on each site, in the order of their numbers.
  private(set) var members: [[Int]]
  private(set) var count = 0
  private(set) var rechained = 0
  private(set) var terms = 0
  private(set) var newTerms = 0
  private(set) var preference: Int64 = 0
  private var shares: [Int64]
  private var turns = 0
  /// The lowest turn of what was ever taken away again.
  private var disturbed = Int.max
  private let limits: BatchSites

  init(_ state: PlacementState, projects: Int, _ limits: BatchSites) {
    self.state = state
    self.limits = limits
    placed = Array(repeating: nil, count: projects)
    members = Array(repeating: [], count: limits.highest.count)
    shares = limits.highest.indices.map { limits.share(state.entry($0).committed, of: $0) }
  }

  var value: BatchObjective {
    BatchObjective(
      placed: count, rechained: rechained, terms: terms, newTerms: newTerms, preference: preference,
      fullest: fullest.share)
  }

  /// The share of the fullest sites that got something, and which these are.
  var fullest: (share: Int64, sites: [Int]) {
    var (share, sites): (Int64, [Int]) = (0, [])
    for site in members.indices where !members[site].isEmpty && shares[site] >= share {
      if shares[site] > share { sites = [] }
      share = shares[site]
      sites.append(site)
    }
    return (share, sites)
  }

  /// The projects that are placed, in their turns.
  var order: [Int] {
    placed.indices.filter { placed[$0] != nil }.sorted { (placed[$0]?.turn ?? 0) < (placed[$1]?.turn ?? 0) }
  }

  mutating func place(_ project: Int, _ places: Placed) {
    var places = places
    turns += 1
    places.turn = turns
    placed[project] = places
    count += 1
    rechained += places.rechained
    terms += places.term
    newTerms += places.newTerm
    preference += places.preference
    for (site, amounts) in places.growth {
      state.add(amounts, to: site)
      shares[site] = limits.share(state.entry(site).committed, of: site)
      let index = members[site].firstIndex { $0 >= project } ?? members[site].count
      if index == members[site].count || members[site][index] != project { members[site].insert(project, at: index) }
    }
  }

  mutating func remove(_ project: Int) {
    guard let places = placed[project] else { return }
    placed[project] = nil
    disturbed = min(disturbed, places.turn)
    count -= 1
    rechained -= places.rechained
    terms -= places.term
    newTerms -= places.newTerm
    preference -= places.preference
    for (site, amounts) in places.growth {
      state.add(amounts.negated, to: site)
      shares[site] = limits.share(state.entry(site).committed, of: site)
      members[site].removeAll { $0 == project }
    }
  }

  /// Whether a project's plan is the very one that the engine gives after those with a lower turn: it was made on just
  /// what they left, for nothing that was there then has been taken away since.
  func isAsDecided(_ project: Int) -> Bool {
    placed[project].map { $0.isFree && $0.turn < disturbed } ?? false
  }

  /// What a project has been given on a site.
  func growth(of project: Int, on site: Int) -> ResourceAmounts {
    (placed[project]?.growth ?? []).reduce(ResourceAmounts()) { $1.site == site ? $0.adding($1.amounts) : $0 }
  }
}
