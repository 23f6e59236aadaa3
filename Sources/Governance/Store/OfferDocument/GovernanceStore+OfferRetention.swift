import Postgres

extension GovernanceStore {
  /// For how long past meanings of the public document, and differences of the ledger that have ended, are kept at least.
  public static let shortestOfferRetention: Duration = .seconds(365 * 86_400)
  /// For how long they are unless somebody says otherwise: as long as the days of capacity.
  public static let offerRetention: Duration = .seconds(1100 * 86_400)

  /// Forgets meanings of the public document that were replaced longer ago than `age`, the oldest first, with what the outbox
  /// has kept of them, once the bus has it. The one that is current stays, however old; and so does the one that was at the
  /// earliest moment that is still told.
  ///
  /// - Parameter age: taken as ``shortestOfferRetention`` where it is less.
  /// - Returns: how many; as many as `limit` where there may be more.
  @discardableResult
  public func forgetOffers(olderThan age: Duration = GovernanceStore.offerRetention, limit: Int) async throws -> Int {
    let seconds = max(age, Self.shortestOfferRetention).components.seconds
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH old AS (\(Self.selectReplacedOffers(before: seconds, limit: limit))),
        told AS (DELETE FROM public_facts p USING old WHERE p.key = 'offer/current' AND p.revision = old.id),
        gone AS (DELETE FROM offer_documents d USING old WHERE d.id = old.id RETURNING d.id)
        SELECT count(*) AS gone FROM gone
        """)
    }
    return Int(try rows.only.decode(Int64.self, "gone"))
  }

  /// The meanings that were replaced longer ago than so many seconds, and of which nothing waits to be told. The last one
  /// that is as old is looked for once: to ask of each whether a later one is as old would read, for each, all that come
  /// after it.
  static func selectReplacedOffers(before seconds: Int64, limit: Int) -> PostgresQuery {
    """
    SELECT d.id FROM offer_documents d
    WHERE d.id < (SELECT max(e.id) FROM offer_documents e
        WHERE e.published_at < \(StoreClock.now) - \(seconds) * interval '1 second')
      AND NOT EXISTS (SELECT FROM public_facts p
        WHERE p.key = 'offer/current' AND p.revision <= d.id AND p.published_at IS NULL)
    ORDER BY d.id LIMIT \(limit) FOR UPDATE SKIP LOCKED
    """
  }

  /// Forgets differences of the ledger that ended longer ago than `age`, the oldest first. One that is open stays, however
  /// old.
  ///
  /// - Parameter age: taken as ``shortestOfferRetention`` where it is less.
  /// - Returns: how many; as many as `limit` or more where there may be more.
  @discardableResult
  public func forgetLedgerDifferences(
    olderThan age: Duration = GovernanceStore.offerRetention, limit: Int
  ) async throws -> Int {
    let seconds = max(age, Self.shortestOfferRetention).components.seconds
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH books AS (
          DELETE FROM ledger_differences WHERE id IN (SELECT id FROM ledger_differences
            WHERE ended_at < \(StoreClock.now) - \(seconds) * interval '1 second'
            ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
          RETURNING 1),
        quotas AS (
          DELETE FROM quota_differences WHERE id IN (SELECT id FROM quota_differences
            WHERE ended_at < \(StoreClock.now) - \(seconds) * interval '1 second'
            ORDER BY id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
          RETURNING 1)
        SELECT * FROM books UNION ALL SELECT * FROM quotas
        """)
    }
    return rows.count
  }
}
