public import Foundation
import Postgres

/// What becomes of findings that have ended: the bus keeps saying so for a while, and is then told to forget them, as the topic
/// would hold every finding there ever was; later they are forgotten here.
extension GovernanceStore {
  /// For so long the bus says of a finding that it has ended, by the database's clock.
  public static let findingAfterlife: Duration = .seconds(30 * 86_400)
  /// For so long an ended finding is kept, by the database's clock. Who was told what stays in the audit trail.
  public static let findingRetention: Duration = .seconds(730 * 86_400)

  /// Findings that the bus is to be told to forget, those that ended first before others, at most `limit` (1 to 1000). None of
  /// which something waits to be told, and none while a restored database waits to be recovered.
  public func findingsToBury(limit: Int) async throws -> [UUID] {
    let age = Self.findingAfterlife / .seconds(1)
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT f.id FROM findings f
        WHERE f.resolved_at < \(StoreClock.now) - \(age) * interval '1 second' AND f.tombstone_at IS NULL
          AND NOT EXISTS (SELECT FROM public_facts p
            WHERE p.key = 'finding/' || f.id::text AND p.published_at IS NULL)
          AND NOT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL)
        ORDER BY f.resolved_at, f.id LIMIT \(min(max(limit, 1), 1000))
        """)
    }
    return try rows.map { try $0.decode("id") }
  }

  /// Notes that the bus has acknowledged the tombstones of findings: nothing is told of them again, not after a recovery either.
  public func markBuried(findings ids: [UUID]) async throws {
    guard !ids.isEmpty else { return }
    try await pool.withTransaction { connection in
      _ = try await connection.pipeline([
        "UPDATE findings SET tombstone_at = clock_timestamp() WHERE id = ANY(\(ids)) AND tombstone_at IS NULL",
        """
        DELETE FROM public_facts WHERE key = ANY(\(ids.map { Self.findingKey($0) })) AND published_at IS NOT NULL
        """,
      ])
    }
  }

  /// The key of the record that tells of a finding.
  public static func findingKey(_ id: UUID) -> String { "finding/\(id.uuidString.lowercased())" }

  /// Forgets findings that ended longer ago than ``findingRetention``, the oldest first, at most `limit`, once the bus has
  /// forgotten what it was told of them. Open ones stay, however old.
  ///
  /// - Returns: how many were forgotten; as many as `limit` where there may be more.
  @discardableResult
  public func forgetFindings(limit: Int = 1000) async throws -> Int {
    let age = Self.findingRetention / .seconds(1)
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH old AS (
          SELECT f.id FROM findings f
          WHERE f.resolved_at < \(StoreClock.now) - \(age) * interval '1 second'
            AND NOT EXISTS (SELECT FROM public_facts p WHERE p.key = 'finding/' || f.id::text)
          ORDER BY f.resolved_at LIMIT \(limit) FOR UPDATE SKIP LOCKED),
        gone AS (DELETE FROM findings f USING old WHERE f.id = old.id RETURNING f.id)
        SELECT count(*) AS gone FROM gone
        """)
    }
    return Int(try rows.only.decode(Int64.self, "gone"))
  }
}
