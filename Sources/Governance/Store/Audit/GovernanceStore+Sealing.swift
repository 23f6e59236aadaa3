import Events
import Foundation
import Postgres
public import Trail

extension GovernanceStore {
  /// Notified, without a payload, by every commit that wrote an audit entry.
  public static let auditChannel = "regie_audit"

  /// Links committed entries into the chain, in the order of their ids among those that are there: at most `limit` (1 to
  /// 10 000). Entries become visible out of the order of their ids, so they are found because they are not sealed; one
  /// that commits late gets a later position.
  ///
  /// Nothing is locked while links are made: what was read is sealed by one statement that does nothing unless the head
  /// still is where it was and all entries still wait. Two sealers can thus not both succeed from one head, and one that is
  /// killed or stopped at any instruction leaves either all or nothing, and no lock.
  ///
  /// - Returns: How far the chain got; nil when another sealer was faster, which is no harm: call it again.
  public func sealAudit(limit: Int) async throws -> AuditProgress? {
    let limit = min(max(limit, 1), 10_000)
    let rows = try await pool.withConnection { try await $0.query(Self.unsealed(limit: limit)) }
    let first = try rows.only
    let head = AuditHead(position: try first.decode("head_position"), link: try first.decode("head_link"))
    let entries = try first.decode(Int64?.self, "id") == nil ? [] : rows.map { try AuditEntry($0) }
    let seals = AuditChain.seals(of: entries, after: head)
    guard let last = seals.last?.head else { return AuditProgress(head: head, sealed: 0, mayHaveMore: false) }
    guard try await applySeals(seals, from: head) == seals.count else { return nil }
    return AuditProgress(head: last, sealed: seals.count, mayHaveMore: seals.count == limit)
  }

  /// Writes the places of entries, if the head still is `head` and all of them still wait.
  ///
  /// - Returns: How many were sealed: all or none.
  func applySeals(
    _ seals: [(id: Int64, previous: [UInt8], head: AuditHead)], from head: AuditHead
  ) async throws -> Int {
    guard let last = seals.last?.head else { return 0 }
    return try await pool.withConnection {
      try await $0.query(Self.seal(seals, from: head, to: last)).only.decode("sealed")
    }
  }

