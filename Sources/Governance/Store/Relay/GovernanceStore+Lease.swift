import Events
import Foundation
public import Postgres

extension GovernanceStore {
  /// Begins the next term of the relay. Call it while holding the advisory lock ``StoreLocks/relay``.
  ///
  /// No message waits for longer than the longest time that may be set: what lies further off was written by a clock that was put
  /// back since, and is not waited for.
  ///
  /// - Parameters:
  ///   - holder: the instance, for people.
  ///   - backendPID: the server process of the connection that holds the lock.
  ///   - messageTimeout: how long it lets a state wait in its producer's queue, which the next leader has to know. Of one that
  ///     does not say, as of a program of an earlier version, the longest is believed.
  public func acquireRelayLease(
    holder: String, backendPID: Int32, messageTimeout: Duration = RelayLease.longestMessageTimeout
  ) async throws -> RelayLease {
    let longest = RelayLease.longestMessageTimeout.storedMilliseconds
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        INSERT INTO relay_leases AS l (name, holder, term, backend_pid, acquired_at, renewed_at, message_milliseconds,
          message_term)
        VALUES ('relay', \(holder), 1, \(backendPID), clock_timestamp(), clock_timestamp(),
          \(messageTimeout.storedMilliseconds), 1)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = l.term + 1,
          backend_pid = excluded.backend_pid, acquired_at = excluded.acquired_at, renewed_at = excluded.renewed_at,
          message_milliseconds = excluded.message_milliseconds, message_term = l.term + 1,
          earlier_until = least(clock_timestamp() + \(longest) * interval '1 millisecond',
            greatest(l.earlier_until, clock_timestamp() + interval '1 millisecond'
              * CASE WHEN l.message_term = l.term THEN l.message_milliseconds ELSE \(longest) END))
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
  /// and with it the advisory lock, for ever. Only a server process that really holds that lock is ended. A lease that was
  /// renewed further ahead than `age` counts as old: the database's clock was put back, and says nothing of it.
  ///
  /// - Returns: Whether one was ended.
  public func terminateStaleRelay(olderThan age: Duration) async throws -> Bool {
    let milliseconds = age.components.seconds * 1000 + age.components.attoseconds / 1_000_000_000_000_000
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT pg_terminate_backend(l.backend_pid) AS ended FROM relay_leases l
        WHERE l.name = 'relay' AND (l.renewed_at < clock_timestamp() - \(milliseconds) * interval '1 millisecond'
            OR l.renewed_at > clock_timestamp() + \(milliseconds) * interval '1 millisecond')
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
    (extract(epoch FROM clock_timestamp() - renewed_at) * 1000000)::bigint AS age,
    (extract(epoch FROM earlier_until - clock_timestamp()) * 1000000)::bigint AS earlier
    """

  init(row: PostgresRow) throws {
    self.init(
      holder: try row.decode("holder"), term: try row.decode("term"), backendPID: try row.decode("backend_pid"),
      renewedAt: Timestamp(try row.decode(Date.self, "renewed_at")), age: try row.age("age") ?? .zero,
      earlier: try row.age("earlier") ?? .zero)
  }
}

extension Duration {
  /// As the database keeps it.
  var storedMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
