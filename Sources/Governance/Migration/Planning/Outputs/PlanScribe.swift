import Foundation
import Model
import Placement

/// Writes down what was planned.
struct PlanScribe {
  let problem: MovingProblem
  let targets: [Int?]
  let schedule: WaveSchedule
  let causes: [Int: BlockedMove.Cause]
  let steps: Int
  let isExhausted: Bool

  var plan: MigrationPlan {
    let inputs = problem.inputs
    let moves = moves
    let unmoved = unmoved
    let withheld = inputs.withheld.filter { problem.choice.means($0) }.map { BlockedMove($0) }
    let blocked = (unmoved + withheld).sorted {
      ($0.project, $0.environment, $0.replica, $0.source.uuidString)
        < ($1.project, $1.environment, $1.replica, $1.source.uuidString)
    }
    let touched = Set(moves.flatMap { [$0.from, $0.to] })
    return MigrationPlan(
      engineVersion: EngineVersion.current, policyVersion: inputs.policy.version, day: inputs.day,
      motive: inputs.motive, scope: inputs.scope, moves: moves, waves: waves, blocked: blocked,
      loads: loads(of: touched),
      checkIndex: CheckIndex(
        of: inputs, clusters: touched, projects: Set(moves.map(\.project) + unmoved.map(\.project))),
      steps: steps, isExhausted: isExhausted)
  }

  private var moves: [PlannedMove] {
    let names = problem.projects.map { project in
      NewNames.names(
        for: project.movers.filter { targets[$0] != nil }.map { problem.movers[$0].existing.environment },
        of: project.placed)
    }
    return schedule.waves.enumerated().flatMap { number, wave in
      wave.movers.compactMap { mover -> PlannedMove? in
        let one = problem.movers[mover]
        guard let target = targets[mover], let name = names[one.project][one.existing.environment] else { return nil }
        return PlannedMove(
          source: one.id, project: problem.name(of: one.project), environment: one.existing.environment,
          replica: one.existing.replica, stage: one.existing.stage, from: one.existing.cluster,
          to: problem.engine.clusters[target], quota: one.existing.quota, newName: name, wave: number + 1)
      }
    }
  }

  private var waves: [PlannedWave] {
    let days = problem.inputs.limits.days
    return schedule.waves.enumerated().map { number, wave in
      PlannedWave(
        number: number + 1, day: wave.day, date: days.isEmpty ? nil : days[wave.day],
        moves: wave.movers.map { problem.movers[$0].id })
    }
  }

  /// What was looked for a place for, and has none.
  private var unmoved: [BlockedMove] {
    var explainer = BlockedExplainer(problem, targets, schedule)
    return problem.movers.indices.filter { targets[$0] == nil }.map { mover in
      let one = problem.movers[mover]
      let found = explainer.explain(mover, causes[mover])
      return BlockedMove(
        source: one.id, project: problem.name(of: one.project), environment: one.existing.environment,
        replica: one.existing.replica, cluster: one.existing.cluster, mayStay: one.mayStay, cause: found.cause,
        reasons: found.reasons, lost: found.lost)
    }
  }

  private func loads(of clusters: Set<String>) -> [ClusterLoad] {
    problem.engine.clusters.enumerated().filter { clusters.contains($0.element) }.map { site, cluster in
      let (peak, limit) = (schedule.peaks[site], problem.rooms.highest[site])
      return ClusterLoad(
        cluster: cluster, before: problem.rooms.committed[site].amounts, peak: peak.amounts,
        after: schedule.rooms.total(at: site).amounts, limit: limit.amounts, share: Self.share(peak, of: limit))
    }
  }

  /// The largest share, in thousandths, rounded up; what is not offered does not count.
  private static func share(_ load: Load, of limit: Load) -> Int64 {
    CountedResource.allCases.indices.filter { limit[$0] > 0 }.map { index in
      Int64(clamping: (Int128(load[index]) * 1000 + Int128(limit[index]) - 1) / Int128(limit[index]))
    }.max() ?? 0
  }
}
