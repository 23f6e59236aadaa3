public import Foundation
import Postgres

/// What was forgotten in one step.
public struct ForgettingResult: Sendable, Hashable {
  /// How many placements; as many as the limit where there may be more.
  public let forgotten: Int
  /// In how long the next removal is old enough; nil where none is known of.
  public let next: Duration?

  /// A result as a test would make one.
  public init(forgotten: Int, next: Duration?) {
    self.forgotten = forgotten
    self.next = next
  }
}

/// A forgotten placement of which the bus has no tombstone yet.
public struct DueTombstone: Sendable, Hashable {
  /// The placement.
  public let placement: UUID
  /// The zone's slug.
  public let zone: String

  /// A due tombstone as a test would make one.
  public init(placement: UUID, zone: String) {
    self.placement = placement
    self.zone = zone
  }
}

/// Long after an observed removal a placement is forgotten, so that topics, digests and agents do not grow with every
/// placement there ever was (protocol rule 11).
///
/// Three steps, each of which may be the last one before a crash: it is marked, which ends its publication for good; the
/// relay's leader sends a tombstone; what the bus was noted to hold of it goes once the broker has acknowledged that. What is
/// marked and noted still is sent again.
extension GovernanceStore {
  /// For how long removed placements stay on the bus unless somebody says otherwise.
  public static let placementRetention: Duration = .seconds(30 * 86_400)

