import Events
import Foundation
import Model
import Placement

/// A decision as made, and what it was made on. One object, since it is large and goes through many lists.
final class Trial: Sendable {
  let job: DecisionJob
  let subject: BatchGround.Subject
  let request: DecisionRequest
  let explanation: Explanation
  /// What was asked, as it is stored.
  let inputs: [UInt8]
  /// What is stored of it.
  let document: [UInt8]
  /// The document's digest, SHA-256.
  let digest: [UInt8]
  /// The entries of the ledger that it has changed, as those after it in its batch see them.
  let taken: [String: Ledger.Entry]

  /// Writes down all that is stored of it. What is planned before its transaction makes that the shorter for it.
  init(
    _ job: DecisionJob, _ subject: BatchGround.Subject, _ request: DecisionRequest, _ explanation: Explanation,
    taken: [String: Ledger.Entry]
  ) throws {
    self.job = job
    self.subject = subject
    self.request = request
    self.explanation = explanation
    self.taken = taken
    inputs = try request.bytes(spec: subject.asked == nil ? subject.spec : nil)
    document = [UInt8](try explanation.record.canonicalBytes())
    digest = Digest.sha256(document)
  }

  var plan: Plan { explanation.plan }
  var isPlaced: Bool { plan.outcome == .placed }
  /// Whether it does not go where it was planned to, and may go nowhere else.
  var isLost: Bool { job.isLost(with: plan) }
}

extension DecisionJob {
  /// Whether `plan` does not go where it was to go, and may go nowhere else.
  func isLost(with plan: Plan) -> Bool {
    guard isBound else { return false }
    // A move speaks for its target alone.
    guard arrangement == nil else { return plan.outcome != .placed }
    return !plan.goes(to: places)
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
    var (job, request) = (job, request(job, subject, at: now))
    var explanation = ground.prepared.engine.explain(request, on: state)
    if !job.places.isEmpty, !job.isBound, !explanation.plan.goes(to: job.places) {
      job = job.freed
      request = self.request(job, subject, at: now)
      explanation = ground.prepared.engine.explain(request, on: state)
    }
    var taken: [String: Ledger.Entry] = [:]
    if explanation.plan.outcome == .placed, !job.isLost(with: explanation.plan) {
      for assignment in explanation.plan.assignments where job.writes(assignment) {
        take(assignment, held: subject.held, in: &taken)
      }
    }
    return try Trial(job, subject, request, explanation, taken: taken)
  }

  private func request(_ job: DecisionJob, _ subject: BatchGround.Subject, at now: Timestamp) -> DecisionRequest {
    var request = ground.prepared.request(subject, at: now)
    request.pins = job.request.pins ?? job.places
    return request
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
