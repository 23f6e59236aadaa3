import Foundation
import TestSupport
import Testing

@testable import Postgres

/// What the server does for one who waits for an advisory lock. These have a server each: they look at what all its
/// transactions have in common, and stop a process of it.
@Suite(.timeLimit(.minutes(2)))
struct AdvisoryLockWaitTests {
  /// One who waits.
  private struct Waiter {
    /// Its process of the server.
    let pid: Int32
    /// What a transaction from this one on has left behind is kept for its sake.
    let horizon: Int64
  }

  private static func waiter(_ connection: PostgresConnection) async throws -> Waiter? {
    let rows = try await connection.query(
      """
      SELECT pid, backend_xmin::text::bigint AS horizon FROM pg_stat_activity
      WHERE application_name = 'regie/lock' AND wait_event = 'advisory' AND backend_xmin IS NOT NULL
      """)
    guard let row = rows.first else { return nil }
    return Waiter(pid: try row.decode(Int32.self, "pid"), horizon: try row.decode(Int64.self, "horizon"))
  }

  @Test func `whoever waits for long keeps nothing that died meanwhile, and gets the lock when it is free`()
    async throws
  {
    let server = try await PostgresServer.start()
    let configuration = try PostgresServer.configuration(try await server.freshDatabase().url)
    var patient = PostgresAdvisoryLock(configuration: configuration, key: 11, logger: quiet)
    patient.longestWait = .milliseconds(400)
    let lock = patient
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.execute("SELECT pg_advisory_lock(11)")
      let successor = Task { try await lock.withLock { $0.backendPID } }
      var seen: Waiter?
      var isSo = try await eventually {
        seen = try await Self.waiter(connection)
        return seen != nil
      }
      #expect(isSo)
      let first = try #require(seen)
      let rows = try await connection.query("SELECT pg_current_xact_id()::text::bigint AS id")
      let committed = try rows[0].decode(Int64.self, "id")
      #expect(first.horizon <= committed)
      isSo = try await eventually {
        seen = try await Self.waiter(connection)
        return seen.map { $0.horizon > committed } ?? false
      }
      #expect(isSo, "the snapshot of the one who waits moves on")
      #expect(seen?.pid == first.pid, "the end of a wait is no reason to connect anew")
      try await connection.execute("SELECT pg_advisory_unlock(11)")
      #expect(try await successor.value == first.pid)
    }
    try await server.stop()
  }

  @Test func `a lock that is granted just as the wait for it ends is known to be held, and is held once`() async throws
  {
    let server = try await PostgresServer.start()
    let configuration = try PostgresServer.configuration(try await server.freshDatabase().url)
    var patient = PostgresAdvisoryLock(configuration: configuration, key: 12, logger: quiet)
    patient.longestWait = .seconds(2)
    let lock = patient
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.execute("SELECT pg_advisory_lock(12)")
      let waiting = Task { try await lock.acquire {} }
      var seen: Waiter?
      let isSeen = try await eventually {
        seen = try await Self.waiter(connection)
        return seen != nil
      }
      #expect(isSeen)
      let pid = try #require(seen).pid
      // The server's process sleeps through the end of its wait and through the grant, and wakes up to both.
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      let isOver = try await eventually {
        let rows = try await connection.query(
          """
          SELECT clock_timestamp() > query_start + interval '2500 milliseconds' AS over
          FROM pg_stat_activity WHERE pid = \(pid)
          """)
        return try rows[0].decode(Bool.self, "over")
      }
      #expect(isOver)
      try await connection.execute("SELECT pg_advisory_unlock(12)")
      kill(pid, SIGCONT)
      let session = try await waiting.value
      #expect(session.backendPID == pid)
      let unlock: PostgresQuery = "SELECT pg_advisory_unlock(12) AS freed"
      let answers = try await session.run([unlock, unlock], within: Exchange(deadline: .now + .seconds(30)))
      let freed = try answers.map { try $0[0].decode(Bool.self, "freed") }
      #expect(freed == [true, false])
    }
    try await server.stop()
  }
}
