import Foundation
public import Migration
import Model
import Placement

/// Judges a plan by nothing but its inputs, the engine and arithmetic of its own.
public struct PlanChecker {
  let inputs: PlanningInputs
  let plan: MigrationPlan
  /// What is wrong with the plan, once it was checked; empty where it holds.
  public private(set) var faults: [String] = []

  /// A plan to be judged.
  public init(inputs: PlanningInputs, plan: MigrationPlan) { (self.inputs, self.plan) = (inputs, plan) }

  /// Looks for all that may be wrong.
  public mutating func check() {
    checkMovers()
    checkNames()
    checkRoom()
    checkBudgets()
    checkOrder()
    checkWholes()
  }

  private mutating func expect(_ holds: Bool, _ fault: @autoclosure () -> String) {
    if !holds { faults.append(fault()) }
  }

  private mutating func checkMovers() {
    let course = Course(inputs)
    let wanted = course.movers.map(\.replica.id)
    expect(Set(wanted) == Set(plan.moves.map(\.source) + plan.blocked.map(\.source)), "movers are missing or made up")
    expect(wanted.count == plan.moves.count + plan.blocked.count, "a mover is there twice")
    let placements = Dictionary(uniqueKeysWithValues: course.movers.map { ($0.replica.id, $0.replica.existing) })
    for move in plan.moves {
      let existing = placements[move.source]
      expect(existing?.cluster == move.from && existing?.quota == move.quota, "\(move.source) is not what it was")
      expect(move.to != move.from && !course.left.contains(move.to), "\(move.source) goes back to \(move.to)")
    }
    expect(plan.waves.flatMap(\.moves) == plan.moves.map(\.source), "waves and moves differ")
    expect(plan.waves.map(\.number) == Array(1..<(plan.waves.count + 1)), "waves are not numbered")
    for move in plan.moves { expect(plan.waves[move.wave - 1].moves.contains(move.source), "wave of \(move.source)") }
  }

  private mutating func checkNames() {
    var seen: [[String]: String] = [:]
    for move in plan.moves {
      let isForm = (2...11).contains(move.newName.count) && move.newName.wholeMatch(of: /[a-z0-9]+/) != nil
      expect(isForm, "“\(move.newName)” is no name")
      let placed = inputs.projects.first { $0.project.name == move.project }
      let taken =
        (placed?.project.spec.environments.map(\.name) ?? []) + (placed?.formerNames ?? [])
        + (placed?.replicas.map(\.existing.environment) ?? [])
      expect(!taken.contains(move.newName), "“\(move.newName)” is taken")
      let old = seen.updateValue(move.environment, forKey: [move.project, move.newName])
      expect(old == nil || old == move.environment, "“\(move.newName)” is given twice")
    }
  }

  /// Source and target both count while both exist.
  private mutating func checkRoom() {
    let engine = Engine(offer: inputs.offer, policy: inputs.policy, day: inputs.day)
    var committed = Dictionary(
      uniqueKeysWithValues: engine.clusters.map { ($0, inputs.ledger[$0].committed) })
    var peaks = committed
    var waiting: [(ready: Int, move: PlannedMove)] = []
    for wave in plan.waves {
      let today = wave.date?.number ?? wave.day
      for (_, move) in waiting.filter({ $0.ready <= today }) { committed[move.from]?.add(move.quota, times: -1) }
      waiting.removeAll { $0.ready <= today }
      let moves = plan.moves.filter { $0.wave == wave.number }
      for move in moves { committed[move.to]?.add(move.quota, times: 1) }
      for move in moves {
        guard let site = engine.site(named: move.to), let total = committed[move.to] else { continue }
        let limit = engine.limits(in: move.stage)[site]
        for resource in CountedResource.allCases where move.quota[resource] > 0 {
          expect(
            total[resource] <= limit[resource], "wave \(wave.number) overfills \(move.to) with \(resource.rawValue)")
        }
      }
      for (cluster, total) in committed {
        var peak = peaks[cluster] ?? total
        for resource in CountedResource.allCases { peak[resource] = max(peak[resource], total[resource]) }
        peaks[cluster] = peak
      }
      waiting += moves.map { (today + inputs.limits.retentionDays, $0) }
    }
    for (_, move) in waiting { committed[move.from]?.add(move.quota, times: -1) }
    for load in plan.loads {
      expect(load.peak == peaks[load.cluster], "the peak of \(load.cluster)")
      expect(load.before == inputs.ledger[load.cluster].committed, "\(load.cluster) before")
      expect(load.after == committed[load.cluster], "\(load.cluster) after")
    }
  }

