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
        """
        SELECT id, at, principal, action, kind, name, body, digest, position FROM audit_entries
        WHERE id < \(before) ORDER BY id DESC LIMIT \(limit + 1)
        """)
    }
    return try Page(rows.map { try AuditEntry($0) }, limit: limit, key: \.id)
  }
}

extension AuditEntry {
  init(_ row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), at: Timestamp(try row.decode(Date.self, "at")), principal: try row.decode("principal"),
      action: try row.decode("action"), kind: try row.decode("kind"), name: try row.decode("name"),
      body: try row.decode("body"), digest: try row.decode("digest"), position: try row.decode("position"))
  }
}
