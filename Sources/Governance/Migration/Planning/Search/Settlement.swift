import Foundation
import Model
import Placement

/// Whether what a project has in the end is a whole that the engine accepts: what was moved, what stays, and what could not
/// be moved and may stay.
struct Settlement {
  private let problem: MovingProblem
  private var known: [[Int]: Bool] = [:]

  init(_ problem: MovingProblem) { self.problem = problem }

  /// Takes back moves until every project is whole, as few as possible.
  mutating func settle(_ board: inout TargetBoard) {
    for (number, project) in problem.projects.enumerated() {
      let moved = project.movers.filter { board.targets[$0] != nil }
      guard !moved.isEmpty, !isWhole(number, moved, board.targets) else { continue }
      let kept = largest(of: moved, number, board.targets)
      for mover in moved where !kept.contains(mover) { board.remove(mover) }
    }
  }

  /// Whether all projects are whole.
  mutating func isWhole(_ targets: [Int?]) -> Bool {
    for (number, project) in problem.projects.enumerated() {
      guard isWhole(number, project.movers.filter { targets[$0] != nil }, targets) else { return false }
    }
    return true
  }

  /// Whether a project is whole with just these of its movers moved.
  mutating func isWhole(_ number: Int, _ moved: [Int], _ targets: [Int?]) -> Bool {
    guard !moved.isEmpty else { return true }
    let key = [number] + moved.flatMap { [$0, targets[$0] ?? -1] }
    if let answer = known[key] { return answer }
    let answer = judge(problem.projects[number], moved, targets)
    known[key] = answer
    return answer
  }

  private func judge(_ project: MovingProject, _ moved: [Int], _ targets: [Int?]) -> Bool {
    let (problem, placed) = (problem, project.placed)
    let lost = project.movers.filter { !moved.contains($0) && !problem.movers[$0].mayStay }
    for colocation in placed.project.spec.colocation where colocation.isHard {
      // What can neither move nor stay is not among those that the engine is asked about.
      let isTorn = lost.contains { colocation.means(problem.movers[$0].existing) }
      if isTorn, moved.contains(where: { colocation.means(problem.movers[$0].existing) }) { return false }
    }
    let arrangement = problem.arrangement(of: project, moved: moved, targets)
    // Structure by itself: whether there is room is known, and depends on the order in which things come.
    let bare = arrangement.request(isBare: true, nodes: Structure.nodes)
    guard problem.engine.plan(bare, on: problem.bare).outcome == .placed else { return false }
    guard !problem.inputs.policy.spec.limits.isEmpty else { return true }
    // As if all of it were there: then the contract alone is asked how much it is.
    let whole = problem.arrangement(of: project, moved: moved, targets, isDone: true)
    let request = whole.request(isBare: false, nodes: Structure.nodes)
    return problem.engine.plan(request, on: problem.bare).outcome == .placed
  }

  /// The most of the moves that make a whole; the later ones are taken back first.
  private mutating func largest(of moved: [Int], _ number: Int, _ targets: [Int?]) -> [Int] {
    guard moved.count <= 10 else {
      var kept = moved
      while !isWhole(number, kept, targets) { kept.removeLast() }
      return kept
    }
    let subsets = (0..<(1 << moved.count)).sorted { (-$0.nonzeroBitCount, $0) < (-$1.nonzeroBitCount, $1) }
    for subset in subsets {
      let kept = moved.indices.filter { subset & (1 << $0) != 0 }.map { moved[$0] }
      if isWhole(number, kept, targets) { return kept }
    }
    return []
  }
}

extension MovingProblem {
  /// A project when some of its movers are moved, or have been; others stay where they may.
  func arrangement(
    of project: MovingProject, moved: [Int], _ targets: [Int?], isDone: Bool = false
  ) -> Arrangement {
    var arrangement = Arrangement(project.placed, now: inputs.now)
    for stayer in project.stayers { arrangement.keep(stayer.existing, on: stayer.existing.cluster) }
    for mover in project.movers {
      let one = movers[mover]
      if moved.contains(mover), let target = targets[mover] {
        if isDone {
          arrangement.keep(one.existing, on: engine.clusters[target])
        } else {
          arrangement.move(one.existing, to: engine.clusters[target])
        }
      } else if one.mayStay {
        arrangement.keep(one.existing, on: one.existing.cluster)
      }
    }
    return arrangement
  }
}

extension ProjectSpec.Colocation {
  fileprivate var isHard: Bool { (whenUnsatisfiable ?? .doNotPlace) == .doNotPlace }

  /// Whether a replica is among those that are kept together.
  fileprivate func means(_ existing: ExistingPlacement) -> Bool {
    (environments.isEmpty || environments.contains(existing.environment)) && (stage ?? existing.stage) == existing.stage
  }
}
