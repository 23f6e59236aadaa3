import Foundation
import Model
import Placement

/// Finds out what stands in the way of what is not moved: by the engine, after all that the plan moves.
struct BlockedExplainer {
  /// What was found.
  struct Found {
    var cause: BlockedMove.Cause
    var reasons: [Reason] = []
    var lost: [EnvironmentExplanation.LostCount] = []
  }

  private let problem: MovingProblem
  private let targets: [Int?]
  private let ledger: Ledger
  private var engines: [String: (engine: Engine, state: PlacementState)] = [:]
  /// What was found for those that are alike.
  private var known: [[Int64]: Found] = [:]

  init(_ problem: MovingProblem, _ targets: [Int?], _ schedule: WaveSchedule) {
    (self.problem, self.targets) = (problem, targets)
    var ledger = problem.inputs.ledger
    for (site, cluster) in problem.engine.clusters.enumerated() {
      ledger.clusters[cluster] = Ledger.Entry(
        committed: schedule.rooms.total(at: site).amounts, version: ledger[cluster].version)
    }
    self.ledger = ledger
  }

  /// - Parameter cause: What is known of the planner's side.
  mutating func explain(_ mover: Int, _ cause: BlockedMove.Cause?) -> Found {
    let one = problem.movers[mover]
    let project = problem.projects[one.project]
    guard project.placed.asks(for: one.existing) else { return Found(cause: .notAsked) }
    if let cause, cause != .order { return Found(cause: cause) }
    let key = key(of: mover, project)
    if let key, let found = known[key] { return found }
    let found = ask(mover, project)
    if let key { known[key] = found }
    return found
  }

  /// What an answer depends on; nil where limits of the contract make every project its own case.
  private func key(of mover: Int, _ project: MovingProject) -> [Int64]? {
    guard problem.inputs.policy.spec.limits.isEmpty else { return nil }
    let one = problem.movers[mover]
    let load = CountedResource.allCases.indices.map { one.load[$0] }
    return [Int64(project.structure), Int64(one.member)] + load + project.movers.map { Int64(targets[$0] ?? -1) }
  }

  private mutating func ask(_ mover: Int, _ project: MovingProject) -> Found {
    let one = problem.movers[mover]
    var arrangement = Arrangement(project.placed, now: problem.inputs.now)
    for stayer in project.stayers { arrangement.keep(stayer.existing, on: stayer.existing.cluster) }
    for other in project.movers where other != mover {
      let existing = problem.movers[other].existing
      if let target = targets[other] {
        arrangement.keep(existing, on: problem.engine.clusters[target])
      } else if problem.movers[other].mayStay {
        arrangement.keep(existing, on: existing.cluster)
      }
    }
    arrangement.free(one.existing)
    let (engine, state) = judge(without: one.existing.cluster)
    let explanation = engine.explain(arrangement.request(isBare: false, nodes: Structure.nodes), on: state)
    guard let number = explanation.environments.firstIndex(of: one.existing.environment) else {
      return Found(cause: .notAsked)
    }
    let isShort = explanation.plan.reasons.contains { $0.code == .jointCapacityShort }
    let cause: BlockedMove.Cause =
      one.candidates.isEmpty
      ? .refused
      : explanation.plan.outcome == .placed
        ? .order : isShort || explanation.acceptedCount(number) == 0 ? .crowded : .together
    return Found(cause: cause, reasons: explanation.plan.reasons, lost: explanation.lost(number))
  }

  /// The engine for which a cluster drains that is left by one move only.
  private mutating func judge(without cluster: String) -> (engine: Engine, state: PlacementState) {
    if let known = engines[cluster] { return known }
    let inputs = problem.inputs
    let engine = Engine(
      offer: problem.choice.draining(inputs.offer, also: cluster), policy: inputs.policy, day: inputs.day)
    let state = PlacementState(ledger: ledger, staleZones: inputs.staleZones, for: engine)
    engines[cluster] = (engine, state)
    return (engine, state)
  }
}
