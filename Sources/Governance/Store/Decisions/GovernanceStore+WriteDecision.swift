import Events
import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Writes what a decision changes, in one round trip, and answers with what is there then.
  func write(
    _ trial: Trial, for purpose: DecisionPurpose, at head: DecisionBasis.Head, held: [PlacementRecord],
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> DecisionOutcome {
    let id = mint()
    let project = trial.basis.project
    let plan = try await plan(trial, id: id, for: purpose, head: head, held: held, context: context, in: connection)
    if let plan, plan.isEmpty, plan.pendingMoves.isEmpty,
      let latest = try await latest(of: project.name, in: connection)
    {
      return DecisionOutcome(
        decision: latest.summary, explanation: latest.decision,
        placements: held.filter { $0.spec.phase != .removed && !$0.isUnconfirmed }, pendingMoves: [], changed: false)
    }
    let reservations = plan?.reservations ?? []
    let hold = plan?.isEmpty == false ? purpose.hold(id: mint, at: head.now) : nil
    var statements = reservations.map(LedgerStatements.reserve)
    statements += try DecisionStatements.decision(trial, id: id, head: head, context: context)
    statements += try Self.changes(plan, of: trial, decision: id, hold: hold, at: head.now, context: context)
    statements.append(
      try AuditWriter.entry(
        at: head.now, context: context, action: hold == nil ? "decided" : "reserved",
        kind: ResourceKind.project.rawValue, name: project.name,
        detail: DecisionDetail(trial, id: id, plan: plan, hold: hold)))
    statements.append(DecisionStatements.summary(of: id))
    statements.append(PlacementStatements.live(of: project.name))
    let answers = try await connection.pipeline(statements)
    for (reservation, answer) in zip(reservations, answers) where answer.affected == 0 {
      throw StaleBasis(what: "ledger of \(reservation.cluster)")
    }
    var reservation: ReservationRecord?
    if let hold { reservation = try await Self.reservation(hold.id, in: connection) }
    return DecisionOutcome(
      decision: try DecisionSummary(row: answers[answers.count - 2].only), explanation: trial.decision,
      reservation: reservation, placements: try answers[answers.count - 1].map { try PlacementRecord(row: $0) },
      pendingMoves: plan?.pendingMoves ?? [], changed: plan?.isEmpty == false)
  }

  /// Writes the placements. What belongs to a hold is not announced: nothing is desired of it yet.
  private static func changes(
    _ plan: PlacementPlan?, of trial: Trial, decision: UUID, hold: Hold?, at now: Timestamp, context: RequestContext
  ) throws -> [PostgresQuery] {
    guard let plan, !plan.isEmpty else { return [] }
    var statements: [PostgresQuery] = []
    if let hold {
      statements.append(
        ReservationStatements.insert(
          hold, project: trial.basis.project.name, decision: decision, at: now, context: context))
    }
    for record in plan.inserted { statements += try PlacementStatements.insert(record, hold: hold) }
    for record in plan.updated { statements += try PlacementStatements.update(record) }
    guard hold == nil else { return statements + [announceReservations] }
    return statements + plan.changed.map { PlacementStatements.announce($0, reason: "decided") } + [announceOutbox]
  }

  /// What a decision changes; nil where the project could not be placed.
  private func plan(
    _ trial: Trial, id: UUID, for purpose: DecisionPurpose, head: DecisionBasis.Head, held: [PlacementRecord],
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> PlacementPlan? {
    guard trial.decision.outcome == .placed else { return nil }
    let identity = try await ProjectIdentity.settle(
      trial.basis.project, inUse: ProjectIdentity.Use(held), mint: mint, in: connection)
    return try PlacementPlan(
      trial.decision, project: trial.basis.project, held: held,
      origin: PlacementPlan.Origin(
        decision: id, epoch: head.epoch, now: head.now, traceparent: context.traceparent,
        projectID: identity.projectID, environmentIDs: identity.environmentIDs, offer: trial.prepared.offer,
        purpose: purpose),
      mint: mint)
  }

  private func latest(
    of project: String, in connection: PostgresConnection
  ) async throws -> (summary: DecisionSummary, decision: Decision)? {
    let rows = try await connection.query(
      """
      SELECT \(DecisionSummary.columns), d.decision FROM decisions d
      WHERE d.project = \(project) AND d.placed ORDER BY d.number DESC LIMIT 1
      """)
    guard let row = rows.first else { return nil }
    let bytes = try row.decode([UInt8].self, "decision")
    return (try DecisionSummary(row: row), try ModelJSON.decoder.decode(Decision.self, from: Data(bytes)))
  }
}

extension PlacementPlan {
  /// All placements with a new revision.
  var changed: [PlacementRecord] { inserted + updated }
}

/// What the audit trail keeps of a decision; the decision itself stands beside it.
private struct DecisionDetail: Encodable {
  struct Change: Encodable {
    var placement: UUID
    var cluster: String
    var phase: PlacementPhase
    var revision: Int64
  }

  var decision: UUID
  var digest: String
  var outcome: Decision.Outcome
  var policyVersion: Int64
  var changes: [Change]
  var reservation: UUID?
  var expiresAt: Timestamp?

  init(_ trial: Trial, id: UUID, plan: PlacementPlan?, hold: Hold?) throws {
    decision = id
    digest = Digest.hexadecimal(Digest.sha256(try trial.decision.canonicalBytes()))
    outcome = trial.decision.outcome
    policyVersion = trial.decision.policyVersion
    reservation = hold?.id
    expiresAt = hold?.expiresAt
    changes = (plan?.changed ?? []).map {
      Change(placement: $0.spec.id, cluster: $0.spec.cluster, phase: $0.spec.phase, revision: $0.spec.revision)
    }
  }
}
