import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// What decisions name by its digest is stored once, and nobody waits in a circle for it.
struct ContentTests {
  @Test func `whoever has the ledger locked and stores the same as one who waits for it is not held up`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.pool.withConnection { connection in
        // A circle is found by the server after a minute, and so by a deadline before.
        try await connection.script(
          """
          DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 60000', current_database()); END$$
          """)
      }
      try await PostgresPool.withPool(fixture.configuration, logger: quiet) { pool in
        let deadline = ContinuousClock.now + .seconds(20)
        func job(_ project: String, attempt: Int) -> DecisionJob {
          DecisionJob(
            ticket: 1, request: PlacementRequest(project: Offered.project(project)), purpose: .place, key: nil,
            context: someone, deadline: deadline, attempt: attempt)
        }
        let stores = [GovernanceStore(pool: pool, logger: quiet), GovernanceStore(pool: pool, logger: quiet)]
        try await withThrowingTaskGroup(of: BatchRound.self) { group in
          try await fixture.pool.withTransaction { holder in
            _ = try await holder.query("SELECT FROM capacity_ledger FOR NO KEY UPDATE")
            // The one that has lost so often that it decides under the ledger's lock is the first to get it.
            group.addTask {
              await stores[0].commit([job("patient", attempt: GovernanceStore.optimisticAttempts + 1)], waits: true)
            }
            let first = try await eventually { try await fixture.waiters() == 1 }
            group.addTask { await stores[1].commit([job("quick", attempt: 1)], waits: true) }
            let second = try await eventually { try await fixture.waiters() == 2 }
            #expect(first && second)
          }
          for try await round in group {
            guard case .made(let outcome)? = try round.settled[1]?.get() else {
              Issue.record("no decision was made")
              continue
            }
            #expect(outcome.decision.placed && outcome.decision.moved.isEmpty)
          }
        }
      }
      #expect(try await fixture.ledgerAddsUp())
    }
  }
}

extension StoreFixture {
  /// How many transactions of this database wait for a lock.
  fileprivate func waiters() async throws -> Int64 {
    try await count(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
      """)
  }
}
