import Postgres

extension GovernanceStore {
  /// Begins the turn of a publisher of public facts. Call it while holding the advisory lock ``StoreLocks/publicFacts``.
  ///
  /// - Parameter messageTimeout: how long it lets a fact wait in its producer's queue, which the next publisher has to know. Of one
  ///   that has attempted what is not known to be published and does not say, as of a program of an earlier version, the longest
  ///   is believed.
  /// - Returns: For how long, from now on, a fact of the publishers before this one may still wait in the queue of its producer;
  ///   zero where none may.
  public func beginPublishingFacts(messageTimeout: Duration) async throws -> Duration {
    // As of the relay: what lies further off is of a clock that was put back.
    let longest = RelayLease.longestMessageTimeout.storedMilliseconds
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        INSERT INTO facts_publisher AS p (message_milliseconds, earlier_until)
        VALUES (\(messageTimeout.storedMilliseconds), (
          SELECT clock_timestamp() + \(longest) * interval '1 millisecond'
          WHERE EXISTS (SELECT FROM public_facts f WHERE f.published_at IS NULL
            AND f.attempted_at IS DISTINCT FROM f.message_attempted_at)))
        ON CONFLICT (singleton) DO UPDATE SET message_milliseconds = excluded.message_milliseconds,
          earlier_until = least(clock_timestamp() + \(longest) * interval '1 millisecond',
            greatest(p.earlier_until, excluded.earlier_until,
              clock_timestamp() + p.message_milliseconds * interval '1 millisecond'))
        RETURNING (extract(epoch FROM earlier_until - clock_timestamp()) * 1000000)::bigint AS earlier
        """)
    }
    return try rows.only.age("earlier") ?? .zero
  }
}
