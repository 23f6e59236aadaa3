import Model
import Placement

/// What a wave, and the day that it is on, still have room for.
struct WaveBudget {
  /// What never changes, apart: budgets are copied often.
  private final class Ground {
    let problem: MovingProblem
    let limits: MoveLimits
    let quiet: QuietDays

    init(_ problem: MovingProblem) {
      self.problem = problem
      limits = problem.inputs.limits
      quiet = QuietDays(problem)
    }
  }

  private let ground: Ground
  private var byOperator: [Int: Int] = [:]
  private var production: [Int: Int] = [:]
  private var ofDay = 0
  /// By site, whether it is left alone on the day; and by project.
  private var isQuietSite: [Bool] = []
  private var quietProjects: Set<String> = []

  init(_ problem: MovingProblem) {
    ground = Ground(problem)
    isQuietSite = Array(repeating: false, count: problem.engine.clusters.count)
  }

  /// A day begins.
  mutating func begin(_ day: CalendarDay?) {
    ofDay = 0
    guard let day else { return }
    isQuietSite = ground.quiet.quietSites(on: day)
    quietProjects = ground.quiet.quietProjects(on: day)
  }

  /// A wave begins.
  mutating func beginWave() {
    byOperator = [:]
    production = [:]
  }

  /// Whether the wave and the day have room for a move.
  func admits(_ mover: Int, to site: Int) -> Bool {
    let one = ground.problem.movers[mover]
    if let most = ground.limits.perDay, ofDay >= most { return false }
    if isQuietSite[site] || one.source.map({ isQuietSite[$0] }) ?? false { return false }
    if !quietProjects.isEmpty, quietProjects.contains(ground.problem.name(of: one.project)) { return false }
    if protects(one), production[one.project] ?? 0 >= ground.limits.productionPerProject { return false }
    guard let most = ground.limits.inFlightPerOperator else { return true }
    return operators(one, site).allSatisfy { byOperator[$0] ?? 0 < most }
  }

  mutating func take(_ mover: Int, to site: Int) {
    let one = ground.problem.movers[mover]
    ofDay += 1
    if one.isProduction { production[one.project, default: 0] += 1 }
    for name in operators(one, site) { byOperator[name, default: 0] += 1 }
  }

  /// Whether the disruption budget of a project counts a move: not where nothing lives any more that it could disrupt.
  private func protects(_ mover: Mover) -> Bool { mover.isProduction && ground.problem.inputs.motive != .disaster }

  private func operators(_ mover: Mover, _ site: Int) -> [Int] {
    let target = ground.problem.operators[site]
    guard let source = mover.source.map({ ground.problem.operators[$0] }), source != target else { return [target] }
    return [source, target]
  }
}
