import Model
import Postgres
import Testing

@testable import Store

/// What decisions name by its digest is stored before the ledger is locked.
struct StoredContentTests {
  /// Otherwise one that has the ledger locked and stores an offer would wait for another one that stores the same and
  /// waits for the ledger.
  @Test func `contents are stored before the ledger is locked`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for name in ["alpha", "beta"] {
        _ = try await fixture.store.put(.project(Offered.project(name)), context: someone)
      }
      let contents = { try await fixture.stored() }
      #expect(try await contents() == [0, 0])
      try await withThrowingTaskGroup(of: Void.self) { group in
        try await fixture.pool.withTransaction { connection in
          try await connection.execute("SELECT FROM capacity_ledger FOR UPDATE")
          group.addTask {
            _ = try await fixture.store.decide(PlacementRequest(project: "alpha"), context: someone)
          }
          // It has come as far as the ledger, and waits.
          let waits = try await eventually { try await fixture.isWaitingForLedger() }
          #expect(waits)
          #expect(try await contents() == [1, 1])
          #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
        }
        try await group.waitForAll()
      }
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
    }
  }

  /// The disk is not waited for when contents are stored; what names them is committed after them, and takes them along.
  @Test func `what is stored twice is there once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      _ = try await other.decide(PlacementRequest(project: "beta"), context: someone)
      #expect(try await fixture.count("SELECT count(*) FROM offer_snapshots") == 1)
    }
  }
}

extension StoreFixture {
  /// How many offers and ledgers are stored for all to see.
  fileprivate func stored() async throws -> [Int64] {
    [
      try await count("SELECT count(*) FROM offer_snapshots"),
      try await count("SELECT count(*) FROM ledger_checkpoints"),
    ]
  }

  fileprivate func isWaitingForLedger() async throws -> Bool {
    try await count(
      """
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND query LIKE '%capacity_ledger%'
      """) == 1
  }
}