  /// Marks placements whose removal was observed longer ago than `age` by the database's clock, the oldest first: those of
  /// which the bus has the last word, and nothing waits to be said or given back. None while the database is suspended. Nor one
  /// whose loss was declared, before its removal was seen: an agent that comes back after all finds it on the bus.
  ///
  /// - Parameters:
  ///   - age: in whole milliseconds, from 0.
  ///   - limit: how many at most, from 1.
  public func forgetRemoved(olderThan age: Duration, limit: Int) async throws -> ForgettingResult {
    let milliseconds = max(0, age.components.seconds * 1000 + age.components.attoseconds / 1_000_000_000_000_000)
    // One moment for both statements: what came between two would be neither forgotten nor next.
    let old: PostgresQuery = "(now() - \(milliseconds) * interval '1 millisecond')"
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        """
        WITH old AS (
          SELECT p.id FROM placements p
          JOIN published_states s ON s.placement = p.id AND (s.epoch, s.revision) = (p.epoch, p.revision)
          WHERE p.removed_at <= \(old) AND p.forgotten_at IS NULL AND p.revision >= 1 AND p.phase = 'removed'
            AND NOT EXISTS (SELECT FROM outbox o WHERE o.placement = p.id AND o.published_at IS NULL)
            AND EXISTS (SELECT FROM reservations r WHERE r.placement = p.id AND r.state = 'released'
              AND (\(Self.isUnseenLoss)) IS NOT TRUE)
            AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
          ORDER BY p.removed_at, p.id LIMIT \(max(limit, 1)) FOR UPDATE OF p SKIP LOCKED)
        UPDATE placements p SET forgotten_at = clock_timestamp() FROM old WHERE p.id = old.id
        """,
        """
        SELECT (extract(epoch FROM min(removed_at) - \(old)) * 1000000)::bigint AS wait FROM placements
        WHERE removed_at > \(old) AND forgotten_at IS NULL AND revision >= 1
        """,
      ])
      let forgotten = answers[0].affected
      // The relay is woken as by a decision.
      if forgotten > 0 { try await connection.pipeline([Self.announceOutbox]) }
      return ForgettingResult(forgotten: forgotten, next: try answers[1].only.age("wait"))
    }
  }

  /// Whether the loss of `placements p` was declared, as its `reservations r` says, and no agent has reported since that its
  /// removal was carried out. Nobody is waited for in a zone that is not declared any more.
  private static let isUnseenLoss: PostgresQuery = """
    r.released_because = \(ReleaseCause.lossDeclared.rawValue) AND (\(QuotaDoubt.isCurrent) AND jsonb_path_exists(p.observed,
        '$.conditions[*] ? (@.type == "Applied" && @.status == "True" && @.observedRevision == $revision)',
        jsonb_build_object('revision', p.revision))) IS NOT TRUE
      AND EXISTS (SELECT FROM resources z
        WHERE z.kind = 'Zone' AND z.deleted_at IS NULL AND z.spec ->> 'slug' = p.zone)
    """

  /// The tombstones that are due, the oldest first, at most `limit`: none of a placement of which something waits to be said,
  /// and none while the database is suspended.
  ///
  /// - Parameter zones: the zones (their slugs) to leave alone.
  /// - Throws: ``StoreError`` of kind `leaseLost` when a later term has begun.
  public func dueTombstones(
    term: Int64, limit: Int, excluding zones: Set<String> = []
  ) async throws -> [DueTombstone] {
    let answers = try await pool.withConnection { connection in
      try await connection.pipeline([
        "SELECT FROM relay_leases WHERE name = 'relay' AND term = \(term)",
        Self.selectDueTombstones(limit: limit, excluding: zones.sorted()),
      ])
    }
    guard !answers[0].isEmpty else { throw StoreError.leaseLost(term: term) }
    return try answers[1].map { DueTombstone(placement: try $0.decode("id"), zone: try $0.decode("zone")) }
  }

  static func selectDueTombstones(limit: Int, excluding zones: [String]) -> PostgresQuery {
    """
    SELECT p.id, p.zone FROM placements p
    WHERE p.forgotten_at IS NOT NULL AND p.tombstone_at IS NULL AND p.zone <> ALL(\(zones))
      AND NOT EXISTS (SELECT FROM outbox o WHERE o.placement = p.id AND o.published_at IS NULL)
      AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
    ORDER BY p.forgotten_at, p.id LIMIT \(max(limit, 1))
    """
  }

  /// Notes that the bus has acknowledged tombstones: it holds nothing of these placements any more, as far as is noted. What a
  /// recovery has remembered meanwhile stays noted.
  public func markTombstones(_ placements: [UUID]) async throws {
    guard !placements.isEmpty else { return }
    try await pool.withTransaction { connection in
      _ = try await connection.pipeline([
        """
        UPDATE placements SET tombstone_at = clock_timestamp() WHERE id = ANY(\(placements)) AND forgotten_at IS NOT NULL
        """,
        """
        DELETE FROM published_states s USING placements p
        WHERE s.placement = ANY(\(placements)) AND p.id = s.placement AND p.forgotten_at IS NOT NULL
        """,
      ])
    }
  }

  /// Has tombstones sent once more of forgotten placements that the bus is noted to hold: an earlier version of the program, or
  /// a recovery, has published or found them since.
  ///
  /// - Parameter deadline: until when it may take; by default as long as any statement.
  /// - Returns: how many.
  public func requestTombstonesOfNoted(deadline: ContinuousClock.Instant? = nil) async throws -> Int {
    try await pool.withConnection(deadline: deadline) {
      try await $0.execute(
        """
        UPDATE placements p SET tombstone_at = NULL FROM published_states s
        WHERE s.placement = p.id AND p.tombstone_at IS NOT NULL
        """, deadline: deadline)
    }
  }

  /// The zones (their slugs) whose record was ever numbered, in order: one may have nothing left but forgotten placements.
  public func recordedZones() async throws -> [String] {
    let rows = try await pool.withConnection { try await $0.query("SELECT zone FROM zone_records ORDER BY zone") }
    return try rows.map { try $0.decode("zone") }
  }

  /// The zones (their slugs) that are declared, and those whose topics still wait for a tombstone.
  public func addressedZones() async throws -> Set<String> {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT spec ->> 'slug' AS zone FROM resources WHERE kind = 'Zone' AND deleted_at IS NULL
        UNION SELECT zone FROM placements WHERE forgotten_at IS NOT NULL AND tombstone_at IS NULL
        """)
    }
    return Set(try rows.map { try $0.decode(String.self, "zone") })
  }

  /// The zones (their slugs) that the database knows, be they declared or not: topics outlive their zone.
  public func knownZones() async throws -> Set<String> {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT zone FROM zone_records UNION SELECT zone FROM placements
        UNION SELECT spec ->> 'slug' FROM resource_history WHERE kind = 'Zone'
        """)
    }
    return Set(try rows.map { try $0.decode(String.self, "zone") })
  }

  /// Which of these placements are forgotten.
  public func forgotten(among placements: [UUID]) async throws -> Set<UUID> {
    guard !placements.isEmpty else { return [] }
    let rows = try await pool.withConnection {
      try await $0.query("SELECT id FROM placements WHERE id = ANY(\(placements)) AND forgotten_at IS NOT NULL")
    }
    return Set(try rows.map { try $0.decode(UUID.self, "id") })
  }
}
