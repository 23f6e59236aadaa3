import Events
import Foundation
import Postgres

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

  /// Walks the whole chain, as it stands at one moment, and says what is not as the sealer left it.
  public func verifyAudit() async throws -> AuditVerification {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let answers = try await connection.pipeline([
        "SELECT position, link, anchored_position FROM audit_chain",
        "SELECT count(*), \(Self.age(of: "min(at)")) AS age FROM audit_entries WHERE position IS NULL",
      ])
      let (chain, waiting) = (try answers[0].only, try answers[1].only)
      let head = AuditHead(position: try chain.decode("position"), link: try chain.decode("link"))
      var verifier = AuditVerifier()
      var after: PostgresQuery = "position IS NOT NULL"
      while true {
        let rows = try await connection.query(
          """
          SELECT \(AuditEntry.columns) FROM audit_entries WHERE \(after)
          ORDER BY position LIMIT \(Self.verificationBatch)
          """)
        for row in rows {
          let entry = try AuditEntry(row)
          verifier.check(entry)
          if let position = entry.seal?.position { after = "position > \(position)" }
        }
        if rows.count < Self.verificationBatch { break }
      }
      verifier.finish(head: head)
      return AuditVerification(
        entries: verifier.entries, head: head, anchoredPosition: try chain.decode("anchored_position"),
        findings: verifier.findings, findingsOmitted: verifier.findingsOmitted, unsealed: try waiting.decode("count"),
        oldestUnsealedAge: try waiting.age("age"))
    }
  }

  /// Entries per round trip while the chain is walked.
  private static let verificationBatch = 1000
}

extension AuditEntry {
  static let columns: PostgresQuery =
    "id, at, principal, action, kind, name, body, digest, position, previous_link, link, sealed_at"

  init(_ row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), at: Timestamp(try row.decode(Date.self, "at")), principal: try row.decode("principal"),
      action: try row.decode("action"), kind: try row.decode("kind"), name: try row.decode("name"),
      body: try row.decode("body"), digest: try row.decode("digest"), seal: try AuditSeal(row))
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
