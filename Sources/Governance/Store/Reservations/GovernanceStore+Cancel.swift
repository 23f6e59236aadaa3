import Events
public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// Gives a reservation up, and its capacity back. Of one that has ended already nothing changes.
  ///
  /// - Throws: ``StoreError``: `notFound`; `reservationConfirmed` where it was confirmed: its placements are removed,
  ///   not cancelled; `idempotencyMismatch`.
  public func cancel(
    reservation id: UUID, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> ReservationRecord {
    let key = try IdempotencyRecord(idempotencyKey, action: "cancel", context: context, request: [id])
    let reservation = try await pool.withTransaction { connection in
      let (present, now): (ReservationRecord, Timestamp)
      switch try await lock(reservation: id, key: key, in: connection) {
      case .answered(let stored): return stored
      case .held(let found, let clock): (present, now) = (found, clock)
      }
      let after: ReservationRecord
      switch present.state {
      case .confirmed:
        throw StoreError(
          .reservationConfirmed, path: "id", "the reservation was confirmed at \(present.confirmedAt ?? now)",
          fr: "la réservation a été confirmée le \(present.confirmedAt ?? now)",
          accepted: "POST /api/v1/projects/\(present.project)/removal")
      case .cancelled: after = present
      case .expired:
        // Whoever asks has its capacity back, also where the clock's watchman has not come by yet.
        if !present.unreleased.isEmpty {
          try await connection.pipeline(try Self.expire(present.unreleased, at: now))
        }
        after = try await Self.reservation(id, in: connection)
      case .pending:
        let detail = ReservationDetail(placements: present.placements.map(\.spec.id))
        try await connection.pipeline(
          ["UPDATE holds SET cancelled_at = \(now.date) WHERE id = \(id)"]
            + ReservationStatements.release(present.unreleased, because: .cancelled, at: now) + [
              try AuditWriter.entry(
                at: now, context: context, action: "cancelled", kind: ReservationDetail.kind,
                name: id.uuidString.lowercased(), detail: detail)
            ])
        after = try await Self.reservation(id, in: connection)
      }
      if let key { try await connection.execute(try key.store(after)) }
      return after
    }
    // Whoever asks next sees what he has done.
    world.forget([reservation.project])
    return reservation
  }

  /// Locks a reservation with its project, as decisions do, and its placements; or finds the stored answer to the same
  /// request, which holds whatever has become of the reservation since.
  func lock(
    reservation id: UUID, key: IdempotencyRecord?, in connection: PostgresConnection
  ) async throws -> LockedReservation {
    let answers = try await connection.pipeline(
      (key.map { [$0.claim, $0.select] } ?? []) + [
        ReservationStatements.lockProject(of: id), ReservationStatements.select(id, locked: true),
        ReservationStatements.placements(of: id, locked: true), ReservationStatements.select(id),
        "SELECT clock_timestamp() AS now",
      ])
    if let key, answers[0].affected == 0, let stored = try key.answer(in: answers[1], as: ReservationRecord.self) {
      return .answered(stored.replayed)
    }
    // Read once more, when all locks are held: the time it took to get them counts.
    let (placements, hold, now) = (answers[answers.count - 3], answers[answers.count - 2], answers[answers.count - 1])
    guard let row = hold.first else { throw StoreError.noReservation(id) }
    return .held(
      try ReservationRecord(row, placements: placements), now: Timestamp(try now.only.decode(Date.self, "now")))
  }
}

/// What a request about a reservation finds.
enum LockedReservation: Sendable {
  /// The stored answer to the same request.
  case answered(ReservationRecord)
  /// The reservation, locked, and the database's clock.
  case held(ReservationRecord, now: Timestamp)
}
