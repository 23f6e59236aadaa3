import Postgres

extension GovernanceStore {
  /// For so long an ended finding is kept, by the database's clock. Who was told what stays in the audit trail.
  public static let findingRetention: Duration = .seconds(730 * 86_400)

  /// Forgets findings that ended longer ago than ``findingRetention``, the oldest first, at most `limit`; and what the
  /// outbox has kept of them, once the bus has it. Open ones stay, however old.
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
          WHERE f.resolved_at < clock_timestamp() - \(age) * interval '1 second'
            AND NOT EXISTS (SELECT FROM public_facts p
              WHERE p.key = 'finding/' || f.id::text AND p.published_at IS NULL)
          ORDER BY f.resolved_at LIMIT \(limit) FOR UPDATE SKIP LOCKED),
        told AS (DELETE FROM public_facts p USING old WHERE p.key = 'finding/' || old.id::text),
        gone AS (DELETE FROM findings f USING old WHERE f.id = old.id RETURNING f.id)
        SELECT count(*) AS gone FROM gone
        """)
    }
    return Int(try rows.only.decode(Int64.self, "gone"))
  }
}
