import Events
import Postgres
import Store
import TestSupport
import Testing

@testable import Server

/// What a leader must be able to do however busy its instance is.
@Suite(.timeLimit(.minutes(3)))
struct RelayLeaseTests {
  /// As an instance that was stopped once it had the lock, and before its lease was committed.
  @Test func `a holder of the lock whom no lease names is deposed once it is silent`() async throws {
    try await ServerFixture.run { fixture in
      try await PostgresConnection.withConnection(fixture.database) { stopped in
        _ = try await stopped.query("SELECT pg_advisory_lock(\(StoreLocks.relay))")
        try await fixture.with(try fixture.relay("next", leaseTimeout: .seconds(1))) {
          let leads = try await eventually { try await fixture.store.relayLease()?.holder == "next" }
          #expect(leads)
        }
      }
    }
  }

  @Test func `a leader whose pool is all taken is not taken for one that was stopped`() async throws {
    try await ServerFixture.run { fixture in
      try await PostgresPool.withPool(fixture.database, logger: KafkaBroker.quiet) { pool in
        let observer = GovernanceStore(pool: pool, logger: KafkaBroker.quiet)
        try await fixture.with(try fixture.relay("first", leaseTimeout: .seconds(60))) {
          #expect(try await eventually { try await observer.relayLease()?.holder == "first" })
          // It has read what it needs by then, which a term does not begin without.
          _ = try await fixture.place("alpha")
          try await fixture.expectPublished()
          try await taking(all: fixture.pool, of: fixture.database.maximumConnections) {
            let renewed = try #require(try await observer.relayLease()?.renewedAt)
            // It is renewed five times in a lease, so that a busy machine may be late with one; whoever else waits for
            // the lock looks for leaders that were stopped.
            let isRenewed = try await eventually(within: .seconds(90)) {
              if try await observer.terminateStaleRelay(olderThan: .seconds(60)) { Issue.record("it was deposed") }
              return try #require(try await observer.relayLease()?.renewedAt).microseconds(since: renewed) > 31_000_000
            }
            #expect(isRenewed)
          }
          #expect(try await observer.relayLease()?.term == 1)
        }
      }
    }
  }

  /// Holds so many connections of a pool while `body` runs.
  private func taking(all pool: PostgresPool, of count: Int, _ body: () async throws -> Void) async throws {
    let holders = (0..<count).map { _ in
      Task {
        // One that has to be opened first may be there late.
        try await pool.withConnection(deadline: .now + .seconds(240)) { _ in try await Task.sleep(for: .seconds(240)) }
      }
    }
    #expect(try await eventually { pool.statistics.leased == count })
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    for holder in holders { holder.cancel() }
    for holder in holders { _ = await holder.result }
    try result.get()
  }
}
