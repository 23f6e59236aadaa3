import NIOConcurrencyHelpers
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct AdvisoryLockTests {
  /// Those of this database who wait for an advisory lock.
  private static let waiters: PostgresQuery = """
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
    """

  @Test func `one holder at a time, each in its turn`() async throws {
    let configuration = try await freshConfiguration()
    let holders = NIOLockedValueBox((now: 0, most: 0, turns: 0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let lock = PostgresAdvisoryLock(configuration: configuration, key: 7, logger: quiet)
          try await lock.withLock { held in
            holders.withLockedValue { holders in
              holders.now += 1
              holders.turns += 1
              holders.most = max(holders.most, holders.now)
            }
            #expect(held.backendPID > 0 && !held.isLost)
            for _ in 0..<100 { await Task.yield() }
            holders.withLockedValue { $0.now -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(holders.withLockedValue { $0.most } == 1)
    #expect(holders.withLockedValue { $0.turns } == 6)
  }

  @Test func `the loss of the connection cancels the work and passes the lock on`() async throws {
    let configuration = try await freshConfiguration()
    let lock = PostgresAdvisoryLock(configuration: configuration, key: 8, logger: quiet)
    let (pids, continuation) = AsyncStream.makeStream(of: Int32.self)
    let holder = Task {
      try await lock.withLock { held in
        continuation.yield(held.backendPID)
        await held.waitUntilLost()
        #expect(held.isLost)
        await held.waitUntilLost()
        while !Task.isCancelled { await Task.yield() }
        try Task.checkCancellation()
      }
    }
    var iterator = pids.makeAsyncIterator()
    let pid = try #require(await iterator.next())
    let successor = Task { try await lock.withLock { $0.backendPID } }
    try await PostgresConnection.withConnection(configuration) { connection in
      #expect(
        try await eventually {
          try await connection.query(Self.waiters).count == 1
        })
      try await connection.execute("SELECT pg_terminate_backend(\(pid))")
    }
    let error = await #expect(throws: PostgresError.self) { try await holder.value }
    #expect(error?.kind == .lockLost)
    #expect(try await successor.value != pid)
  }

  @Test func `a cancelled task stops waiting for the lock`() async throws {
    let configuration = try await freshConfiguration()
    let lock = PostgresAdvisoryLock(configuration: configuration, key: 9, logger: quiet)
    try await lock.withLock { _ in
      let waiting = Task { try await lock.withLock { _ in } }
      try await PostgresConnection.withConnection(configuration) { connection in
        func waiters() async throws -> Int {
          try await connection.query(Self.waiters).count
        }
        var isSo = try await eventually { try await waiters() == 1 }
        #expect(isSo)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        isSo = try await eventually { try await waiters() == 0 }
        #expect(isSo)
      }
    }
  }

  @Test func `the work's own error, and its value, come out`() async throws {
    struct Sorry: Error {}
    let lock = PostgresAdvisoryLock(configuration: try await freshConfiguration(), key: 10, logger: quiet)
    await #expect(throws: Sorry.self) { try await lock.withLock { _ in throw Sorry() } }
    #expect(try await lock.withLock { _ in 5 } == 5)
  }
}
