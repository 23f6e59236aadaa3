import Events
import Foundation
public import Postgres

extension GovernanceStore {
  /// Begins the next term of the relay. Call it while holding the advisory lock ``StoreLocks/relay``.
  ///
  /// - Parameters:
  ///   - holder: the instance, for people.
  ///   - backendPID: the server process of the connection that holds the lock.
  public func acquireRelayLease(holder: String, backendPID: Int32) async throws -> RelayLease {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        INSERT INTO relay_leases AS l (name, holder, term, backend_pid, acquired_at, renewed_at)
        VALUES ('relay', \(holder), 1, \(backendPID), clock_timestamp(), clock_timestamp())
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = l.term + 1,
          backend_pid = excluded.backend_pid, acquired_at = excluded.acquired_at, renewed_at = excluded.renewed_at
        RETURNING \(RelayLease.columns)
        """)
    }
    return try RelayLease(row: rows.only)
  }

  /// Who the relay is; nil before the first.
  public func relayLease() async throws -> RelayLease? {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT \(RelayLease.columns) FROM relay_leases WHERE name = 'relay'")
    }
    return try rows.first.map { try RelayLease(row: $0) }
  }

  /// Says that the holder of `term` is alive.
  ///
  /// - Parameters:
  ///   - connection: one of the leader's own: in a busy pool a living leader would pass for a stopped one.
  ///   - limit: how long the server may take.
  /// - Throws: ``StoreError`` of kind `leaseLost` when a later term has begun.
  public static func renewRelayLease(
    term: Int64, in connection: PostgresConnection, within limit: Duration
  ) async throws {
    let renewed = try await connection.execute(
      "UPDATE relay_leases SET renewed_at = clock_timestamp() WHERE name = 'relay' AND term = \(term)",
      deadline: .now + limit)
    guard renewed == 1 else { throw StoreError.leaseLost(term: term) }
  }

  /// Ends the connection of a holder that has not renewed its lease for `age`: a stopped process keeps its connection,
  /// and with it the advisory lock, for ever. Only a server process that really holds that lock is ended.
  ///
  /// - Returns: Whether one was ended.
  public func terminateStaleRelay(olderThan age: Duration) async throws -> Bool {
    let milliseconds = age.components.seconds * 1000 + age.components.attoseconds / 1_000_000_000_000_000
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT pg_terminate_backend(l.backend_pid) AS ended FROM relay_leases l
        WHERE l.name = 'relay' AND l.renewed_at < clock_timestamp() - \(milliseconds) * interval '1 millisecond'
          AND EXISTS (SELECT FROM pg_locks k
            WHERE k.pid = l.backend_pid AND k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
              AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (k.classid::bigint << 32 | k.objid::bigint) = \(StoreLocks.relay))
        """)
    }
    return try rows.first?.decode("ended") ?? false
  }
}

extension RelayLease {
  static let columns: PostgresQuery = """
    holder, term, backend_pid, renewed_at,
    (extract(epoch FROM clock_timestamp() - renewed_at) * 1000000)::bigint AS age
    """

  init(row: PostgresRow) throws {
    self.init(
      holder: try row.decode("holder"), term: try row.decode("term"), backendPID: try row.decode("backend_pid"),
      renewedAt: Timestamp(try row.decode(Date.self, "renewed_at")), age: try row.age("age") ?? .zero)
  }
}
