import Postgres

extension GovernanceStore {
  /// For so long a question without a subject is kept, with its answer.
  public static let impactRetention: Duration = .seconds(30 * 86_400)
  /// For so long a result is kept after another has taken its place: somebody may be reading it page by page.
  public static let replacedResultRetention: Duration = .seconds(3600)

  /// Has results kept for ``replacedResultRetention`` from now on, where no question has them any more: they were found, or are
  /// left for others. Rows are taken in one order, since a transaction may have several.
  static func keep(resultsWhere condition: PostgresQuery) -> PostgresQuery {
    """
    WITH held AS (SELECT digest FROM impact_results WHERE \(condition) ORDER BY digest FOR NO KEY UPDATE)
    UPDATE impact_results r SET found_at = clock_timestamp() FROM held h WHERE r.digest = h.digest RETURNING r.digest
    """
  }

  /// Forgets questions that are older than ``impactRetention`` and that no proposal keeps, then results that are nobody's
  /// and that the audit trail does not name, at most `limit` of each.
  ///
  /// - Returns: how many questions and results were forgotten; as many as `limit` where there may be more.
  @discardableResult
  public func forgetImpacts(limit: Int = 1000) async throws -> (questions: Int, results: Int) {
    let (age, replaced) = (Self.impactRetention / .seconds(1), Self.replacedResultRetention / .seconds(1))
    return try await pool.withConnection { connection in
      let questions = try await connection.execute(
        """
        DELETE FROM impacts WHERE id IN (
          SELECT id FROM impacts WHERE subject IS NULL AND state <> 'running'
            AND requested_at < \(StoreClock.now) - \(age) * interval '1 second'
          ORDER BY requested_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
        """)
      // Whoever finds the same result in this moment, or leaves it, has its row's lock, and has made it young.
      let results = try await connection.execute(
        """
        DELETE FROM impact_results WHERE digest IN (
          SELECT r.digest FROM impact_results r
          WHERE r.named_at IS NULL AND r.found_at < \(StoreClock.now) - \(replaced) * interval '1 second'
            AND NOT EXISTS (SELECT FROM impacts i WHERE i.result = r.digest)
          LIMIT \(limit) FOR UPDATE SKIP LOCKED)
        """)
      return (questions, results)
    }
  }
}
