import Model
import Placement

/// Tries every way in which a small plan can use its days: which moves are in which wave of which day, and where they go.
/// A wave is put together in one order only, and what is the same at the end of one is looked at once.
struct EveryDay {
  /// What was found.
  struct Course {
    var targets: [Int?]
    var waves: [WaveSchedule.Wave]

    var count: Int { waves.reduce(0) { $0 + $1.movers.count } }
  }

  /// A wave that is being put together.
  private struct Node {
    var course: Course
    var rooms: RoomBook
    var budget: WaveBudget
    var waiting: [(ready: Int, mover: Int)] = []
    var day = 0
    /// How many waves of the day are over.
    var wave = 0
    var current: [Int] = []
    /// From where on in the order movers may be added.
    var position = 0
  }

  private let problem: MovingProblem
  private let limits: MoveLimits
  private let open: OpenPlaces
  private let bound: MoveBound
  /// By day, what it has room for.
  private let budgets: [WaveBudget]
  /// The movers, those that rehearse first; and by mover its places, the best one first.
  private let order: [Int]
  private let sites: [[Int]]
  /// By site, whether anything may go there: when its room is free matters nowhere else.
  private let isWanted: [Bool]
  private var seen: Set<[Int]> = []
  private(set) var best: Course?
  /// The moves of the best course so far, or those that it has to exceed.
  private var count: Int
  /// What nobody can exceed.
  private let highest: Int
  /// The waves that were looked at.
  private(set) var steps = 0
  /// Whether nothing was left out: then no other course moves more.
  private(set) var isComplete = false

  /// More waves than this are not looked at.
  static let most = 150_000

  /// - Parameters:
  ///   - count: The moves that there is a plan for already.
  ///   - highest: What no plan exceeds.
  init(_ problem: MovingProblem, _ open: OpenPlaces, above count: Int, upTo highest: Int) {
    (self.problem, self.open, self.count, self.highest) = (problem, open, count, highest)
    limits = problem.inputs.limits
    bound = MoveBound(problem, open)
    let budget = WaveBudget(problem)
    budgets = limits.days.map { day in
      var budget = budget
      budget.begin(day)
      return budget
    }
    order = problem.movers.indices.sorted { one, other in
      (problem.movers[one].isProduction ? 1 : 0, open.lastDays[one], one)
        < (problem.movers[other].isProduction ? 1 : 0, open.lastDays[other], other)
    }
    sites = problem.movers.indices.map { mover in
      let one = problem.movers[mover]
      let worths = Dictionary(zip(one.candidates, one.preferences)) { first, _ in first }
      return open.sites[mover].sorted { (-(worths[$0] ?? 0), $0) < (-(worths[$1] ?? 0), $1) }
    }
    let wanted = Set(open.sites.joined())
    isWanted = problem.engine.clusters.indices.map { wanted.contains($0) }
  }

  /// Searches: first for what rehearses, and then, where that is not all, for what does not.
  mutating func run(_ settlement: inout Settlement) {
    if limits.rehearses { search(&settlement, isRehearsed: true) }
    if count < highest { search(&settlement, isRehearsed: false) }
    if count >= highest { isComplete = true }
  }

  private mutating func search(_ settlement: inout Settlement, isRehearsed: Bool) {
    guard let budget = budgets.first else { return }
    (seen, isComplete) = ([], false)
    let nobody = Course(targets: Array(repeating: nil, count: problem.movers.count), waves: [])
    var (waiting, looked) = ([Node(course: nobody, rooms: problem.rooms, budget: budget)], 0)
    while let node = waiting.popLast(), count < highest {
      guard looked < Self.most else { return }
      looked += 1
      steps += 1
      if let next = end(node, &settlement) { waiting.append(next) }
      for position in (node.position..<order.count).reversed() {
        let mover = order[position]
        guard node.course.targets[mover] == nil, isReady(mover, in: node, isRehearsed) else { continue }
        for site in sites[mover].reversed() {
          if let next = add(mover, to: site, node, position + 1) { waiting.append(next) }
        }
      }
    }
    isComplete = true
  }

  private func isReady(_ mover: Int, in node: Node, _ isRehearsed: Bool) -> Bool {
    let isFree = problem.firsts[mover].allSatisfy { node.course.targets[$0] != nil && !node.current.contains($0) }
    guard isFree, isRehearsed else { return isFree }
    let one = problem.movers[mover]
    let others = problem.projects[one.project].movers.filter { problem.movers[$0].isProduction != one.isProduction }
    return one.isProduction
      ? !others.contains(where: node.current.contains) : others.allSatisfy { node.course.targets[$0] == nil }
  }

  /// A wave with one move more; nil where it has no room for it.
  private func add(_ mover: Int, to site: Int, _ node: Node, _ position: Int) -> Node? {
    let (load, stage) = (problem.loads[mover], problem.stageNumbers[mover])
    guard node.budget.admits(mover, to: site), node.rooms.holdsInAnyOrder(load, stage: stage, at: site) else {
      return nil
    }
    var node = node
    node.budget.take(mover, to: site)
    node.rooms.add(load, stage: stage, to: site)
    node.course.targets[mover] = site
    node.current.append(mover)
    node.position = position
    return node
  }

  /// Ends a wave, and begins the next one; nil where there is none, or where it leads to nothing more.
  private mutating func end(_ node: Node, _ settlement: inout Settlement) -> Node? {
    var node = node
    let isIdle = node.current.isEmpty
    if !isIdle {
      node.rooms.commit()
      node.course.waves.append(WaveSchedule.Wave(day: node.day, movers: node.current.sorted()))
      let ready = limits.ordinal(node.day) + limits.retentionDays
      node.waiting += node.current.map { (ready, $0) }
      if node.course.count > count, settlement.isWhole(node.course.targets) {
        (best, count) = (node.course, node.course.count)
      }
    }
    // A day on which a wave was empty is over: nothing would be otherwise later on it.
    if !isIdle, node.wave + 1 < limits.wavesPerDay {
      node.wave += 1
      node.budget.beginWave()
    } else {
      (node.day, node.wave) = (node.day + 1, 0)
      guard node.day < limits.days.count else { return nil }
      node.budget = budgets[node.day]
    }
    (node.current, node.position) = ([], 0)
    release(&node)
    let unmoved = problem.movers.indices.filter { node.course.targets[$0] == nil }
    let ofDay = node.course.waves.reduce(0) { $1.day == node.day ? $0 + $1.movers.count : $0 }
    let more = bound.more(of: unmoved, day: node.day, wave: node.wave, ofDay: ofDay)
    guard node.course.count + more > count else { return nil }
    return seen.insert(key(of: node, ofDay)).inserted ? node : nil
  }

  private func release(_ node: inout Node) {
    let today = limits.ordinal(node.day)
    for (ready, mover) in node.waiting where ready <= today {
      if let source = problem.movers[mover].source { node.rooms.release(problem.loads[mover], at: source) }
    }
    node.waiting.removeAll { $0.ready <= today }
  }

  /// What all that may follow depends on.
  private func key(of node: Node, _ ofDay: Int) -> [Int] {
    var key = [node.day, node.wave, limits.perDay == nil ? 0 : ofDay] + node.course.targets.map { $0 ?? -1 }
    let last = limits.ordinal(limits.days.count - 1)
    for (ready, mover) in node.waiting.sorted(by: { $0.mover < $1.mover }) {
      guard let source = problem.movers[mover].source, isWanted[source] else { continue }
      // What is free after the last day only is never free.
      key += [mover, min(ready, last + 1)]
    }
    return key
  }
}
