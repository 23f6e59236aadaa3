public import Foundation
import Postgres

extension GovernanceStore {
  /// Placements that any leader was about to publish within `window` of the database's clock. A new leader publishes
  /// their latest state again: its predecessor may have put an older one after it (protocol rule 9).
  public func recentlyAttempted(within window: Duration) async throws -> [UUID] {
    let milliseconds = window.components.seconds * 1000 + window.components.attoseconds / 1_000_000_000_000_000
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT DISTINCT placement FROM outbox
        WHERE attempted_at >= \(StoreClock.now) - \(milliseconds) * interval '1 millisecond' ORDER BY placement
        """)
    }
    return try rows.map { try $0.decode("placement") }
  }

  /// Has the latest state of placements published once more. One that already waits for its first attempt is skipped.
  ///
  /// It is done part by part, each of which takes as long as any statement at most: decisions wait for the
  /// placements that a part has locked. For one that somebody holds a part waits five seconds. Where a part fails,
  /// what was asked for before stays so, and is skipped when all is asked for again.
  ///
  /// - Parameter part: how many are asked for at once.
  /// - Returns: How many were asked for.
  public func requestRepublication(placements: [UUID], reason: String, part: Int = 2000) async throws -> Int {
    var count = 0
    var rest = placements[...]
    while !rest.isEmpty {
      let ids = Array(rest.prefix(max(part, 1)))
      rest = rest.dropFirst(ids.count)
      let more = try await pool.withTransaction { connection in
        let answers = try await connection.pipeline([
          "SET LOCAL lock_timeout = '5s'", Self.republish("p.id = ANY(\(ids))", reason: reason), Self.announceOutbox,
        ])
        return answers[1].affected
      }
      count += more
    }
    return count
  }

  /// Has removals published once more when their moment has passed by the database's clock, and with them a record of the
  /// zone, which bears that clock's time: agents remove nothing before they have read one that was made after the moment, and
  /// on a quiet topic there would be none.
  ///
  /// - Parameter deadline: until when it is waited for whoever holds one of the placements.
  /// - Returns: How many were asked for.
  public func republishDueRemovals(deadline: ContinuousClock.Instant? = nil) async throws -> Int {
    try await pool.withTransaction(deadline: deadline) { connection in
      let count = try await connection.execute(
        Self.republish(
          """
          p.phase = 'removed' AND p.removed_at IS NULL
            AND p.not_before <= \(StoreClock.now) AND NOT EXISTS (
              SELECT FROM outbox t WHERE t.placement = p.id AND t.epoch = p.epoch AND t.revision = p.revision
                AND t.attempted_at >= p.not_before)
          """, reason: "due"))
      if count > 0 { try await connection.pipeline([Self.announceOutbox]) }
      return count
    }
  }

  /// Has the latest state of placements published once more of which it is not noted that the bus has it: an earlier version
  /// of the program has published them. It is done part by part, each of which takes as long as any statement at most: decisions
  /// wait for the placements that a part has locked. For one that somebody holds a part waits five seconds.
  ///
  /// - Parameters:
  ///   - deadline: until when a further part is begun; nil for all. What was asked for by then stays so.
  ///   - part: how many are asked for at once.
  /// - Returns: How many were asked for.
  /// - Throws: `PostgresError` that may pass (``PostgresError/isRetriable``) where the deadline was not enough.
  public func requestRepublicationOfUnnoted(
    deadline: ContinuousClock.Instant? = nil, part: Int = 2000
  ) async throws -> Int {
    var count = 0
    while true {
      let more = try await pool.withTransaction { connection in
        let answers = try await connection.pipeline([
          "SET LOCAL lock_timeout = '5s'", Self.republishUnnoted(limit: part), Self.announceOutbox,
        ])
        return answers[1].affected
      }
      guard more > 0 else { return count }
      count += more
      if let deadline, ContinuousClock.now >= deadline {
        throw PostgresError(.deadlineExceeded, "\(count) states were asked for, and more are not noted")
      }
    }
  }

  /// What is forgotten keeps its row for good, and soon there is more of it than of all else. So what stands is looked for by one
  /// index, and what is gone and not forgotten by another (what is forgotten is gone, by a rule of the table).
  static func republishUnnoted(limit: Int) -> PostgresQuery {
    let all = republish(
      """
      (p.removed_at IS NULL OR (p.removed_at IS NOT NULL AND p.forgotten_at IS NULL))
        AND NOT EXISTS (SELECT FROM published_states s
          WHERE s.placement = p.id AND (s.epoch, s.revision) >= (p.epoch, p.revision))
        AND NOT EXISTS (SELECT FROM outbox w WHERE w.placement = p.id AND w.published_at IS NULL)
      """, reason: "not noted")
    return "\(all) LIMIT \(max(limit, 1))"
  }

  /// Has the latest state of all placements of a zone (its slug) published once more, for an agent that can not read
  /// its topic's past. Answered once per request.
  ///
  /// - Parameter buckets: those of ``DigestBook`` that are asked for, whole; nil for all.
  /// - Returns: How many were asked for.
  public func requestRepublication(
    zone: String, request: UUID, reason: String, buckets: [Int]? = nil
  ) async throws -> Int {
    try await pool.withTransaction { connection in
      let claimed = try await connection.execute(
        """
        INSERT INTO republications (request, zone, reason, placements)
        SELECT \(request)::uuid, \(zone)::text, \(reason)::text, 0
        WHERE NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
        ON CONFLICT DO NOTHING
        """)
      guard claimed == 1 else { return 0 }
      let count = try await connection.execute(
        Self.republish("p.zone = \(zone) AND \(Self.isIn(buckets))", reason: "republication"))
      try await connection.pipeline([
        "UPDATE republications SET placements = \(count) WHERE request = \(request)", Self.announceOutbox,
      ])
      return count
    }
  }

  /// A placement's bucket is the first byte of its identifier.
  private static func isIn(_ buckets: [Int]?) -> PostgresQuery {
    guard let buckets else { return "true" }
    return "get_byte(uuid_send(p.id), 0) = ANY(\(buckets.map { Int32(clamping: $0) }))"
  }

  /// Removed placements too: an agent without memory must learn that they are gone. Not what is only reserved, nor what is
  /// forgotten.
  ///
  /// Placements are locked, in the order in which decisions lock them: what is forgotten meanwhile is not published again.
  private static func republish(_ condition: PostgresQuery, reason: String) -> PostgresQuery {
    """
    INSERT INTO outbox (placement, epoch, revision, reason)
    SELECT p.id, p.epoch, p.revision, \(reason) FROM placements p
    WHERE \(condition) AND p.revision >= 1 AND p.forgotten_at IS NULL
      AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
      AND NOT EXISTS (
      SELECT FROM outbox o WHERE o.placement = p.id AND o.published_at IS NULL AND o.attempts = 0)
    ORDER BY p.project, p.environment, p.replica, p.id FOR KEY SHARE OF p
    """
  }
}
