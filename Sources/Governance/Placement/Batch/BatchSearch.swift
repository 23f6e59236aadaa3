import Model

/// Looks for the best way of placing a batch: one by one in several orders, then by making room, then by moving towards
/// what is preferred and away from what is full, and at last, if there are few projects, by trying everything.
///
/// Projects are numbered in the order of their names. Everything is tried in an order that depends on nothing but the
/// request and the offer, and between equals what was found first stays.
struct BatchSearch {
  let engine: Engine
  let projects: [BatchProject]
  let limits: BatchSites
  let mayMove: Bool
  let budget: Int
  let allOrNothing: Bool
  /// What nobody can exceed; all but the first level follow from how many are placed.
  let bounds: BatchBounds
  /// The most projects that can be placed.
  let most: Int
  /// How large each project is: what its replicas take, in thousandths of the places where that is least.
  let sizes: [Int64]
  private(set) var nodes: Int
  /// What is being tried.
  var board: BatchBoard
  /// The best that was found.
  private(set) var best: BatchBoard
  /// What placing one by one in the given order gave.
  private(set) var oneByOne: BatchObjective
  /// Whether everything was tried.
  var isExhaustive = false
  /// Whether the engine has left a question undecided.
  var hasOpenQuestion = false
  /// The node at which the present attempt is given up.
  var deadline: Int
  /// What the engine said to those that it left without a place when the best board was filled up, and nothing was
  /// placed since.
  private(set) var refusals: [Int: Plan] = [:]

  /// - Parameter nodes: What judging the projects has cost.
  init(
    _ projects: [BatchProject], _ limits: BatchSites, _ batch: BatchRequest, _ engine: Engine, _ state: PlacementState,
    nodes: Int
  ) {
    self.engine = engine
    self.projects = projects
    self.limits = limits
    self.nodes = nodes
    mayMove = batch.mayMove
    budget = batch.nodeBudget
    deadline = batch.nodeBudget
    allOrNothing = batch.allOrNothing
    bounds = BatchBounds(projects: projects, limits: limits, state: state)
    most = bounds.placed()
    sizes = projects.map { project in
      project.parts.map { part in
        Int64(part.replicas) * (part.candidates.map { part.need.largestShare(of: limits.highest[$0.site]) }.min() ?? 0)
      }.reduce(0, +)
    }
    board = BatchBoard(state, projects: projects.count, limits)
    best = board
    oneByOne = board.value
  }

  var isExhausted: Bool { nodes >= budget }
  var isOver: Bool { nodes >= min(budget, deadline) }

  /// The projects that may have a place at all.
  var candidates: [Int] { projects.indices.filter { projects[$0].mayBePlaced } }

  /// Searches until nothing is left to try, or to spend.
  mutating func run() {
    let empty = board
    build(candidates.sorted { projects[$0].position < projects[$1].position }, from: empty, mayStop: false)
    oneByOne = board.value
    best = board
    guard isWorthSearching else { return }
    for order in orders where !isProven && !isExhausted {
      build(order, from: empty, mayStop: true)
      keepIfBetter()
    }
    for isPreferring in [true, false] where best.count < most {
      pack(orders[0], from: empty, isPreferring)
      makeRoom()
    }
    if isWorthImproving { prefer() }
    if isWorthImproving { level() }
    if !isProven { tryEverything(from: empty) }
    fillUp()
  }

  /// Whether nothing better can be found.
  private var isProven: Bool { best.value.levels(reaching: bound) == 3 }

  /// What nobody can exceed who places as many projects.
  var bound: BatchObjective {
    BatchObjective(
      placed: most, rechained: bounds.rechained(of: best.count), terms: bounds.terms(of: best.count),
      newTerms: bounds.newTerms(of: best.count), preference: bounds.preference(of: best.count, holding: best.value),
      fullest: bounds.fullest(of: best.count))
  }

  /// Where all are wanted or none, and not all can be placed, the rest does not matter.
  private var isWorthSearching: Bool { !allOrNothing || most == projects.count }
  private var isWorthImproving: Bool { !isProven && (!allOrNothing || best.count == projects.count) }

  /// The large ones first, and those with few places first.
  private var orders: [[Int]] {
    let choices = projects.map { project in project.parts.map(\.candidates.count).min() ?? 0 }
    return [
      candidates.sorted { (-sizes[$0], choices[$0], $0) < (-sizes[$1], choices[$1], $1) },
      candidates.sorted { (choices[$0], -sizes[$0], $0) < (choices[$1], -sizes[$1], $1) },
    ]
  }

  private mutating func build(_ order: [Int], from empty: BatchBoard, mayStop: Bool) {
    board = empty
    for project in order where !mayStop || !isExhausted {
      let left = budget - nodes
      if let places = places(for: project, within: mayStop ? left : max(left, BatchRequest.leastNodes)) {
        board.place(project, places)
      }
    }
  }

  /// What is left out although it fits by now gets its place.
  private mutating func fillUp() {
    board = best
    for project in candidates where board.placed[project] == nil {
      let left = max(budget - nodes, BatchRequest.leastNodes)
      guard let plan = plan(for: project, within: left) else { continue }
      if isAllowed(plan) {
        board.place(project, placed(plan, projects[project], isFree: true))
        refusals = [:]
      } else {
        refusals[project] = plan
      }
    }
    best = board
  }

  /// Keeps what is on the board if it is better than all before.
  @discardableResult
  mutating func keepIfBetter() -> Bool {
    guard board.value.isBetter(than: best.value) else { return false }
    best = board
    return true
  }

  /// Where the engine would have a project beside what is on the board, without some sites.
  mutating func places(for project: Int, without closed: [Int] = [], within left: Int? = nil) -> BatchBoard.Placed? {
    guard let plan = plan(for: project, without: closed, within: left), isAllowed(plan) else { return nil }
    return placed(plan, projects[project], isFree: closed.isEmpty)
  }

  private func isAllowed(_ plan: Plan) -> Bool { plan.outcome == .placed && (mayMove || !plan.moves) }

  /// What the engine says to a project beside what is on the board; nil where it need not be asked.
  private mutating func plan(for project: Int, without closed: [Int] = [], within left: Int?) -> Plan? {
    guard projects[project].mayFit(on: board.state, limits) else { return nil }
    var state = board.state
    for site in closed { state.add(limits.highest[site].beyond(state.entry(site).committed), to: site) }
    var request = projects[project].request
    request.nodeBudget = max(1, min(request.nodeBudget, left ?? (min(budget, deadline) - nodes)))
    let plan = engine.plan(request, on: state)
    nodes += max(1, plan.nodes)
    if plan.outcome == .undecided { hasOpenQuestion = true }
    return plan
  }

  private func placed(_ plan: Plan, _ project: BatchProject, isFree: Bool) -> BatchBoard.Placed {
    let weight = Weights(engine.policy.spec.scoring).balance
    let growth = plan.assignments.compactMap { assignment in
      engine.site(named: assignment.cluster).map { (site: $0, amounts: project.growth(of: assignment)) }
    }
    let new = plan.assignments.filter { !$0.kept }.compactMap { engine.site(named: $0.cluster) }
    let held = plan.held(among: project.request.project.spec.preferences.terms.count)
    let worth = plan.chain.flatMap { project.chainWorths[$0] } ?? 0
    return BatchBoard.Placed(
      plan: plan, growth: growth, rechained: project.request.rechained(by: plan),
      term: held.whole, newTerm: held.new,
      preference: plan.assignments.reduce(worth) { $0 + $1.score - weight * $1.components.balance },
      isFree: isFree, newSites: Set(new).sorted())
  }
}
