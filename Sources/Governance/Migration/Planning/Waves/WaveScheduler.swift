import Model
import Placement

/// Puts moves into waves: as early as dependencies, budgets, days and the room at every moment allow; what has
/// the fewest days left goes first, then what others wait for the longest.
struct WaveScheduler {
  private let problem: MovingProblem
  private let limits: MoveLimits
  private let targets: [Int?]
  /// The movers in the order in which they are looked at.
  private let order: [Int]
  /// Whether nothing may go before what stands before it: where the order itself was searched for.
  private let isStrict: Bool
  /// By mover, its place in the order.
  private let ranks: [Int]
  private var quiet: QuietDays
  private var budget: WaveBudget
  private var schedule: WaveSchedule
  private var remaining: [Int]
  private var isDone: [Bool]
  private var waiting: [(ready: Int, mover: Int)] = []
  /// By project, the movers other than production that are not done.
  private var rehearsing: [Int]
  /// By site and stage, what is still to come.
  private var coming: [[Load]]

  /// What a wave is held up for: when nothing can go otherwise, less.
  private enum Patience: Int, CaseIterable, Comparable {
    /// Rehearsals, unless there is no other wave, and the room of those that may have less of it and come later.
    case all = 2
    /// That room alone.
    case room = 1
    /// Nothing.
    case none = 0

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// - Parameter order: The movers in the order in which they have to go; nil where that is free.
  init(_ problem: MovingProblem, _ targets: [Int?], order: [Int]? = nil) {
    (self.problem, self.targets) = (problem, targets)
    limits = problem.inputs.limits
    budget = WaveBudget(problem)
    schedule = WaveSchedule(problem.rooms)
    isStrict = order != nil
    let placed = targets.indices.filter { targets[$0] != nil }
    let priorities = order == nil ? WavePriorities(problem, placed, targets).ranks : []
    let order = order ?? placed.sorted { priorities[$0] < priorities[$1] }
    self.order = order
    var ranks = [Int](repeating: .max, count: targets.count)
    for (rank, mover) in order.enumerated() { ranks[mover] = rank }
    self.ranks = ranks
    quiet = QuietDays(problem)
    remaining = order
    isDone = Array(repeating: false, count: targets.count)
    rehearsing = Array(repeating: 0, count: problem.projects.count)
    coming = Array(
      repeating: Array(repeating: Load(), count: max(1, problem.stages.count)), count: problem.engine.clusters.count)
    for mover in placed {
      let one = problem.movers[mover]
      if !one.isProduction { rehearsing[one.project] += 1 }
      if let target = targets[mover] { coming[target][one.stage] &+= one.load }
    }
  }

  /// The schedule.
  mutating func run() -> WaveSchedule {
    var day = 0
    while !remaining.isEmpty {
      guard limits.days.isEmpty || day < limits.days.count else {
        schedule.isOutOfDays = true
        break
      }
      budget.begin(limits.days.isEmpty ? nil : limits.days[day])
      hurry(on: day)
      var isIdle = true
      for wave in 0..<limits.wavesPerDay where !remaining.isEmpty {
        release(until: limits.ordinal(day))
        guard addWave(on: day, isLast: wave == limits.wavesPerDay - 1) else { break }
        isIdle = false
      }
      // On a day on which nothing goes, later ones may bring room, or the end of a blackout; otherwise it is over.
      if isIdle, waiting.isEmpty, !isBlackoutAhead(of: day) { break }
      day += 1
    }
    release(until: .max)
    schedule.stranded = remaining
    return schedule
  }

  /// Puts first what has the fewest days left: itself, or what waits for it.
  private mutating func hurry(on day: Int) {
    guard !isStrict, !limits.blackouts.isEmpty else { return }
    var left = targets.map { _ in Int.max }
    var productions = problem.projects.map { _ in Int.max }
    // What goes first comes before what follows it in the order.
    for mover in order.reversed() where !isDone[mover] {
      guard let target = targets[mover] else { continue }
      let one = problem.movers[mover]
      left[mover] = min(left[mover], quiet.left(mover, to: target, from: day))
      if one.isProduction { productions[one.project] = min(productions[one.project], left[mover]) }
      if limits.rehearses, !one.isProduction { left[mover] = min(left[mover], productions[one.project]) }
      for first in problem.firsts[mover] { left[first] = min(left[first], left[mover]) }
    }
    remaining.sort { (left[$0], ranks[$0]) < (left[$1], ranks[$1]) }
  }

  private func isBlackoutAhead(of day: Int) -> Bool {
    day < limits.days.count && limits.blackouts.contains { $0.until >= limits.days[day] }
  }

  private mutating func release(until ordinal: Int) {
    for (_, mover) in waiting.filter({ $0.ready <= ordinal }) {
      let one = problem.movers[mover]
      if let source = one.source { schedule.rooms.release(one.load, at: source) }
    }
    waiting.removeAll { $0.ready <= ordinal }
  }

  private mutating func addWave(on day: Int, isLast: Bool) -> Bool {
    for patience in Patience.allCases {
      let wave = fill(patience, lastOf: isLast ? day : nil)
      guard !wave.isEmpty else { continue }
      for mover in wave {
        let one = problem.movers[mover]
        isDone[mover] = true
        waiting.append((limits.ordinal(day) + limits.retentionDays, mover))
        if !one.isProduction { rehearsing[one.project] -= 1 }
      }
      for site in schedule.peaks.indices {
        schedule.peaks[site] = schedule.peaks[site].maximum(schedule.rooms.total(at: site))
      }
      schedule.rooms.commit()
      schedule.waves.append(WaveSchedule.Wave(day: day, movers: wave.sorted()))
      remaining.removeAll { isDone[$0] }
      return true
    }
    return false
  }

  /// - Parameter lastOf: The day that the wave is the last one of.
  private mutating func fill(_ patience: Patience, lastOf day: Int?) -> [Int] {
    budget.beginWave()
    var wave: [Int] = []
    for mover in remaining {
      guard let site = targets[mover] else { continue }
      let one = problem.movers[mover]
      let isReady =
        problem.firsts[mover].allSatisfy { isDone[$0] || targets[$0] == nil }
        && (patience < .all || isStrict || !limits.rehearses || !one.isProduction || rehearsing[one.project] == 0
          || day.map { quiet.left(mover, to: site, from: $0) == 1 } ?? false)
      guard isReady, budget.admits(mover, to: site),
        schedule.rooms.holdsInAnyOrder(one.load, stage: one.stage, at: site),
        patience < .room || isStrict
          || schedule.rooms.leavesRoom(one.load, stage: one.stage, at: site, for: coming[site])
      else {
        if isStrict { break }
        continue
      }
      budget.take(mover, to: site)
      schedule.rooms.add(one.load, stage: one.stage, to: site)
      coming[site][one.stage] &-= one.load
      wave.append(mover)
    }
    return wave
  }
}
