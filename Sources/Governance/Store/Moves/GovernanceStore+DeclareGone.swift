import Events
public import Foundation
public import Identity
import Migration
import Model
import Postgres

extension GovernanceStore {
  /// The source of a move, which was given up for lost and was not seen since, is gone: that it goes is ordered, and
  /// what it held is given back, at once. Between the two nobody can come, and of its name nothing else is meant.
  ///
  /// - Parameters:
  ///   - environment: the name of the source's environment, typed.
  ///   - reason: why nobody will see it again, for the audit trail: 1 to 1000 characters that say something.
  ///   - condition: what must be so for it to take place.
  ///   - caller: who acts; what he is to the move follows from it.
  ///   - reach: how far the caller's reach goes: a move outside of it is not told from none.
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `invalid`, `migrationState`, `versionMismatch`,
  ///   `idempotencyMismatch`, `contended`.
  public func declareGone(
    _ environment: String, sourceOfMove id: UUID, reason: String, if condition: WriteCondition = .always,
    by caller: MoveCaller, within reach: Scope = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> MoveRecord {
    try Self.checkReason(ofLoss: reason)
    let key = try IdempotencyRecord(
      idempotencyKey, action: "declare-gone", context: context,
      request: GoneWish(move: id, environment: environment, reason: reason))
    let record = try await carrying(id, context: context) { locked, connection in
      if let replayed = try await replayed(key, locked, if: condition, within: reach, in: connection) {
        return replayed
      }
      try await refuseForbiddenTarget(locked, in: connection)
      let event = MigrationEvent.goneDeclared(typed: environment)
      _ = try await carry(locked, (event, caller.actor(in: locked.record)), context: context, in: connection)
      let ordered = try await lockMove(id, in: connection)
      if let source = ordered.sight.source {
        _ = try await release(lost: source, reason: reason, at: ordered.now, context: context, in: connection)
      }
      // What is lost is gone: the move goes on by itself.
      let carried = try await carry(try await lockMove(id, in: connection), nil, context: context, in: connection)
      if let key { try await connection.execute(try key.store(carried.record)) }
      return CarriedMove(record: carried.record, isChanged: true)
    }
    guard let record else { throw StoreError.noMove(id) }
    return record.record
  }
}

/// What an idempotency key stands for.
private struct GoneWish: Encodable {
  var move: UUID
  var environment: String
  var reason: String
}
