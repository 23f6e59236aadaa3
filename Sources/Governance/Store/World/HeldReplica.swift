import Foundation
import Model
import Placement

/// What of a placement a decision looks at.
struct HeldReplica: Sendable, Hashable {
  var id: UUID
  var environment: String
  var replica: Int
  var cluster: String
  var stage: String
  var phase: PlacementPhase
  var revision: Int64
  /// What the ledger holds for it, lowered quotas that were not observed yet included.
  var reserved: ResourceAmounts
  /// Whether it is what a move leaves: the project asks for what takes its place, and nothing is decided on this one.
  var isLeaving = false
  /// The secondary chain that delivers to it; nil where that is not known.
  var chain: String?
}

extension HeldReplica {
  /// Whether it is judged by the policy in force: what is only reserved is not there yet, and what is to be removed, or is
  /// left by a move, goes anyway.
  var isJudged: Bool { phase != .removed && revision >= 1 && !isLeaving }

  init(_ record: PlacementRecord) {
    let spec = record.spec
    self.init(
      id: spec.id, environment: spec.environment, replica: spec.replica, cluster: spec.cluster, stage: spec.stage,
      phase: spec.phase, revision: spec.revision, reserved: record.reserved, isLeaving: record.isLeaving ?? false,
      chain: spec.chain)
  }
}

extension [HeldReplica] {
  /// Replicas and what they hold, as the engine takes them. Where a replica lives on, what is to be removed of it
  /// elsewhere is no place it could stay at; the ledger knows what that still holds.
  var existing: [ExistingPlacement] {
    let living = Set(filter { $0.phase != .removed }.map(Home.init))
    return filter { !$0.isLeaving && ($0.phase != .removed || !living.contains(Home($0))) }.map { held in
      var existing = ExistingPlacement(held)
      existing.isGoing = held.phase == .removed
      existing.chain = existing.isGoing ? nil : held.chain
      return existing
    }
  }

  /// What moves leave and may still be led back to.
  var mayReturn: [ExistingPlacement] {
    filter { $0.isLeaving && $0.phase != .removed }.map(ExistingPlacement.init)
  }

  /// Whether these are the same placements in the same state; what only documents say of them does not count.
  func holdsStill(against others: [HeldReplica]) -> Bool {
    guard count == others.count else { return false }
    return zip(self, others).allSatisfy {
      $0.id == $1.id && $0.revision == $1.revision && $0.phase == $1.phase && $0.reserved == $1.reserved
        && $0.isLeaving == $1.isLeaving && $0.chain == $1.chain
    }
  }
}

/// What may have one home only.
private struct Home: Hashable {
  var environment: String
  var replica: Int

  init(_ held: HeldReplica) {
    environment = held.environment
    replica = held.replica
  }
}
