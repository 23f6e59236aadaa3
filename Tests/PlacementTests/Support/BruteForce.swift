import Model
import Placement

/// Tries every assignment of a small world: the naive checker says which ones are allowed, the single scores of the
/// decision's own verdicts what they are worth.
struct BruteForce {
  struct Value: Comparable {
    var moves: Int
    var score: Int64

    static func < (left: Self, right: Self) -> Bool {
      left.moves == right.moves ? left.score < right.score : left.moves > right.moves
    }
  }

  let world: World
  let decision: Decision

  var best: Value? {
    let checker = NaiveChecker(world: world)
    var choices: [[NaiveChecker.Choice]] = [[]]
    for environment in world.project.spec.environments {
      for replica in 0..<(environment.replicas ?? 1) {
        choices = choices.flatMap { choice in
          world.clusters.map { cluster in
            choice + [.init(environment: environment.name, replica: replica, cluster: cluster.name)]
          }
        }
      }
    }
    return choices.filter { choice in
      world.chains.contains { checker.violations(choice, chain: $0.name).isEmpty }
    }.map(value).max()
  }

  private func value(_ choices: [NaiveChecker.Choice]) -> Value {
    choices.reduce(Value(moves: 0, score: 0)) { sum, choice in
      let isAnchored = Assignment.isAnchored(choice.environment, choice.replica, in: world, decision)
      let isThere = world.existing.contains {
        $0.environment == choice.environment && $0.replica == choice.replica && $0.cluster == choice.cluster
      }
      return Value(
        moves: sum.moves + (isAnchored && !isThere ? 1 : 0), score: sum.score + score(choice, isThere: isThere))
    }
  }

  /// A verdict shows the score of the replica that is there, if one is; that of another one is worked out from it.
  private func score(_ choice: NaiveChecker.Choice, isThere: Bool) -> Int64 {
    let verdict = decision.environments.first { $0.environment == choice.environment }?
      .candidates.first { $0.cluster == choice.cluster }
    guard let shown = verdict?.score, let components = verdict?.components, !isThere, components.stickiness > 0
    else { return verdict?.score ?? 0 }
    let environment = world.project.spec.environments.first { $0.name == choice.environment }!
    let cluster = world.clusters.first { $0.name == choice.cluster }!
    let committed = world.ledger[choice.cluster].committed
    let factor: Int64 = environment.stage == "dev" && !world.policy.capacity.isEmpty ? 2 : 1
    let quota = ResourceAmounts(environment.quota)
    let declared = ResourceAmounts(cluster.spec.capacity)
    let shares = CountedResource.allCases.filter { declared[$0] > 0 }.map { resource in
      let limit = factor * declared[resource]
      return (limit - committed[resource] - quota[resource]) * 1000 / limit
    }
    return shown - 3 * components.stickiness - components.balance + max(0, shares.min()!)
  }
}

extension Assignment {
  /// Whether the replica could have stayed where it was.
  func isAnchored(in world: World, _ decision: Decision) -> Bool {
    Self.isAnchored(environment, replica, in: world, decision)
  }

  static func isAnchored(_ environment: String, _ replica: Int, in world: World, _ decision: Decision) -> Bool {
    world.existing.contains { existing in
      existing.environment == environment && existing.replica == replica
        && decision.environments.first { $0.environment == environment }?.candidates.contains {
          $0.cluster == existing.cluster && $0.accepted && ($0.components?.stickiness ?? 0) > 0
        } ?? false
    }
  }
}
