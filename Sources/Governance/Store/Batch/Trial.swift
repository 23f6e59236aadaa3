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
  /// What is stored of it.
  var document: [UInt8]
  /// The entries of the ledger that it has changed, as those after it in its batch see them.
  var taken: [String: Ledger.Entry] = [:]

  var plan: Plan { explanation.plan }
  var isPlaced: Bool { plan.outcome == .placed }
  /// Whether it does not go where it was planned to, and may go nowhere else.
  var isLost: Bool {
    guard job.isBound else { return false }
    // A move speaks for its target alone.
    guard job.arrangement == nil else { return plan.outcome != .placed }
    return !plan.goes(to: job.places)
  }
}

/// Decisions that were made before the transaction that is to commit them.
struct PlannedTrials: Sendable {
  var ground: BatchGround
  var trials: [Trial]
  /// Tells the ledger that the first of them was made on; it is stored.
  var trail: LedgerTrail
}

/// Makes the decisions of a batch one after the other: each sees what those before it have taken, so that they do not
/// take it twice. Pure.
struct BatchPlanner {
  private let ground: BatchGround
  private var state: PlacementState

  init(_ ground: BatchGround) {
    self.ground = ground
    state = ground.state
  }

  /// Makes a decision. One that was planned to go somewhere goes there; where it can not, it goes where else it may,
  /// unless it is bound.
  mutating func plan(_ job: DecisionJob, _ subject: BatchGround.Subject, at now: Timestamp) throws -> Trial {
    var trial = try trial(job, subject, at: now)
    if !job.places.isEmpty, !job.isBound, !trial.plan.goes(to: job.places) {
      trial = try self.trial(job.freed, subject, at: now)
    }
    if trial.isPlaced, !trial.isLost {
      for assignment in trial.plan.assignments where job.writes(assignment) {
        take(assignment, held: subject.held, in: &trial.taken)
      }
    }
    return trial
  }

  private func trial(_ job: DecisionJob, _ subject: BatchGround.Subject, at now: Timestamp) throws -> Trial {
    var request = ground.prepared.request(subject, at: now)
    request.pins = job.places
    let explanation = ground.prepared.engine.explain(request, on: state)
    return Trial(
      job: job, subject: subject, request: request, explanation: explanation,
      document: [UInt8](try explanation.record.canonicalBytes()))
  }

  /// What an assignment adds to its cluster's promises: a guess where a replica is there already, since what is
  /// committed in the end is what ``PlacementPlan`` says, and whether there is room for it is asked of the database.
  private mutating func take(
    _ assignment: Assignment, held: [HeldReplica], in taken: inout [String: Ledger.Entry]
  ) {
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
    taken[assignment.cluster] = next
  }
}
