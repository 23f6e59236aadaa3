import Foundation
import Model
import Placement

/// One way of making a calm world harder.
struct Twist: Sendable {
  var name: String
  var apply: @Sendable (inout Scenario, inout SeededGenerator) -> Void

  init(_ name: String, _ apply: @escaping @Sendable (inout Scenario, inout SeededGenerator) -> Void) {
    self.name = name
    self.apply = apply
  }

  /// The board's pen counts twice: what it writes bites less often than what operators and teams do.
  static let all = offer + policy + policy + project + circumstances
  /// Those that have to do with what goes together: places, chains, replicas.
  static let structure = clusters + chains + project
}

extension Scenario {
  /// The calm world with some twists, drawn by a seed: the same seed gives the same scenario everywhere.
  static func random(_ seed: UInt64, twists: [Twist] = Twist.all) -> Scenario {
    var numbers = SeededGenerator(seed)
    var scenario = Scenario.calm
    for _ in 0..<numbers.pick([1, 2, 3, 5, 8, 12]) { numbers.pick(twists).apply(&scenario, &numbers) }
    scenario.unsettle(seed)
    return scenario
  }

  /// Lets some of what stands go, and moves of some of it be on their way; drawn apart, so that all else of a seed stays.
  private mutating func unsettle(_ seed: UInt64) {
    var numbers = SeededGenerator(seed &+ 4_111)
    for index in existing.indices {
      if numbers.chance(15) {
        existing[index].isGoing = true
      } else if numbers.chance(15) {
        var left = existing[index]
        left.cluster = numbers.pick(clusters.map(\.name))
        if left.cluster != existing[index].cluster { mayReturn = (mayReturn ?? []) + [left] }
      }
    }
    if !existing.isEmpty, numbers.chance(10) { mayMove = true }
    if mayMove == true, numbers.chance(50) { leaves = [numbers.pick(existing)] }
    deliver(seed)
  }

  /// Lets chains be known that deliver to what stands, on offer or not; drawn apart as well.
  private mutating func deliver(_ seed: UInt64) {
    var numbers = SeededGenerator(seed &+ 8_887)
    for index in existing.indices where numbers.chance(60) {
      existing[index].chain = numbers.pick(chains.map(\.name) + (numbers.chance(20) ? ["discarded"] : []))
    }
  }

  /// A random scenario whose clusters are there many times over, each copy with promises of its own: more than a
  /// machine word has bits, and more than anyone ranks at once.
  static func large(_ seed: UInt64, copies: Int = 20) -> Scenario {
    var scenario = random(seed)
    var numbers = SeededGenerator(seed &+ 77)
    let originals = scenario.clusters
    scenario.clusters = (0..<copies).flatMap { copy in
      originals.map { original in
        var cluster = original
        if copy > 0 { cluster.metadata.name += "-\(copy)" }
        return cluster
      }
    }
    for cluster in scenario.clusters where numbers.chance(90) {
      var entry = scenario.ledger[cluster.name]
      entry.committed.cpu += Int64.random(in: 0...90, using: &numbers) * 1_000
      scenario.ledger.clusters[cluster.name] = entry
    }
    return scenario
  }

  /// A scenario of which one environment stands where it would be put, often not in the terms that the others may be
  /// in, and one chain is preferred.
  static func halfPlaced(_ seed: UInt64) -> Scenario {
    var scenario = random(seed, twists: Twist.chains)
    var numbers = SeededGenerator(seed &+ 523)
    for index in scenario.zones.indices where numbers.chance(60) { scenario.zones[index].spec.chain = nil }
    scenario.project.spec.environments = ["dev", "prod", "qual"].prefix(numbers.pick([2, 3])).map { name in
      environment(name, numbers.pick(["dev", "prod"]), replicas: numbers.pick([1, 1, 2]))
    }
    let (liked, weight) = (numbers.pick(["open", "sealed"]), numbers.pick([-6, 4, 10]))
    scenario.policy.rules.append(rule("liked", .prefer, chains: .in("chain.name", liked), weight: weight))
    let decision = scenario.decide()
    for assignment in decision.assignments where assignment.environment == decision.assignments[0].environment {
      scenario.place(
        assignment.environment, replica: assignment.replica, on: assignment.cluster, stage: assignment.stage)
      if numbers.chance(50) { scenario.existing[scenario.existing.count - 1].chain = decision.chain }
    }
    let isAnywhere = numbers.chance(30)
    let names = scenario.clusters.map(\.name).filter { name in
      isAnywhere || !scenario.existing.contains { $0.cluster == name }
    }.shuffled(using: &numbers)
    scenario.project.spec.preferences.terms = [names.prefix(2), names.dropFirst(2).prefix(2)].map { values in
      LabelSelector(matchExpressions: [.init(key: "cluster.name", operator: .in, values: Array(values))])
    }
    return scenario
  }

  /// The seeds that a property is tried on: `REGIE_PROOF_SEEDS` of them where it is set, from `REGIE_PROOF_SEED` on.
  static func seeds(_ count: Int) -> [UInt64] {
    let variables = ProcessInfo.processInfo.environment
    let first = variables["REGIE_PROOF_SEED"].flatMap(UInt64.init) ?? 1
    let count = variables["REGIE_PROOF_SEEDS"].flatMap(Int.init) ?? count
    return (0..<UInt64(max(1, count))).map { first &+ $0 }
  }
}

extension SeededGenerator {
  /// Changes one resource of a list.
  mutating func change<Spec>(_ resources: inout [Resource<Spec>], _ change: (inout Spec, inout Self) -> Void) {
    guard !resources.isEmpty else { return }
    let index = pick(Array(resources.indices))
    change(&resources[index].spec, &self)
  }

  mutating func name<Spec>(_ resources: [Resource<Spec>]) -> String { pick(resources).name }
}
