import Postgres

extension GovernanceStore {
  /// Ends the connection that holds the advisory lock `key` when nothing was heard on it for `silence`: a stopped
  /// process keeps its connection, and with it its lock, for ever. A holder that lives asks the server for a sign of
  /// life every two seconds. One that was heard further ahead than `silence` counts as silent: the database's clock was
  /// put back, and says nothing of it.
  ///
  /// - Returns: Whether one was ended.
  public func endSilentHolder(of key: Int64, silentFor silence: Duration) async throws -> Bool {
    let milliseconds = silence.components.seconds * 1000 + silence.components.attoseconds / 1_000_000_000_000_000
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT pg_terminate_backend(k.pid) AS ended FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
        WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
          AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (k.classid::bigint << 32 | k.objid::bigint) = \(key)
          AND (a.state_change < clock_timestamp() - \(milliseconds) * interval '1 millisecond'
            OR a.state_change > clock_timestamp() + \(milliseconds) * interval '1 millisecond')
        """)
    }
    return try rows.first?.decode("ended") ?? false
  }
}
