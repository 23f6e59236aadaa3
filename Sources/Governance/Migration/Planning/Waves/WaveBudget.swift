import Model
import Placement

/// What a wave, and the day that it is on, still have room for.
struct WaveBudget {
  private let problem: MovingProblem
  private let limits: MoveLimits
  private var byOperator: [Int: Int] = [:]
  private var production: [Int: Int] = [:]
  private var ofDay = 0
  /// By site, whether it is left alone on the day; and by project.
  private var isQuietSite: [Bool] = []
  private var quietProjects: Set<String> = []

  init(_ problem: MovingProblem) {
    self.problem = problem
    limits = problem.inputs.limits
    isQuietSite = Array(repeating: false, count: problem.engine.clusters.count)
  }

  /// A day begins.
  mutating func begin(_ day: CalendarDay?) {
    ofDay = 0
    guard let day else { return }
    let blackouts = limits.blackouts.filter { $0.from <= day && day <= $0.until }.map(\.reach)
    quietProjects = []
    for site in isQuietSite.indices {
      let (place, cluster) = (problem.engine.place(site), problem.engine.clusters[site])
      isQuietSite[site] = blackouts.contains { reach in
        switch reach {
        case .everything: true
        case .operator(let name): name == place.operator
        case .region(let name): name == place.region
        case .cluster(let name): name == cluster
        case .project: false
        }
      }
    }
    for case .project(let name) in blackouts { quietProjects.insert(name) }
  }

  /// A wave begins.
  mutating func beginWave() {
    byOperator = [:]
    production = [:]
  }

  /// Whether the wave and the day have room for a move.
  func admits(_ mover: Int, to site: Int) -> Bool {
    let one = problem.movers[mover]
    if let most = limits.perDay, ofDay >= most { return false }
    if isQuietSite[site] || one.source.map({ isQuietSite[$0] }) ?? false { return false }
    if !quietProjects.isEmpty, quietProjects.contains(problem.name(of: one.project)) { return false }
    if protects(one), production[one.project] ?? 0 >= limits.productionPerProject { return false }
    guard let most = limits.inFlightPerOperator else { return true }
    return operators(one, site).allSatisfy { byOperator[$0] ?? 0 < most }
  }

  mutating func take(_ mover: Int, to site: Int) {
    let one = problem.movers[mover]
    ofDay += 1
    if one.isProduction { production[one.project, default: 0] += 1 }
    for name in operators(one, site) { byOperator[name, default: 0] += 1 }
  }

  /// Whether the disruption budget of a project counts a move: not where nothing lives any more that it could disrupt.
  private func protects(_ mover: Mover) -> Bool { mover.isProduction && problem.inputs.motive != .disaster }

  private func operators(_ mover: Mover, _ site: Int) -> [Int] {
    let target = problem.operators[site]
    guard let source = mover.source.map({ problem.operators[$0] }), source != target else { return [target] }
    return [source, target]
  }
}
