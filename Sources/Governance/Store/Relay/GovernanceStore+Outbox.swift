import Events
import Foundation
import Postgres

extension GovernanceStore {
  /// The latest committed state of placements that wait for publication, oldest first, at most `limit` (1 to 10 000).
  /// That they are about to be published is recorded under `term` in the same statement, before they are handed out:
  /// the next leader publishes them again if this one falls silent. What is not marked published is claimed again.
  ///
  /// - Parameter zones: the zones (their slugs) to leave alone, as the bus does not take their states at present.
  /// - Throws: ``StoreError`` of kind `leaseLost` when a later term has begun.
  public func claimOutbox(term: Int64, limit: Int, excluding zones: Set<String> = []) async throws -> [OutboxClaim] {
    let answers = try await pool.withConnection { connection in
      try await connection.pipeline([
        "SELECT FROM relay_leases WHERE name = 'relay' AND term = \(term)",
        Self.claim(term: term, limit: min(max(limit, 1), 10_000), excluding: zones.sorted()),
      ])
    }
    guard !answers[0].isEmpty else { throw StoreError.leaseLost(term: term) }
    return try answers[1].map { row in
      let record = try PlacementRecord(row: row)
      return OutboxClaim(
        state: record.desiredState(), ids: try row.decode("ids"),
        oldest: Timestamp(try row.decode(Date.self, "oldest")), traceparent: record.traceparent)
    }
  }

  /// One statement is one snapshot: a row that is seen was committed together with the revision it announces, so the
  /// placement's state is that revision or a later one. The lease's row is locked until the attempt is committed, so
  /// that a new leader sees every attempt of its predecessors.
  static func claim(term: Int64, limit: Int, excluding zones: [String]) -> PostgresQuery {
    """
    WITH lease AS (SELECT FROM relay_leases WHERE name = 'relay' AND term = \(term)
      AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL) FOR SHARE),
    waiting AS (SELECT DISTINCT placement FROM (
      SELECT placement FROM outbox w WHERE published_at IS NULL AND \(isWanted(zones))
      ORDER BY id LIMIT \(limit)) AS oldest),
    claimed AS (
      UPDATE outbox o SET attempts = o.attempts + 1, attempted_at = clock_timestamp(), attempted_term = \(term)
      FROM waiting WHERE o.placement = waiting.placement AND o.published_at IS NULL AND EXISTS (SELECT FROM lease)
      RETURNING o.id, o.placement, o.created_at),
    gathered AS (
      SELECT placement, array_agg(id ORDER BY id) AS ids, min(created_at) AS oldest FROM claimed GROUP BY placement)
    SELECT \(PlacementRecord.columns), g.ids, g.oldest
    FROM gathered g JOIN placements p ON p.id = g.placement JOIN reservations r ON r.placement = p.id
    ORDER BY g.ids[1]
    """
  }

  /// Whether a row `w` of the outbox is of none of these zones. Most often there are none, and nothing is to be looked up.
  private static func isWanted(_ excluded: [String]) -> PostgresQuery {
    guard !excluded.isEmpty else { return "true" }
    return "(SELECT x.zone FROM placements x WHERE x.id = w.placement) <> ALL(\(excluded))"
  }

  /// Records what the bus has acknowledged. Rows that are settled already stay as they are.
  public func markPublished(_ acknowledgements: [OutboxAck]) async throws {
    let rows = acknowledgements.flatMap { ack in ack.ids.map { (id: $0, ack: ack) } }
    guard !rows.isEmpty else { return }
    try await pool.withConnection {
      _ = try await $0.pipeline([
        """
        UPDATE outbox o SET published_at = clock_timestamp(), topic = a.topic, partition = a.partition,
          "offset" = a.place
        FROM unnest(\(rows.map(\.id)), \(rows.map(\.ack.topic)), \(rows.map(\.ack.partition)),
          \(rows.map(\.ack.offset))) AS a (id, topic, partition, place)
        WHERE o.id = a.id AND o.published_at IS NULL
        """,
        PublishedState.store(acknowledgements.compactMap(\.state)),
      ])
    }
  }

  /// How long the oldest row that was not acknowledged waits; nil when none does.
  public func oldestUnpublishedAge() async throws -> Duration? {
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT \(Self.age(of: "min(created_at)")) AS age FROM outbox WHERE published_at IS NULL")
    }
    return try rows.only.age("age")
  }
}
