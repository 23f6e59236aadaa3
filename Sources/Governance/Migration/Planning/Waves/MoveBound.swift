import Model
import Placement

/// How many moves nobody can exceed: what has a place and a day, as far as the budgets of waves and days and the sum of
/// all room go.
struct MoveBound {
  private let problem: MovingProblem
  private let limits: MoveLimits
  private let open: OpenPlaces

  init(_ problem: MovingProblem, _ open: OpenPlaces) {
    (self.problem, self.open) = (problem, open)
    limits = problem.inputs.limits
  }

  /// The most that any plan moves.
  var most: Int {
    let movable = movable
    let budgets = limits.days.isEmpty ? movable.count : more(of: movable, day: 0, wave: 0, ofDay: 0)
    return min(budgets, volume(movable))
  }

  /// The most of some movers that the days from one on have room for; there are days.
  ///
  /// - Parameters:
  ///   - wave: How many waves of the day are over.
  ///   - ofDay: How many moves the day has had.
  func more(of movers: [Int], day: Int, wave: Int, ofDay: Int) -> Int {
    let left = movers.filter { open.lastDays[$0] >= day }
    // A wave is not empty: more of them than there are movers are of no use.
    let (perDay, days) = (min(limits.wavesPerDay, problem.movers.count + 1), limits.days.count)
    let waves = (days - day) * perDay - wave
    var most = left.count
    if let moves = limits.perDay { most = min(most, (days - day) * min(moves, problem.movers.count + 1) - ofDay) }
    if let inFlight = limits.inFlightPerOperator {
      let operators = Dictionary(grouping: left) { mover in problem.movers[mover].source.map { problem.operators[$0] } }
      most = min(most, Self.sum(operators, inFlight, waves))
    }
    if problem.inputs.motive != .disaster {
      let productions = Dictionary(grouping: left) { mover -> Int? in
        problem.movers[mover].isProduction ? problem.movers[mover].project : nil
      }
      most = min(most, Self.sum(productions, limits.productionPerProject, waves))
    }
    return max(0, most)
  }

  /// The sum of groups, each of which has room for so many in a wave; what is in none has no limit.
  private static func sum(_ groups: [Int?: [Int]], _ ofWave: Int, _ waves: Int) -> Int {
    groups.reduce(0) { sum, group in
      let most = group.key == nil ? group.value.count : min(ofWave, group.value.count) * waves
      return sum + min(group.value.count, most)
    }
  }

  /// The movers that have a place and a day, as all have that go before them.
  private var movable: [Int] {
    var isMovable = open.sites.map { !$0.isEmpty }
    var isChanging = !limits.dependencies.isEmpty
    while isChanging {
      isChanging = false
      for mover in isMovable.indices where isMovable[mover] {
        guard !problem.firsts[mover].allSatisfy({ isMovable[$0] }) else { continue }
        isMovable[mover] = false
        isChanging = true
      }
    }
    return isMovable.indices.filter { isMovable[$0] }
  }

  /// As many as would fit if clusters could be poured into each other.
  private func volume(_ movable: [Int]) -> Int {
    let reach = Set(movable.flatMap { open.sites[$0] })
    let leaving = movable.filter { mover in problem.movers[mover].source.map { reach.contains($0) } ?? false }
    let counts = CountedResource.allCases.indices.map { resource -> Int in
      var room = leaving.reduce(Int128(0)) { $0 + Int128(problem.loads[$1][resource]) }
      for site in reach {
        room += Int128(max(0, problem.rooms.highest[site][resource] &- problem.rooms.committed[site][resource]))
      }
      return movable.map { problem.loads[$0][resource] }.sorted().prefix { load in
        room -= Int128(load)
        return room >= 0 || load == 0
      }.count
    }
    return counts.min() ?? movable.count
  }
}
