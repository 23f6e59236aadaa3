import Events
import Foundation
import Postgres
public import Trail

extension GovernanceStore {
  /// The audit trail, newest first.
  public func auditEntries(limit: Int = 100, cursor: String? = nil) async throws -> Page<AuditEntry> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT \(AuditEntry.columns) FROM audit_entries WHERE id < \(before) ORDER BY id DESC LIMIT \(limit + 1)")
    }
    return try Page(rows.map { try AuditEntry($0) }, limit: limit, key: \.id)
  }

  /// Sealed entries in the chain's order, `limit` (1 to 1000) after a position, and the chain's end: nothing is beyond
  /// it. With them, whether an entry that tells of erased names waits for its seal: of some names that are gone it is
  /// not told there yet.
  public func auditChain(after position: Int64, limit: Int = 1000) async throws -> (
    entries: [AuditEntry], head: AuditHead, erasureWaits: Bool
  ) {
    try Cursor.check(limit: limit)
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT c.position AS head_position, c.link AS head_link, EXISTS (
            SELECT FROM audit_entries WHERE position IS NULL
              AND action = \(AuditErasure.action) AND kind = \(AuditErasure.kind)) AS erasure_waits,
          e.* FROM audit_chain c LEFT JOIN LATERAL (
          SELECT \(AuditEntry.columns) FROM audit_entries
          WHERE position > \(position) AND position <= c.position ORDER BY position LIMIT \(limit)) e ON true
        ORDER BY e.position
        """)
    }
    let first = try rows.only
    let head = AuditHead(position: try first.decode("head_position"), link: try first.decode("head_link"))
    return (
      try first.decode(Int64?.self, "id") == nil ? [] : rows.map { try AuditEntry($0) }, head,
      try first.decode("erasure_waits")
    )
  }

  /// The newest anchor of each day, as the bus has them, the oldest first.
  public func auditAnchors(limit: Int = 100, cursor: String? = nil) async throws -> Page<AuditAnchorRecord> {
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: String.self) ?? ""
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT record FROM audit_anchors WHERE key > \(after) ORDER BY key LIMIT \(limit + 1)")
    }
    let records = try rows.map { row in
      try JSONDecoder().decode(AuditAnchorRecord.self, from: Data(try row.decode([UInt8].self, "record")))
    }
    return try Page(records, limit: limit, key: \.key)
  }

  /// Walks the whole chain, as it stands at one moment, and says what is not as the sealer left it, or as the anchors that
  /// are kept here say; and what of decisions and of the policy's versions, proposals and votes is not as the trail tells
  /// of it.
  public func verifyAudit() async throws -> AuditVerification {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await connection.execute(Self.allowLongWork)
      let answers = try await connection.pipeline([
        "SELECT position, link, anchored_position FROM audit_chain",
        "SELECT count(*), \(Self.age(of: "min(at)")) AS age FROM audit_entries WHERE position IS NULL",
        "SELECT position, record FROM audit_anchors ORDER BY position",
      ])
      let (chain, waiting) = (try answers[0].only, try answers[1].only)
      let head = AuditHead(position: try chain.decode("position"), link: try chain.decode("link"))
      let kept = try answers[2].map { row in
        (position: try row.decode(Int64.self, "position"), anchor: try AuditAnchor(row))
      }
      var verifier = AuditVerifier(
        anchors: kept.compactMap(\.anchor), isAtOneMoment: true, now: Timestamp(Date()))
      verifier.take(kept.filter { $0.anchor?.position != $0.position }.map { AuditFinding(.anchor, at: $0.position) })
      var policy = ToldPolicy()
      var after: PostgresQuery = "position IS NOT NULL"
      while true {
        let rows = try await connection.query(
          """
          SELECT \(AuditEntry.columns) FROM audit_entries WHERE \(after)
          ORDER BY position LIMIT \(Self.verificationBatch)
          """)
        let entries = try rows.map { try AuditEntry($0) }
        for entry in entries {
          verifier.check(entry)
          Self.tell(entry, to: &policy)
          if let position = entry.seal?.position { after = "position > \(position)" }
        }
        verifier.take(try await Self.decisionFindings(entries, in: connection))
        if rows.count < Self.verificationBatch { break }
      }
      // Names go and votes are cast at once, and what tells of it is sealed a moment later.
      let telling = try await connection.query(
        """
        SELECT \(AuditEntry.columns) FROM audit_entries WHERE position IS NULL
          AND (action = \(AuditErasure.action) AND kind = \(AuditErasure.kind) OR kind IN (\(BoardDetail.kind), 'Policy'))
        ORDER BY id
        """)
      for row in telling {
        let entry = try AuditEntry(row)
        verifier.take(unsealed: entry)
        Self.tell(entry, to: &policy)
      }
      let anchored: Int64 = try chain.decode("anchored_position")
      verifier.finish(head: head, anchored: anchored)
      verifier.take(try await Self.policyFindings(policy, in: connection))
      return AuditVerification(
        verifier, head: head, anchoredPosition: anchored, unsealed: try waiting.decode("count"),
        oldestUnsealedAge: try waiting.age("age"))
    }
  }

  /// Entries per round trip while the chain is walked.
  private static let verificationBatch = 1000
}

extension AuditEntry {
  static let columns: PostgresQuery =
    """
    id, at, principal, action, kind, name, body, digest, person, salt, erased_at, position, previous_link, link, sealed_at
    """

  init(_ row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), at: Timestamp(try row.decode(Date.self, "at")), principal: try row.decode("principal"),
      action: try row.decode("action"), kind: try row.decode("kind"), name: try row.decode("name"),
      body: try row.decode("body"), digest: try row.decode("digest"), person: try AuditPerson(row),
      erasedAt: try row.decode(Date?.self, "erased_at").map { Timestamp($0) }, seal: try AuditSeal(row))
  }
}

extension AuditAnchor {
  /// Nil for one that can not be read. Who has signed it is not looked at: the store knows no keys.
  init?(_ row: PostgresRow) throws {
    let bytes: [UInt8] = try row.decode("record")
    guard let record = try? JSONDecoder().decode(AuditAnchorRecord.self, from: Data(bytes)),
      let anchor = try? record.anchor(verifier: nil)
    else { return nil }
    self = anchor
  }
}

extension AuditPerson {
  /// Nil where there is no name, or none any more.
  init?(_ row: PostgresRow) throws {
    guard let name = try row.decode(String?.self, "person") else { return nil }
    self.init(name: name, salt: try row.decode([UInt8]?.self, "salt") ?? [])
  }
}

extension AuditSeal {
  /// Nil for an entry that waits. One whose links were taken away keeps its place, with links that fit nothing.
  init?(_ row: PostgresRow) throws {
    guard let position = try row.decode(Int64?.self, "position") else { return nil }
    self.init(
      position: position, previous: try row.decode([UInt8]?.self, "previous_link") ?? [],
      link: try row.decode([UInt8]?.self, "link") ?? [],
      sealedAt: Timestamp(try row.decode(Date?.self, "sealed_at") ?? .distantPast))
  }
}
