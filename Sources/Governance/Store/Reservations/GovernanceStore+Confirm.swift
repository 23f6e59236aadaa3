import Events
public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// Confirms a reservation: the console's identifiers become those of the project and its environments, namespaces are
  /// named after them, and the placements are published. Confirming once more with the same identifiers changes nothing.
  ///
  /// - Throws: ``StoreError``: `notFound`; `reservationEnded` where it has expired or was cancelled;
  ///   `reservationConfirmed` where it was confirmed with other identifiers; `conflict` where the identifiers are not
  ///   this project's; `invalid` where they are not those of the environments reserved; `idempotencyMismatch`.
  public func confirm(
    reservation id: UUID, _ request: ConfirmationRequest, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> ReservationRecord {
    let key = try IdempotencyRecord(
      idempotencyKey, action: "confirm", context: context,
      request: ConfirmationWish(reservation: id, confirmation: request))
    let reservation = try await pool.withTransaction { connection in
      let (present, now): (ReservationRecord, Timestamp)
      switch try await lock(reservation: id, key: key, in: connection) {
      case .answered(let stored): return stored
      case .held(let found, let clock): (present, now) = (found, clock)
      }
      var after = present
      switch present.state {
      case .cancelled, .expired: throw StoreError.ended(present)
      case .confirmed:
        guard request.agrees(with: present), request.environmentIDs.count == present.environments.count else {
          throw StoreError(
            .reservationConfirmed, path: "projectID", "the reservation was confirmed with other identifiers",
            fr: "la réservation a été confirmée avec d’autres identifiants", accepted: present.identifiers)
        }
      case .pending:
        try request.check(against: present)
        try await ProjectIdentity.take(request, for: present, in: connection)
        try await publish(present, request, at: now, context: context, in: connection)
        after = try await Self.reservation(id, in: connection)
      }
      if let key { try await connection.execute(try key.store(after)) }
      return after
    }
    // Whoever asks next sees what he has done.
    world.forget([reservation.project])
    return reservation
  }

  /// Gives the reserved placements their first revision, and announces it.
  private func publish(
    _ reservation: ReservationRecord, _ request: ConfirmationRequest, at now: Timestamp, context: RequestContext,
    in connection: PostgresConnection
  ) async throws {
    let epoch = try await connection.query("SELECT epoch FROM epoch").only.decode(Int64.self, "epoch")
    var statements: [PostgresQuery] = [
      "UPDATE holds SET confirmed_at = \(now.date) WHERE id = \(reservation.id)",
      """
      UPDATE reservations SET state = 'confirmed', confirmed_at = \(now.date), expires_at = NULL
      WHERE hold = \(reservation.id)
      """,
    ]
    for var record in reservation.placements {
      guard let environmentID = request.environmentIDs[record.spec.environment] else { continue }
      record.spec.projectID = request.projectID
      record.spec.environmentID = environmentID
      record.spec.namespace = NamespaceName.make(environment: environmentID, project: request.projectID)
      record.spec.revision = 1
      record.spec.epoch = epoch
      record.decidedAt = now
      record.traceparent = context.traceparent
      statements += [PlacementStatements.confirm(record), PlacementStatements.announce([record], reason: "confirmed")]
    }
    let detail = ReservationDetail(
      placements: reservation.placements.map(\.spec.id), projectID: request.projectID,
      environmentIDs: request.environmentIDs)
    statements += [
      try AuditWriter.entry(
        at: now, context: context, action: "confirmed", kind: ReservationDetail.kind,
        name: reservation.id.uuidString.lowercased(), detail: detail),
      Self.announceOutbox,
    ]
    try await connection.pipeline(statements)
  }
}

extension ReservationRecord {
  /// The environments it is for.
  fileprivate var environments: Set<String> { Set(placements.map(\.spec.environment)) }

  /// The identifiers it was confirmed with, as an error shows them.
  fileprivate var identifiers: String {
    let environments = Set(
      placements.map { "\($0.spec.environment): \($0.spec.environmentID.uuidString.lowercased())" })
    let project = placements.first.map { $0.spec.projectID.uuidString.lowercased() } ?? "?"
    return ([project] + environments.sorted()).joined(separator: ", ")
  }
}

/// What an idempotency key stands for.
private struct ConfirmationWish: Encodable {
  var reservation: UUID
  var confirmation: ConfirmationRequest
}
