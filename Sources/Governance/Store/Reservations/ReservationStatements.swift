import Events
import Foundation
import Model
import Postgres

/// Why capacity was given back, as the database keeps it.
enum ReleaseCause: String, Sendable {
  case cancelled
  case expired
  case lossDeclared = "loss-declared"
}

/// Reads and writes holds and the reservations that belong to them.
enum ReservationStatements {
  /// A reservation `r` whose time has run out, and whose capacity was not released yet.
  static let isDue: PostgresQuery = "r.state = 'pending' AND r.expires_at <= \(StoreClock.now)"

  /// A hold, before its reservations.
  static func insert(
    _ hold: Hold, project: String, decision: UUID, at now: Timestamp, context: RequestContext
  ) -> PostgresQuery {
    """
    INSERT INTO holds (id, project, decision, principal, created_at, expires_at)
    VALUES (\(hold.id), \(project), \(decision), \(context.principal), \(now.date), \(hold.expiresAt.date))
    """
  }

  /// Waits for the lock of the project that a hold is for; a hold that does not exist has none.
  static func lockProject(of hold: UUID) -> PostgresQuery {
    "SELECT pg_advisory_xact_lock(hashtextextended(project, 0)) FROM holds WHERE id = \(hold)"
  }

  /// A hold and its state by the database's clock, as ``ReservationRecord/init(_:placements:)`` reads it. The clock is
  /// read when the row is: what holds it back does not make it older.
  static func select(_ hold: UUID, locked: Bool = false) -> PostgresQuery {
    """
    SELECT id, project, decision, principal, created_at, expires_at, confirmed_at, cancelled_at,
      CASE WHEN confirmed_at IS NOT NULL THEN 'confirmed' WHEN cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'pending' END AS state
    FROM holds WHERE id = \(hold) \(locked ? "FOR UPDATE" : "" as PostgresQuery)
    """
  }

  /// The placements that began as reservations of a hold.
  static func placements(of hold: UUID, locked: Bool = false) -> PostgresQuery {
    """
    SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE r.hold = \(hold)
    ORDER BY p.environment, p.replica, p.id \(locked ? "FOR UPDATE OF p, r" : "" as PostgresQuery)
    """
  }

  /// Gives back what reservations hold that the caller has locked, and seen not to be released yet. The ledger comes in
  /// the order of its rows.
  static func release(_ records: [PlacementRecord], because cause: ReleaseCause, at now: Timestamp) -> [PostgresQuery] {
    guard !records.isEmpty else { return [] }
    let ids = records.map(\.spec.id)
    let amounts = Dictionary(
      records.map { ($0.spec.cluster, $0.reserved) }, uniquingKeysWith: { $0.combined(with: $1, +) })
    let ledger = amounts.sorted { $0.key < $1.key }.map { LedgerStatements.release($0.value, of: $0.key) }
    return [
      """
      UPDATE reservations SET state = 'released', released_at = \(now.date), released_because = \(cause.rawValue),
        expires_at = NULL, cpu = 0, memory = 0, gpu = 0, storage = 0, pods = 0
      WHERE placement = ANY(\(ids))
      """,
      "UPDATE placements SET phase = 'removed', removed_at = \(now.date) WHERE id = ANY(\(ids))",
    ] + ledger
  }
}

extension ReservationRecord {
  /// Reads ``ReservationStatements/select(_:locked:)``.
  init(_ row: PostgresRow, placements: PostgresRows) throws {
    func moment(_ column: String) throws -> Timestamp? { try row.decode(Date?.self, column).map(Timestamp.init) }
    self.init(
      id: try row.decode("id"), project: try row.decode("project"), state: try row.known("state"),
      decision: try row.decode("decision"), principal: try row.decode("principal"),
      createdAt: Timestamp(try row.decode(Date.self, "created_at")),
      expiresAt: Timestamp(try row.decode(Date.self, "expires_at")), confirmedAt: try moment("confirmed_at"),
      cancelledAt: try moment("cancelled_at"), placements: try placements.map { try PlacementRecord(row: $0) })
    // A clock that was set back does not bring back what was released.
    if state == .pending, self.placements.contains(where: { $0.removedAt != nil }) { state = .expired }
  }
}