  private mutating func checkBudgets() {
    let limits = inputs.limits
    var (regionOf, operatorOf): ([String: String], [String: String]) = ([:], [:])
    for cluster in inputs.offer.clusters {
      let zone = inputs.offer.zones.first { $0.name == cluster.spec.zone }
      let region = inputs.offer.regions.first { $0.name == zone?.spec.region }
      (regionOf[cluster.name], operatorOf[cluster.name]) = (region?.name, region?.spec.operator)
    }
    for wave in plan.waves {
      let moves = plan.moves.filter { $0.wave == wave.number }
      expect(!moves.isEmpty, "wave \(wave.number) is empty")
      if inputs.motive != .disaster {
        for (project, production) in Dictionary(grouping: moves.filter { $0.stage == "prod" }, by: \.project) {
          expect(production.count <= limits.productionPerProject, "production of \(project) in wave \(wave.number)")
        }
      }
      for name in Set(operatorOf.values) {
        let count = moves.count { operatorOf[$0.from] == name || operatorOf[$0.to] == name }
        expect(count <= limits.inFlightPerOperator ?? .max, "\(count) of \(name) in wave \(wave.number)")
      }
      if !limits.days.isEmpty {
        expect(wave.date == limits.days[wave.day], "the day of wave \(wave.number)")
      }
      for blackout in limits.blackouts {
        guard let date = wave.date, blackout.from <= date, date <= blackout.until else { continue }
        for move in moves {
          let isMeant =
            switch blackout.reach {
            case .everything: true
            case .operator(let name): [move.from, move.to].contains { operatorOf[$0] == name }
            case .region(let name): [move.from, move.to].contains { regionOf[$0] == name }
            case .cluster(let name): [move.from, move.to].contains(name)
            case .project(let name): move.project == name
            }
          expect(!isMeant, "\(move.source) in a blackout")
        }
      }
    }
    for (day, waves) in Dictionary(grouping: plan.waves, by: \.day) {
      expect(waves.count <= limits.wavesPerDay, "waves of day \(day)")
      expect(waves.reduce(0) { $0 + $1.moves.count } <= limits.perDay ?? .max, "moves of day \(day)")
    }
    expect(plan.waves.map(\.day) == plan.waves.map(\.day).sorted(), "days are not in order")
  }

  private mutating func checkOrder() {
    for dependency in inputs.limits.dependencies {
      let firsts = Course(inputs).movers.filter { $0.reference == dependency.first }.map(\.replica.id)
      for move in plan.moves
      where EnvironmentReference(project: move.project, environment: move.environment) == dependency.then {
        for first in firsts {
          let wave = plan.moves.first { $0.source == first }?.wave
          expect(wave.map { $0 < move.wave } ?? false, "\(move.source) does not wait for \(first)")
        }
      }
    }
  }

  private mutating func checkWholes() {
    let course = Course(inputs)
    let targets = Dictionary(uniqueKeysWithValues: plan.moves.map { ($0.source, $0.to) })
    for placed in inputs.projects {
      expect(course.isWhole(placed, targets), "\(placed.project.name) is no whole in the end")
    }
  }
}

extension ResourceAmounts {
  mutating func add(_ other: Self, times: Int64) {
    for resource in CountedResource.allCases { self[resource] += times * other[resource] }
  }
}
