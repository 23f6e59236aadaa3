import Events
import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// The decision's transaction. Locks are taken in one order everywhere: the key, the offer (shared), the project, its
  /// placements, the ledger by cluster name.
  ///
  /// - Parameter trial: nil to decide here, on a locked ledger.
  /// - Throws: ``StaleBasis`` when the trial was made on what is no longer so.
  func commit(
    _ trial: Trial?, of request: PlacementRequest, for purpose: DecisionPurpose, key: IdempotencyRecord?,
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> DecisionOutcome {
    let locks = (key.map { [$0.claim, $0.select] } ?? []) + Self.locksForWriting(.project, request.project)
    let basis = DecisionBasis.statements(project: request.project, hold: trial == nil ? .ledger : .project)
    let answers = try await connection.pipeline(locks + basis)
    if let key, answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: DecisionOutcome.self) {
      return stored.replayed
    }
    var present = try DecisionBasis(answers.suffix(4), project: request.project, inline: request.inline)
    if trial == nil, present.head.hasDueReservations {
      // The whole ledger is locked by now, and what others have locked is passed by: nobody waits in a circle.
      _ = try await releaseDue(limit: .max, in: connection)
      present = try DecisionBasis(
        try await connection.pipeline(basis)[...], project: request.project, inline: request.inline)
    }
    let settled: Trial
    if let trial {
      try trial.check(against: present)
      settled = trial
    } else {
      let prepared = try await PreparedOffer.load(
        policyVersion: present.head.policyInForce, day: present.head.day, in: connection)
      settled = Trial(present, prepared, attempt: Self.attemptWithLocks)
    }
    if let inline = request.inline {
      _ = try await put(.project(inline), context: context, if: .always, in: connection)
    }
    let outcome = try await write(
      settled, for: purpose, at: present.head, held: present.held, context: context, in: connection)
    if let key { try await connection.execute(try key.store(outcome)) }
    return outcome
  }

  /// The attempt that decides on a locked ledger.
  private static let attemptWithLocks = 4
}

extension Trial {
  /// Whether this may be committed on what is there now. A placed project's room is checked by the reservations
  /// themselves; a refusal must be true of the ledger as it is.
  fileprivate func check(against present: DecisionBasis) throws {
    if let what = basis.staleness(against: present, ledgerMatters: decision.outcome != .placed) {
      throw StaleBasis(what: what)
    }
    if decision.outcome != .placed, present.head.hasDueReservations { throw StaleBasis(what: "reservations") }
  }
}
