import Events
public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// Releases the capacity of a placement that is to be removed, and whose removal can not be observed any more: its
  /// cluster is gone, or its agent. A person takes that on themselves. The removal stays published, for an agent that
  /// comes back after all.
  ///
  /// - Parameter reason: why, for the audit trail: 1 to 1000 characters that say something.
  /// - Throws: ``StoreError``: `invalid` for the reason; `notFound`; `conflict` where it is not to be removed, not yet, or
  ///   was released already; `idempotencyMismatch`.
  public func declareLoss(
    of placement: UUID, reason: String, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> LossRecord {
    try Self.checkReason(ofLoss: reason)
    let key = try IdempotencyRecord(
      idempotencyKey, action: "declare-loss", context: context, request: LossWish(placement: placement, reason: reason))
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline(
        (key.map { [$0.claim, $0.select] } ?? []) + [
          """
          SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE p.id = \(placement) AND p.revision >= 1
          FOR UPDATE OF p, r
          """,
          "SELECT clock_timestamp() AS now",
        ])
      if let key, answers[0].affected == 0, var stored = try key.answer(in: answers[1], as: LossRecord.self) {
        stored.isReplay = true
        return stored
      }
      guard let row = answers[answers.count - 2].first else {
        throw StoreError.notFound(.placement, placement.uuidString.lowercased())
      }
      let now = Timestamp(try answers[answers.count - 1].only.decode(Date.self, "now"))
      let loss = try await release(
        lost: try PlacementRecord(row: row), reason: reason, at: now, context: context, in: connection)
      if let key { try await connection.execute(try key.store(loss)) }
      return loss
    }
  }

  /// - Throws: ``StoreError`` of kind `invalid` for words that do not say why something is lost.
  static func checkReason(ofLoss reason: String) throws(StoreError) {
    guard (1...1000).contains(reason.count), reason.contains(where: { !$0.isWhitespace }) else {
      throw StoreError(
        .invalid, path: "reason", "a reason of \(reason.count) characters says nothing, or too much",
        fr: "un motif de \(reason.count) caractères ne dit rien, ou trop", accepted: "1…1000")
    }
    guard PlainText.isPlain(reason) else { throw StoreError.unrulyText("reason") }
  }

  /// Gives back what a placement holds whose removal was ordered and will not be observed: in the caller's transaction,
  /// which has locked it.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where it is not to be removed, not yet, or was released already.
  func release(
    lost record: PlacementRecord, reason: String, at now: Timestamp, context: RequestContext,
    in connection: PostgresConnection
  ) async throws -> LossRecord {
    try record.checkMayBeLost(at: now)
    let loss = LossRecord(
      placement: record.spec.id, cluster: record.spec.cluster, released: record.reserved, reason: reason,
      principal: context.principal, declaredAt: now)
    try await connection.pipeline(
      ReservationStatements.release([record], because: .lossDeclared, at: now) + [
        try AuditWriter.entry(
          at: now, context: context, action: "loss-declared", kind: ResourceKind.placement.rawValue,
          name: record.spec.id.uuidString.lowercased(), detail: AuditedLoss(loss))
      ])
    return loss
  }
}

extension PlacementRecord {
  /// Only what was asked to go, and has had the time to, can be lost.
  fileprivate func checkMayBeLost(at now: Timestamp) throws(StoreError) {
    if let removedAt {
      throw StoreError(
        .conflict, path: "id", "its capacity was released at \(removedAt)",
        fr: "sa capacité a été libérée le \(removedAt)", accepted: "—")
    }
    guard spec.phase == .removed else {
      throw StoreError(
        .conflict, path: "id", "the placement is \(spec.phase.rawValue): ask for its removal first",
        fr: "le placement est \(spec.phase.rawValue) : demander d’abord son retrait",
        accepted: "POST /api/v1/projects/\(spec.project)/removal")
    }
    if let notBefore, notBefore > now {
      throw StoreError(
        .conflict, path: "id", "it is not to be removed before \(notBefore)",
        fr: "il ne doit pas être retiré avant le \(notBefore)", accepted: "\(notBefore)")
    }
  }
}

/// What an idempotency key stands for.
private struct LossWish: Encodable {
  var placement: UUID
  var reason: String
}
