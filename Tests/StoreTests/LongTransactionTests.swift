import Events
import Foundation
import NIOConcurrencyHelpers
import Postgres
import Testing
import Trail

@testable import Store

/// Transactions in which the database waits for long until it is asked the next thing.
@Suite(.timeLimit(.minutes(3)))
struct LongTransactionTests {
  /// For longer than the transactions of a test may lie idle.
  private static let pause = 2.5

  /// Runs `body` with a configuration by which the server ends what lies idle in a transaction for a second.
  private static func run(_ body: (StoreFixture, PostgresConfiguration) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var hurried = fixture.configuration
      hurried.idleInTransactionTimeout = .seconds(1)
      try await body(fixture, hurried)
    }
  }

  @Test func `a recovery may take long to work out what it writes`() async throws {
    try await Self.run { fixture, hurried in
      _ = try await fixture.place("alpha")
      let record = ZoneRecord(
        zone: "nord", epoch: 4, sequence: 1, at: Timestamp(microseconds: 1), count: 0, offsets: [], buckets: [])
      let evidence = [BusEvidence(zone: "nord", record: record)]
      let calls = NIOLockedValueBox(0)
      try await PostgresPool.withPool(hurried, logger: quiet) { pool in
        // The first identifier is made between two statements of the transaction.
        let store = GovernanceStore(
          pool: pool, logger: quiet,
          mint: {
            let number = calls.withLockedValue { calls in
              calls += 1
              return calls
            }
            if number == 1 { Thread.sleep(forTimeInterval: Self.pause) }
            return UUID()
          })
        let plan = try await store.recoveryPlan(evidence)
        _ = try await store.recover(evidence, agreedTo: plan.digest, context: someone)
      }
      let made = calls.withLockedValue { $0 }
      #expect(made >= 1)
      #expect(try await fixture.store.epoch() == 5)
    }
  }

  @Test func `whoever verifies the audit trail may wait for the processor`() async throws {
    try await Self.run { fixture, hurried in
      try await fixture.tamper(
        """
        INSERT INTO impact_results (digest, summary, bytes, named_at)
        VALUES (sha256('x'), '{}', 'x', clock_timestamp())
        """)
      let begun = NIOLockedValueBox(0)
      let crowd = LongWork.Line.questions.threadCount
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<crowd {
          group.addTask {
            try await LongWork.run {
              begun.withLockedValue { $0 += 1 }
              Thread.sleep(forTimeInterval: Self.pause)
            }
          }
        }
        let isCrowded = try await eventually { begun.withLockedValue { $0 } == crowd }
        #expect(isCrowded)
        let verified = try await PostgresPool.withPool(hurried, logger: quiet) { pool in
          try await GovernanceStore(pool: pool, logger: quiet).verifyAudit()
        }
        #expect(verified.findings.isEmpty)
        try await group.waitForAll()
      }
    }
  }
}
