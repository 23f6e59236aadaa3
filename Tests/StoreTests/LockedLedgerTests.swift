import Dispatch
import Foundation
import Migration
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// Whoever has the ledger's rows locked keeps everybody waiting. So nothing that takes long is in front of him.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LockedLedgerTests {
  @Test(arguments: [LongWork.Line.questions, .decisions])
  func `whatever others compute, a decision on the locked ledger is made, on an offer that was changed as well`(
    line: LongWork.Line
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await busy(line) {
        _ = try await fixture.store.put(Offered.cluster("nord-2", Offered.large), context: someone)
        let round = await fixture.store.commit([.patient("beta")], waits: true)
        guard case .made(let outcome)? = try round.settled[1]?.get() else {
          Issue.record("no decision was made")
          return
        }
        #expect(outcome.decision.placed && outcome.decision.moved.isEmpty)
      }
      try await fixture.expectAllReplay()
    }
  }

  @Test func `whatever others compute, many projects are placed together on the locked ledger`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let jobs = (1...3).map { DecisionJob.patient("p\($0)", ticket: BatchMachine.Ticket($0)) }
      try await busy(.questions) {
        let round = await fixture.store.commit(jobs, waits: false)
        #expect(round.settled.values.count { (try? $0.get()) != nil } == 3)
      }
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  /// Beside this suite it would have some of the line's threads, and wait for those that the suite has.
  @Test func `whoever holds the locks of a move waits for no question about many projects`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .finalCopy)
      try await fixture.finishTasks(of: migration)
      let id = try await fixture.move("prod", of: migration).id
      try await busy(.questions) { _ = try await fixture.act(.cutOverBegins, id) }
    }
  }

  @Test func `the engine is made before the ledger is locked`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await withThrowingTaskGroup(of: [Bool].self) { group in
        try await fixture.pool.withTransaction { holder in
          _ = try await holder.query("SELECT FROM capacity_ledger FOR NO KEY UPDATE")
          group.addTask {
            try await fixture.pool.withTransaction { connection in
              let job = DecisionJob.patient("alpha")
              try await connection.pipeline(GovernanceStore.locksForWriting(.project, job.project))
              var round = BatchRound()
              return try await fixture.store.decide([job], &round, in: connection).2.map(\.isPlaced)
            }
          }
          let waits = try await eventually { try await fixture.waiters() == 1 }
          #expect(waits)
          let head = try DecisionBasis.Head(row: try await holder.query(DecisionBasis.Head.select).only)
          #expect(fixture.store.prepared.find(PreparedOffer.Key(head, policy: try head.policyInForce)) != nil)
        }
        #expect(try await group.next() == [true])
      }
    }
  }

  @Test func `what decisions name by its digest is committed before they wait for the ledger`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
        try await fixture.pool.withTransaction { holder in
          _ = try await holder.query("SELECT FROM capacity_ledger FOR NO KEY UPDATE")
          group.addTask {
            try await fixture.store.decide(PlacementRequest(project: Offered.project("alpha")), context: someone)
          }
          let waits = try await eventually { try await fixture.waiters() == 1 }
          #expect(waits)
          // Whoever has the ledger stores the same without waiting: it is there for all to see.
          #expect(try await fixture.count("SELECT count(*) FROM offer_snapshots") == 1)
          #expect(try await fixture.count("SELECT count(*) FROM ledger_checkpoints") == 1)
          #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
        }
        let outcome = try #require(try await group.next())
        #expect(outcome.decision.placed && outcome.decision.moved.isEmpty)
      }
    }
  }
}

extension DecisionJob {
  /// One that has lost so often that it is made on the locked ledger.
  fileprivate static func patient(_ project: String, ticket: BatchMachine.Ticket = 1) -> DecisionJob {
    DecisionJob(
      ticket: ticket, request: PlacementRequest(project: Offered.project(project)), purpose: .place, key: nil,
      context: someone, deadline: nil, attempt: GovernanceStore.optimisticAttempts + 1)
  }
}

/// Has every thread of a line busy while `body` runs, or until the test is cancelled: what stands in line notices that only
/// when its turn comes.
private func busy(_ line: LongWork.Line, _ body: () async throws -> Void) async throws {
  let (begun, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
  @Sendable func open() { for _ in 0..<line.threadCount { gate.signal() } }
  try await withTaskCancellationHandler {
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { open() }
      for _ in 0..<line.threadCount {
        group.addTask {
          try await LongWork.run(in: line) {
            begun.signal()
            gate.wait()
          }
        }
      }
      var count = 0
      let isBusy = try await eventually {
        while begun.hasSignal { count += 1 }
        return count == line.threadCount
      }
      #expect(isBusy)
      try await body()
    }
  } onCancel: {
    open()
  }
}

extension DispatchSemaphore {
  /// Takes a signal, if there is one.
  fileprivate var hasSignal: Bool { wait(timeout: .now()) == .success }
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
