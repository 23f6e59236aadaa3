import Events
public import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// Decides where the environments of a project go that have no place yet, and holds the capacity for a time: nothing
  /// is published before the console has confirmed. As careful as ``decide(_:idempotencyKey:context:deadline:)``.
  ///
  /// - Parameters:
  ///   - ttl: how long it is held without a confirmation: 1 second to 24 hours.
  ///   - idempotencyKey: 1 to 255 bytes; the same key and request get the same stored answer.
  /// - Returns: The decision, with the reservation; without one where the project fits nowhere or is placed already.
  /// - Throws: ``StoreError`` as for a decision; `conflict` where it would change what is placed already, which is
  ///   decided, not reserved; `reservationPending` where it would change what waits for another confirmation.
  public func reserve(
    _ request: PlacementRequest, ttl: Duration, idempotencyKey: String? = nil, context: RequestContext,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> DecisionOutcome {
    let seconds = ttl.components.seconds
    guard Self.reservationSeconds.contains(seconds), ttl.components.attoseconds == 0 else {
      throw StoreError(
        .invalid, path: "ttlSeconds", "a reservation can not be held for \(ttl)",
        fr: "une réservation ne peut être tenue pendant \(ttl)",
        accepted: "\(Self.reservationSeconds.lowerBound)…\(Self.reservationSeconds.upperBound) s")
    }
    let key = try IdempotencyRecord(
      idempotencyKey, action: "reserve", context: context,
      request: ReservationWish(placement: request, ttlSeconds: seconds))
    return try await settle(
      request, for: .reserve(ttlSeconds: seconds), key: key, context: context, deadline: deadline)
  }

  /// How long a reservation may be held, in seconds.
  public static let reservationSeconds: ClosedRange<Int64> = 1...86_400

  /// One reservation, in whatever state.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func reservation(_ id: UUID) async throws -> ReservationRecord {
    try await pool.withConnection { try await Self.reservation(id, in: $0) }
  }

  /// The reservation that an identifier stands for: one of its placements', also before it is confirmed, or its own.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` for a placement that was confirmed with its decision. Whether there is
  ///   such a reservation is not looked at.
  public func reservation(meantBy id: UUID) async throws -> UUID {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT hold FROM reservations WHERE placement = \(id)")
    }
    guard let row = rows.first else { return id }
    guard let hold = try row.decode(UUID?.self, "hold") else {
      throw StoreError(
        .conflict, path: "id", "the placement was confirmed with its decision: it has no reservation",
        fr: "le placement a été confirmé dès sa décision : il n’a pas de réservation")
    }
    return hold
  }

  static func reservation(_ id: UUID, in connection: PostgresConnection) async throws -> ReservationRecord {
    let answers = try await connection.pipeline([
      ReservationStatements.select(id), ReservationStatements.placements(of: id),
    ])
    guard let row = answers[0].first else { throw StoreError.noReservation(id) }
    return try ReservationRecord(row, placements: answers[1])
  }
}

/// What an idempotency key stands for.
private struct ReservationWish: Encodable {
  var placement: PlacementRequest
  var ttlSeconds: Int64
}