  /// The chain's head, and the last position that is anchored on the bus.
  public func auditHead() async throws -> (head: AuditHead, anchoredPosition: Int64) {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT position, link, anchored_position FROM audit_chain")
    }
    let row = try rows.only
    return (
      AuditHead(position: try row.decode("position"), link: try row.decode("link")),
      try row.decode("anchored_position")
    )
  }

  /// The epoch, where the trail has this head at its position; nil where it has another, or does not come so far: one that
  /// was read before a restore is of a life that is lost.
  /// With it, from which position on no name was ever sealed in clear, where that is known: from when on none waits any more it is
  /// found out here, once.
  public func account(of head: AuditHead) async throws -> (epoch: Int64, pseudonymsFrom: Int64?)? {
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        """
        UPDATE audit_chain SET pseudonyms_from = 1 + coalesce((
            SELECT max(position) FROM audit_entries WHERE position IS NOT NULL
              AND (principal = \(AuditPerson.erased) OR names_person(principal) AND person IS NULL)), 0)
          WHERE pseudonyms_from IS NULL AND NOT EXISTS (
            SELECT FROM audit_entries WHERE position IS NULL AND names_person(principal) AND person IS NULL)
        """,
        """
        SELECT e.epoch, c.pseudonyms_from FROM epoch e, audit_chain c WHERE \(Self.isThere(head.position, head.link))
        """,
      ])
    }
    return try answers[1].first.map { (try $0.decode("epoch"), try $0.decode("pseudonyms_from")) }
  }

  private static func isThere(_ position: Int64, _ link: [UInt8]) -> PostgresQuery {
    """
    (EXISTS (SELECT FROM audit_chain WHERE position = \(position) AND link = \(link))
      OR EXISTS (SELECT FROM audit_entries WHERE position = \(position) AND link = \(link)))
    """
  }

  /// Records that the bus holds an anchor of this position, and keeps it as its day's newest; an earlier one changes
  /// nothing.
  ///
  /// - Parameter link: of the entry: where the trail has another there by now, nothing is recorded. nil: it is not looked at.
  public func recordAuditAnchor(
    _ record: AuditAnchorRecord, position: Int64, link: [UInt8]? = nil
  ) async throws {
    let bytes = try BusCodec.encode(record)
    let isThere: PostgresQuery = link.map { Self.isThere(position, $0) } ?? "true"
    _ = try await pool.withTransaction {
      try await $0.pipeline([
        """
        UPDATE audit_chain SET anchored_position = \(position), anchored_at = clock_timestamp()
        WHERE anchored_position < \(position) AND \(isThere)
        """,
        """
        INSERT INTO audit_anchors AS a (key, position, record)
        SELECT \(record.key), \(position), \(bytes) WHERE \(isThere)
        ON CONFLICT (key) DO UPDATE SET position = excluded.position, record = excluded.record
        WHERE a.position < excluded.position
        """,
      ])
    }
  }

  /// The newest anchors of days of which the bus has lost this one: under its key lies none, or one of an earlier
  /// position. The oldest first. The newest of all is not among them: another instance may anchor more under its key meanwhile,
  /// and whoever sends it late would put it over that. Where the bus lacks it, the head is anchored anew.
  ///
  /// - Parameter told: what the topic holds, all of which was read. What lies there byte for byte is not lost, though it is not
  ///   believed, since its key is not known any more.
  public func auditAnchors(lackedBy told: ToldEvidence) async throws -> [AuditAnchorRecord] {
    let held = Array(told.anchors)
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT a.record FROM audit_anchors a WHERE NOT EXISTS (
          SELECT FROM unnest(\(held.map(\.key)), \(held.map(\.value))) AS h (key, position)
          WHERE h.key = a.key AND h.position >= a.position)
          AND a.position < (SELECT max(position) FROM audit_anchors)
        ORDER BY a.position
        """)
    }
    let records = try rows.map { row in
      try JSONDecoder().decode(AuditAnchorRecord.self, from: Data(try row.decode([UInt8].self, "record")))
    }
    return records.filter { record in
      told.refusedAnchors[record.key]
        != ToldEvidence.digest(headers: record.pairs, value: Array(record.payload.utf8))
    }
  }

  /// The head and what waits, as of one moment: one row at least.
  private static func unsealed(limit: Int) -> PostgresQuery {
    """
    SELECT c.position AS head_position, c.link AS head_link, e.* FROM audit_chain c LEFT JOIN (
      SELECT \(AuditEntry.columns) FROM audit_entries WHERE position IS NULL ORDER BY id LIMIT \(limit)) e ON true
    ORDER BY e.id
    """
  }

  private static func seal(
    _ seals: [(id: Int64, previous: [UInt8], head: AuditHead)], from head: AuditHead, to last: AuditHead
  ) -> PostgresQuery {
    """
    WITH batch AS (SELECT * FROM unnest(
      \(seals.map(\.id)), \(seals.map(\.head.position)), \(seals.map { Digest.hexadecimal($0.previous) }),
      \(seals.map { Digest.hexadecimal($0.head.link) })) AS b (id, position, previous, link)),
    waiting AS (
      SELECT e.id FROM audit_entries e JOIN batch b ON b.id = e.id WHERE e.position IS NULL ORDER BY e.id FOR UPDATE OF e),
    moved AS (
      UPDATE audit_chain SET position = \(last.position), link = \(last.link), sealed_at = clock_timestamp()
      WHERE position = \(head.position) AND link = \(head.link) AND (SELECT count(*) FROM waiting) = \(seals.count)
      RETURNING position),
    sealed AS (
      UPDATE audit_entries e SET position = b.position, previous_link = decode(b.previous, 'hex'),
        link = decode(b.link, 'hex'), sealed_at = clock_timestamp()
      FROM batch b WHERE e.id = b.id AND EXISTS (SELECT FROM moved)
      RETURNING e.id)
    SELECT count(*) AS sealed FROM sealed
    """
  }
}

/// How far the sealer got.
public struct AuditProgress: Sendable, Hashable {
  /// The chain's end.
  public let head: AuditHead
  /// How many entries were linked.
  public let sealed: Int
  /// Whether more may wait.
  public let mayHaveMore: Bool
}
