public import Events
public import Foundation
import Postgres

/// A public fact that is about to be published.
public struct FactClaim: Sendable, Hashable {
  /// Grows with the order of writing.
  public let id: Int64
  /// The event's identifier, the same however often it is published.
  public let event: UUID
  /// One of ``EventType``.
  public let type: String
  /// The record's key.
  public let key: String
  /// The record's value.
  public let data: [UInt8]
  /// When it became so.
  public let at: Timestamp
  /// The trace of the request that it came from.
  public let traceparent: String?
}

/// Where the bus has put a public fact.
public struct FactAck: Sendable, Hashable {
  /// The claim's ``FactClaim/id``.
  public let id: Int64
  /// The claim's ``FactClaim/event``: a recovery may have something else told in its place meanwhile.
  public let event: UUID
  /// The partition.
  public let partition: Int32
  /// The offset in it.
  public let offset: Int64

  /// An acknowledgement of what was claimed.
  public init(of claim: FactClaim, partition: Int32, offset: Int64) {
    id = claim.id
    event = claim.event
    self.partition = partition
    self.offset = offset
  }
}

extension GovernanceStore {
  /// Notified, without a payload, by every commit that wrote a public fact.
  public static let factsChannel = "regie_facts"

  /// Facts that wait for publication, oldest first, at most `limit` (1 to 1000), and of one key the oldest only: no
  /// state is sent while an earlier one of the same thing is unresolved (protocol rule 8). What is not marked published
  /// is claimed again. Nothing is claimed while a restored database waits to be recovered. Call it in a turn that was begun with
  /// ``beginPublishingFacts(messageTimeout:)``: of what is claimed it is then known how long it may wait.
  public func claimFacts(limit: Int) async throws -> [FactClaim] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH claimed AS (
          UPDATE public_facts SET attempts = attempts + 1, attempted_at = statement_timestamp(),
            message_attempted_at = statement_timestamp()
          WHERE id IN (
            SELECT f.id FROM public_facts f WHERE f.published_at IS NULL AND NOT EXISTS (
              SELECT FROM public_facts e WHERE e.key = f.key AND e.published_at IS NULL AND e.id < f.id)
            ORDER BY f.id LIMIT \(min(max(limit, 1), 1000)))
            AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
          RETURNING id, event, type, key, data, at, traceparent)
        SELECT * FROM claimed ORDER BY id
        """)
    }
    return try rows.map { row in
      FactClaim(
        id: try row.decode("id"), event: try row.decode("event"), type: try row.decode("type"),
        key: try row.decode("key"), data: try row.decode("data"),
        at: Timestamp(try row.decode(Date.self, "at")), traceparent: try row.decode("traceparent"))
    }
  }

  /// Records what the bus has acknowledged. Where another publisher was faster, or a recovery tells it again as of another epoch,
  /// what this one has sent may lie over something newer, which is then published once more (protocol rule 9).
  ///
  /// - Returns: how many are published once more.
  @discardableResult
  public func markPublished(facts acks: [FactAck]) async throws -> Int {
    guard !acks.isEmpty else { return 0 }
    return try await pool.withTransaction { connection in
      let marked = try await connection.query(
        """
        UPDATE public_facts f SET published_at = clock_timestamp(), partition = a.partition, "offset" = a.place
        FROM unnest(\(acks.map(\.id)), \(acks.map(\.event)), \(acks.map(\.partition)), \(acks.map(\.offset)))
          AS a (id, event, partition, place)
        WHERE f.id = a.id AND f.event = a.event AND f.published_at IS NULL RETURNING f.id
        """)
      let mine = Set(try marked.map { try $0.decode(Int64.self, "id") })
      let late = acks.filter { !mine.contains($0.id) }
      guard !late.isEmpty else { return 0 }
      return try await connection.execute(
        """
        UPDATE public_facts f SET published_at = NULL, partition = NULL, "offset" = NULL
        FROM (SELECT p.key, a.event FROM public_facts p
          JOIN unnest(\(late.map(\.id)), \(late.map(\.event))) AS a (id, event) ON a.id = p.id) AS l
        WHERE f.key = l.key AND f.event <> l.event AND f.published_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM public_facts g WHERE g.key = f.key AND g.id > f.id)
        """)
    }
  }

  /// Has told again what the bus has lost: of each thing the latest state, where it was published and another event
  /// lies under its key, or other data or another type as the same event, or none. An event whose signature could not
  /// be verified is held only where the bus has acknowledged it. Of findings that the bus was told to forget nothing is
  /// kept to be told.
  ///
  /// - Parameter events: by key, the event that lies last on the topic, all of which was read.
  /// - Returns: how many are told again.
  public func tellAgain(lackedBy events: [String: ToldEvidence.Event]) async throws -> Int {
    let held = Array(events)
    return try await pool.withConnection { connection in
      // There are as many as were ever told, and it is done once in a turn.
      try await connection.execute(
        """
        UPDATE public_facts f SET published_at = NULL, partition = NULL, "offset" = NULL
        WHERE f.published_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM public_facts l WHERE l.key = f.key AND l.id > f.id)
          AND NOT EXISTS (SELECT FROM unnest(
              \(held.map(\.key)), \(held.map(\.value.id)), \(held.map(\.value.type)),
              \(held.map(\.value.content.bytes)), \(held.map { $0.value.unverifiedAt?.partition }),
              \(held.map { $0.value.unverifiedAt?.offset })) AS h (key, event, type, content, partition, place)
            WHERE h.key = f.key AND h.event = f.event AND h.type = f.type AND h.content = sha256(f.data)
              AND (h.place IS NULL OR (h.partition = f.partition AND h.place = f."offset")))
        """, deadline: .now + .seconds(300))
    }
  }

  /// Whether any publisher was about to publish something within `window` of the database's clock, and it is not known
  /// what became of it.
  public func factsMayBeInFlight(within window: Duration) async throws -> Bool {
    let milliseconds = window.components.seconds * 1000 + window.components.attoseconds / 1_000_000_000_000_000
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT EXISTS (SELECT FROM public_facts WHERE published_at IS NULL
          AND attempted_at >= \(StoreClock.now) - \(milliseconds) * interval '1 millisecond') AS flying
        """)
    }
    return try rows.only.decode("flying")
  }
}
