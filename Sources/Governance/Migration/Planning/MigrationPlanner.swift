import Model
import Placement

/// Makes a plan: places first, for all moves together; then waves; then, where room comes too late or only in another
/// order, places again.
struct MigrationPlanner {
  private let problem: MovingProblem
  private var board: TargetBoard
  private var settlement: Settlement
  private var schedule: WaveSchedule
  private var causes: [Int: BlockedMove.Cause] = [:]
  private let most: Int
  /// Whether some room that a move leaves is of use to another one.
  private let canChain: Bool
  /// Whether no plan moves more.
  private var isProven = false

  /// How often those that got no wave look for another place.
  private static let rounds = 4

  init(_ inputs: PlanningInputs) {
    let problem = MovingProblem(inputs)
    self.problem = problem
    board = TargetBoard(problem)
    settlement = Settlement(problem)
    schedule = WaveSchedule(problem.rooms)
    most = inputs.limits.searchSteps
    let sources = Set(problem.movers.compactMap(\.source))
    canChain = problem.movers.contains { $0.candidates.contains(where: sources.contains) }
    for mover in problem.movers.indices where problem.movers[mover].isHeld { causes[mover] = .dependency }
  }

  /// The plan.
  func plan() -> MigrationPlan {
    var planner = self
    planner.findPlaces()
    planner.findWaves()
    planner.tryEverything()
    return PlanScribe(
      problem: planner.problem, targets: planner.board.targets, schedule: planner.schedule, causes: planner.causes,
      steps: planner.board.steps, isExhausted: !planner.isProven
    ).plan
  }

  private mutating func findPlaces() {
    var search = TargetSearch(board, most: most)
    search.run()
    board = search.board
    board.usesFreed = true
    settle()
  }

  private mutating func findWaves() {
    var rounds = 0
    while true {
      var scheduler = WaveScheduler(problem, board.targets)
      schedule = scheduler.run()
      if !schedule.isOutOfDays, rounds < Self.rounds {
        rounds += 1
        if relocate() { continue }
      }
      guard !schedule.stranded.isEmpty else { return }
      for mover in schedule.stranded {
        causes[mover] = schedule.isOutOfDays ? .days : .order
        board.remove(mover)
      }
      settle()
    }
  }

  /// Looks for places for what has no wave, or no place, on what there is once all others are moved; false where nothing is
  /// found.
  private mutating func relocate() -> Bool {
    var later = board
    for mover in schedule.stranded { later.remove(mover) }
    for mover in problem.movers.indices where later.targets[mover] != nil { later.isFixed[mover] = true }
    for mover in causes.keys where causes[mover] == .dependency { later.isFixed[mover] = true }
    guard !later.unplaced.isEmpty else { return false }
    later.goOn(with: schedule.rooms)
    var search = TargetSearch(later, most: most)
    if canChain { search.run() } else { search.fillUp() }
    board.steps = search.board.steps
    var isChanged = false
    for mover in problem.movers.indices {
      guard let target = search.board.targets[mover], target != board.targets[mover] else { continue }
      board.remove(mover)
      board.place(mover, at: target)
      causes[mover] = nil
      isChanged = true
    }
    if isChanged { settle() }
    return isChanged
  }

  /// Takes back what does not make a whole, and what waits for something that is not moved.
  private mutating func settle() {
    var isChanging = true
    while isChanging {
      isChanging = false
      settlement.settle(&board)
      for mover in problem.movers.indices where board.targets[mover] != nil {
        guard problem.firsts[mover].contains(where: { board.targets[$0] == nil }) else { continue }
        causes[mover] = .dependency
        board.remove(mover)
        isChanging = true
      }
    }
  }

  /// Where not as many are moved as might be, and there are few, every course is tried; with days, every use of them,
  /// too.
  private mutating func tryEverything() {
    let open = OpenPlaces(problem)
    var highest = MoveBound(problem, open).most
    isProven = board.count >= highest
    guard !isProven, let every = EveryCourse(problem, open) else { return }
    let course = every.best(&settlement)
    highest = min(highest, course.order.count)
    isProven = board.count >= highest
    guard !isProven else { return }
    if problem.inputs.limits.days.isEmpty {
      var scheduler = WaveScheduler(problem, course.targets, order: course.order)
      let found = scheduler.run()
      guard found.stranded.isEmpty else { return }
      isProven = true
      take(course.targets, found)
    } else {
      var search = EveryDay(problem, open, above: board.count, upTo: highest)
      search.run(&settlement)
      board.steps += search.steps
      isProven = search.isComplete
      if let best = search.best { take(best.targets, WaveSchedule(problem, best.targets, best.waves)) }
    }
  }

  private mutating func take(_ targets: [Int?], _ found: WaveSchedule) {
    schedule = found
    for mover in problem.movers.indices {
      board.remove(mover)
      if let target = targets[mover] {
        board.place(mover, at: target)
        causes[mover] = nil
      }
    }
    for mover in problem.movers.indices where board.targets[mover] == nil {
      let waits = problem.movers[mover].isHeld || problem.firsts[mover].contains { board.targets[$0] == nil }
      causes[mover] = waits ? .dependency : couldGoLater(mover) ? .days : nil
    }
  }

  /// Whether only a day is missing: after all that is moved there is a place.
  private mutating func couldGoLater(_ mover: Int) -> Bool {
    guard !problem.inputs.limits.days.isEmpty else { return false }
    let one = problem.movers[mover]
    for site in one.candidates where schedule.rooms.admits(one.load, stage: one.stage, at: site) {
      var targets = board.targets
      targets[mover] = site
      if settlement.isWhole(targets) { return true }
    }
    return false
  }
}
