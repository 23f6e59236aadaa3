import Events
import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Writes what a decision changes, in one round trip, and answers with what is there then.
  func write(
    _ trial: Trial, at head: DecisionBasis.Head, held: [PlacementRecord], context: RequestContext,
    in connection: PostgresConnection
  ) async throws -> DecisionOutcome {
    let id = mint()
    let project = trial.basis.project
    let plan = try await plan(trial, id: id, head: head, held: held, context: context, in: connection)
    if let plan, plan.isEmpty, plan.pendingMoves.isEmpty,
      let latest = try await latest(of: project.name, in: connection)
    {
      return DecisionOutcome(
        decision: latest.summary, explanation: latest.decision, placements: held.filter { $0.spec.phase != .removed },
        pendingMoves: [], changed: false)
    }
    let reservations = plan?.reservations ?? []
    var statements = reservations.map(LedgerStatements.reserve)
    statements += try DecisionStatements.decision(trial, id: id, head: head, context: context)
    for record in plan?.inserted ?? [] { statements += try PlacementStatements.insert(record) }
    for record in plan?.updated ?? [] { statements += try PlacementStatements.update(record) }
    statements += (plan?.changed ?? []).map { PlacementStatements.announce($0, reason: "decided") }
    statements.append(
      try AuditWriter.entry(
        at: head.now, context: context, action: "decided", kind: ResourceKind.project.rawValue, name: project.name,
        detail: DecisionDetail(trial, id: id, plan: plan)))
    if plan?.isEmpty == false { statements.append(Self.announceOutbox) }
    statements.append(DecisionStatements.summary(of: id))
    statements.append(PlacementStatements.live(of: project.name))
    let answers = try await connection.pipeline(statements)
    for (reservation, answer) in zip(reservations, answers) where answer.affected == 0 {
      throw StaleBasis(what: "ledger of \(reservation.cluster)")
    }
    return DecisionOutcome(
      decision: try DecisionSummary(row: answers[answers.count - 2].only), explanation: trial.decision,
      placements: try answers[answers.count - 1].map { try PlacementRecord(row: $0) },
      pendingMoves: plan?.pendingMoves ?? [], changed: plan?.isEmpty == false)
  }

  /// What a decision changes; nil where the project could not be placed.
  private func plan(
    _ trial: Trial, id: UUID, head: DecisionBasis.Head, held: [PlacementRecord], context: RequestContext,
    in connection: PostgresConnection
  ) async throws -> PlacementPlan? {
    guard trial.decision.outcome == .placed else { return nil }
    let identity = try await ProjectIdentity.settle(
      trial.basis.project, hasPlacements: !held.isEmpty, mint: mint, in: connection)
    return try PlacementPlan(
      trial.decision, project: trial.basis.project, held: held,
      origin: PlacementPlan.Origin(
        decision: id, epoch: head.epoch, now: head.now, traceparent: context.traceparent,
        projectID: identity.projectID, environmentIDs: identity.environmentIDs, offer: trial.prepared.offer),
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

  init(_ trial: Trial, id: UUID, plan: PlacementPlan?) throws {
    decision = id
    digest = Digest.hexadecimal(Digest.sha256(try trial.decision.canonicalBytes()))
    outcome = trial.decision.outcome
    policyVersion = trial.decision.policyVersion
    changes = (plan?.changed ?? []).map {
      Change(placement: $0.spec.id, cluster: $0.spec.cluster, phase: $0.spec.phase, revision: $0.spec.revision)
    }
  }
}
