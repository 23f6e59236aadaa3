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
  /// What the ledger of its cluster holds too little to give back stays, by whole reservations, and keeps nothing else from
  /// being released: the books do not agree there, and somebody has to mend them.
  ///
  /// - Returns: What was released, what was not, and when to come again.
  public func expireReservations(deadline: ContinuousClock.Instant? = nil) async throws -> ExpiryResult {
    var expired: Set<UUID> = []
    var kept: [String: Set<UUID>] = [:]
    var passedBy: [UUID] = []
    while true {
      // What stays is not looked at again, or a whole batch of it would hide all that comes after it.
      let before = passedBy
      let due = try await pool.withTransaction(deadline: deadline) { connection in
        try await releaseDue(limit: Self.expiryBatch, passingBy: before, in: connection)
      }
      expired.formUnion(due.released.compactMap(\.reservation))
      passedBy += due.kept.map(\.spec.id)
      kept.merge(due.lacking) { $0.union($1) }
      if due.released.count + due.kept.count < Self.expiryBatch { break }
    }
    if !expired.isEmpty { logger.info("Reservations have expired", metadata: ["reservations": "\(expired.count)"]) }
    let left = passedBy
    let rows = try await pool.withConnection(deadline: deadline) {
      try await $0.query(
        """
        SELECT (extract(epoch FROM min(expires_at) - clock_timestamp()) * 1000000)::bigint AS next
        FROM reservations WHERE state = 'pending' AND placement <> ALL(\(left))
          AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
        """)
    }
    return ExpiryResult(expired: expired, next: try rows.only.age("next"), kept: kept)
  }

  /// How many reservations one transaction releases at most.
  private static let expiryBatch = 500

  /// Releases what is due inside the caller's transaction, and tells the audit trail.
  ///
  /// - Parameter kept: placements that are passed by.
  func releaseDue(
    limit: Int, passingBy kept: [UUID] = [], in connection: PostgresConnection
  ) async throws -> DueReservations {
    let rows = try await connection.query(
      """
      SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE \(ReservationStatements.isDue)
        AND p.id <> ALL(\(kept)) AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
      ORDER BY r.expires_at, p.id LIMIT \(limit) FOR UPDATE OF p, r SKIP LOCKED
      """)
    let found = try rows.map { try PlacementRecord(row: $0) }
    guard !found.isEmpty else { return DueReservations() }
    // The ledger need not be locked for this: books that agree do so at every moment, and what is held here is locked.
    let answers = try await connection.pipeline([
      """
      SELECT cluster, committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods, version
      FROM capacity_ledger WHERE cluster = ANY(\(Set(found.map(\.spec.cluster)).sorted()))
      """,
      "SELECT clock_timestamp() AS now",
    ])
    let due = DueReservations(found, on: try DecisionBasis.ledger(answers[0]))
    guard !due.released.isEmpty else { return due }
    let now = Timestamp(try answers[1].only.decode(Date.self, "now"))
    try await connection.pipeline(try Self.expire(due.released, at: now))
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
  /// How long until the next one does, by the database's clock; nil while none is pending but what is ``kept``.
  public let next: Duration?
  /// Those that have expired too and were not released, by the clusters whose ledger holds less than they do.
  public var kept: [String: Set<UUID>] = [:]
}

/// What the audit trail keeps of a reservation's end.
struct ReservationDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "Reservation"

  var placements: [UUID]
  var projectID: UUID?
  var environmentIDs: [String: UUID]?
}
