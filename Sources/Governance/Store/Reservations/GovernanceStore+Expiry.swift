import Events
public import Foundation
import Logging
import Model
import Postgres

extension GovernanceStore {
  /// Releases the capacity of every reservation whose time has run out by the database's clock. Any number of instances
  /// may do so at once, and beside confirmations: what another transaction works on is left to it. None runs out while a restored
  /// database waits to be recovered: it may have been confirmed in what was lost.
  ///
  /// - Returns: What was released, and when to come again.
  public func expireReservations(deadline: ContinuousClock.Instant? = nil) async throws -> ExpiryResult {
    var expired: Set<UUID> = []
    while true {
      let released = try await pool.withTransaction(deadline: deadline) { connection in
        try await releaseDue(limit: Self.expiryBatch, in: connection)
      }
      expired.formUnion(released.compactMap(\.reservation))
      if released.count < Self.expiryBatch { break }
    }
    if !expired.isEmpty { logger.info("Reservations have expired", metadata: ["reservations": "\(expired.count)"]) }
    let rows = try await pool.withConnection(deadline: deadline) {
      try await $0.query(
        """
        SELECT (extract(epoch FROM min(expires_at) - clock_timestamp()) * 1000000)::bigint AS next
        FROM reservations WHERE state = 'pending' AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
        """)
    }
    return ExpiryResult(expired: expired, next: try rows.only.age("next"))
  }

  /// How many reservations one transaction releases at most.
  private static let expiryBatch = 500

  /// Releases what is due inside the caller's transaction, and tells the audit trail.
  func releaseDue(limit: Int, in connection: PostgresConnection) async throws -> [PlacementRecord] {
    let rows = try await connection.query(
      """
      SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE \(ReservationStatements.isDue)
        AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
      ORDER BY r.expires_at, p.id LIMIT \(limit) FOR UPDATE OF p, r SKIP LOCKED
      """)
    let due = try rows.map { try PlacementRecord(row: $0) }
    guard !due.isEmpty else { return [] }
    let now = Timestamp(try await connection.query("SELECT clock_timestamp() AS now").only.decode(Date.self, "now"))
    try await connection.pipeline(try Self.expire(due, at: now))
    return due
  }

  /// Releases reservations whose time has run out, and tells the audit trail, one entry for each hold.
  static func expire(_ due: [PlacementRecord], at now: Timestamp) throws -> [PostgresQuery] {
    let names = Dictionary(grouping: due) { $0.reservation?.uuidString.lowercased() ?? "" }
    return ReservationStatements.release(due, because: .expired, at: now)
      + (try names.sorted { $0.key < $1.key }.map { name, records in
        try AuditWriter.entry(
          at: now, context: clock, action: "expired", kind: ReservationDetail.kind, name: name,
          detail: ReservationDetail(placements: records.map(\.spec.id)))
      })
  }

  /// Who lets reservations expire: nobody asks for it.
  private static let clock = RequestContext(principal: "governance:clock")
}

/// What ``GovernanceStore/expireReservations(deadline:)`` did.
public struct ExpiryResult: Sendable, Hashable {
  /// The reservations that have expired.
  public let expired: Set<UUID>
  /// How long until the next one does, by the database's clock; nil while none is pending.
  public let next: Duration?
}

/// What the audit trail keeps of a reservation's end.
struct ReservationDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "Reservation"

  var placements: [UUID]
  var projectID: UUID?
  var environmentIDs: [String: UUID]?
}
