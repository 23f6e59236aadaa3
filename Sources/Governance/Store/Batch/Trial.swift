import Events
import Foundation
import Model
import Placement

/// A decision as made, and what it was made on.
struct Trial: Sendable {
  var job: DecisionJob
  var subject: BatchGround.Subject
  var request: DecisionRequest
  var explanation: Explanation
  /// The entries of the ledger that those before it in its batch have changed, as it saw them.
  var ahead: [String: Ledger.Entry]

  var plan: Plan { explanation.plan }
  var isPlaced: Bool { plan.outcome == .placed }
}

/// Makes the decisions of a batch one after the other: each sees what those before it have taken, so that they do not
/// take it twice. Pure.
struct BatchPlanner {
  private let ground: BatchGround
  private var state: PlacementState
  private var ahead: [String: Ledger.Entry] = [:]

  init(_ ground: BatchGround) {
    self.ground = ground
    state = ground.state
  }

  mutating func plan(_ job: DecisionJob, _ subject: BatchGround.Subject, at now: Timestamp) -> Trial {
    let request = ground.prepared.request(subject, at: now)
    let trial = Trial(
      job: job, subject: subject, request: request,
      explanation: ground.prepared.engine.explain(request, on: state), ahead: ahead)
    if trial.isPlaced {
      for assignment in trial.plan.assignments { take(assignment, held: subject.held) }
    }
    return trial
  }

  /// What an assignment adds to its cluster's promises: a guess where a replica is there already, since what is
  /// committed in the end is what ``PlacementPlan`` says, and whether there is room for it is asked of the database.
  private mutating func take(_ assignment: Assignment, held: [HeldReplica]) {
    guard let site = ground.prepared.engine.site(named: assignment.cluster) else { return }
    let replicas = held.filter { $0.environment == assignment.environment && $0.replica == assignment.replica }
    var added = assignment.quota
    if let here = replicas.first(where: { $0.cluster == assignment.cluster }) {
      added = here.reserved.maximum(assignment.quota).difference(from: here.reserved)
    } else if replicas.contains(where: { $0.phase != .removed }) {
      return
    }
    guard added != ResourceAmounts() else { return }
    let entry = state.entry(site)
    let next = Ledger.Entry(committed: entry.committed.combined(with: added, +), version: entry.version + 1)
    state.set(next, of: assignment.cluster)
    ahead[assignment.cluster] = next
  }
}
