import Model
import Placement

/// When sites and projects are left alone, and how many of a plan's days that leaves a move.
struct QuietDays {
  /// What the days of a move depend on.
  private struct Key: Hashable {
    var source: Int?
    var target: Int?
    /// The project, where a blackout names it.
    var project: Int?
  }

  private let problem: MovingProblem
  private let days: [CalendarDay]
  /// By site, when it is left alone.
  private let sites: [[Blackout]]
  private let projects: [String: [Blackout]]
  /// By the number of a project, the same.
  private let named: [[Blackout]]
  private var numbers: [Key: Int] = [:]
  /// By the number of a key and by day, how many days are left from it on, itself included.
  private var counts: [[Int]] = []

  init(_ problem: MovingProblem) {
    self.problem = problem
    let blackouts = problem.inputs.limits.blackouts
    days = problem.inputs.limits.days
    sites = problem.engine.clusters.enumerated().map { site, cluster in
      let place = problem.engine.place(site)
      return blackouts.filter { blackout in
        switch blackout.reach {
        case .everything: true
        case .operator(let name): name == place.operator
        case .region(let name): name == place.region
        case .cluster(let name): name == cluster
        case .project: false
        }
      }
    }
    let projects: [String: [Blackout]] = blackouts.reduce(into: [:]) { projects, blackout in
      if case .project(let name) = blackout.reach { projects[name, default: []].append(blackout) }
    }
    self.projects = projects
    named = problem.projects.map { projects[$0.name] ?? [] }
  }

  /// By site, whether it is left alone on a day.
  func quietSites(on day: CalendarDay) -> [Bool] { sites.map { Self.isQuiet($0, on: day) } }

  /// The projects that are left alone on a day.
  func quietProjects(on day: CalendarDay) -> Set<String> {
    Set(projects.filter { Self.isQuiet($0.value, on: day) }.keys)
  }

  /// How many days are left for a move from a day on, itself included; without days there is no end of them.
  mutating func left(_ mover: Int, to site: Int, from day: Int) -> Int {
    guard !days.isEmpty else { return .max }
    return counts[number(mover, site)][day]
  }

  /// The last of the days on which a move may go to a site; nil where there is none.
  mutating func last(_ mover: Int, to site: Int) -> Int? {
    guard !days.isEmpty else { return .max }
    return counts[number(mover, site)].lastIndex { $0 > 0 }
  }

  private mutating func number(_ mover: Int, _ site: Int) -> Int {
    let one = problem.movers[mover]
    let own = named[one.project]
    // What is never left alone is like all else that is not.
    let key = Key(
      source: one.source.flatMap { sites[$0].isEmpty ? nil : $0 }, target: sites[site].isEmpty ? nil : site,
      project: own.isEmpty ? nil : one.project)
    if let number = numbers[key] { return number }
    let blackouts =
      (key.source.map { sites[$0] } ?? []) + (key.target.map { sites[$0] } ?? []) + own
    var (left, sum) = ([Int](repeating: 0, count: days.count), 0)
    for day in days.indices.reversed() {
      sum += Self.isQuiet(blackouts, on: days[day]) ? 0 : 1
      left[day] = sum
    }
    numbers[key] = counts.count
    counts.append(left)
    return counts.count - 1
  }

  private static func isQuiet(_ blackouts: [Blackout], on day: CalendarDay) -> Bool {
    blackouts.contains { $0.from <= day && day <= $0.until }
  }
}
