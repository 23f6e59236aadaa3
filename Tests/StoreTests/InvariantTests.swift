import Foundation
import Model
import Placement
import Postgres
import Store
import TestSupport
import Testing

/// Tries to break what must hold (design section 6).
struct InvariantTests {
  /// The tables that a decision writes, in its order.
  static let steps = [
    "idempotency_keys", "project_identities", "environment_identities", "capacity_ledger", "offer_snapshots",
    "ledger_checkpoints", "decisions", "placements", "reservations", "outbox", "audit_entries",
  ]

  /// The server process of the transaction ends at the step, as a crash would: before the row is written, or after.
  @Test(arguments: steps, ["BEFORE", "AFTER"])
  func `a crash at any step leaves nothing`(table: String, moment: String) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      let before = try await fixture.census()
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END$$;
          CREATE TRIGGER crash \(moment) INSERT OR UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION crash();
          """)
      }
      await #expect(throws: PostgresError.self) {
        _ = try await fixture.store.decide(
          PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      }
      try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER crash ON \(table)") }
      #expect(try await fixture.census() == before)
      #expect(try await fixture.ledgerAddsUp())
      let outcome = try await fixture.store.decide(
        PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      #expect(!outcome.isReplay)
      #expect(outcome.placements.first?.spec.revision == 1)
    }
  }

  @Test func `64 writers on one nearly full cluster never promise too much nor refuse too early`() async throws {
    try await StoreFixture.run(maximum: 16) { fixture in
      // Room for 20 of 64.
      let capacity = ResourceList(
        cpu: Quantity("41"), memory: Quantity("1Ti"), gpu: Quantity("100"), storage: Quantity("1Ti"),
        pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      let outcomes = try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
        for number in 0..<64 {
          group.addTask {
            try await fixture.store.decide(
              PlacementRequest(project: Offered.project("p\(number)", quota: Offered.full())), context: someone)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.filter { $0.answer.plan.outcome == .placed }.count == 20)
      let ledger = try #require(try await fixture.store.capacity().first)
      #expect(ledger.committed.cpu == 40_000)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `writers that raise, lower, remove and observe at random keep the ledger true`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    try await StoreFixture.run(maximum: 12) { fixture in
      let capacity = ResourceList(
        cpu: Quantity("40"), memory: Quantity("1Ti"), gpu: Quantity("100"), storage: Quantity("1Ti"),
        pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity, "nord-2": capacity])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            var random = Dice(seed: seed &+ UInt64(writer))
            for step in 1...12 { try await fixture.act(as: writer, step: step, &random) }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await fixture.ledgerAddsUp(), "seed \(seed)")
      for ledger in try await fixture.store.capacity() {
        #expect(!ledger.isOverPromised, "seed \(seed), \(ledger)")
      }
    }
  }

  @Test func `revisions of one placement strictly increase under concurrency`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for cpu in 1...12 {
          group.addTask {
            let quota = Offered.quota(cpu: Int64(cpu))
            _ = try await fixture.store.decide(
              PlacementRequest(project: Offered.project("alpha", quota: quota)), context: someone)
          }
        }
        try await group.waitForAll()
      }
      let rows = try await fixture.pool.withConnection {
        try await $0.query("SELECT revision FROM outbox ORDER BY id")
      }
      let revisions = try rows.map { try $0.decode(Int64.self, at: 0) }
      #expect(revisions == Array(1...Int64(revisions.count)))
      #expect(try await fixture.store.placements().items.first?.spec.revision == revisions.last)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `no decision is committed on a policy that was replaced meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<24 {
          group.addTask {
            if number % 4 == 0 {
              let reserve = Quantity(milli: Int64(number))
              _ = try await fixture.store.put(Offered.policy(reserve: reserve), context: someone)
            } else {
              _ = try await fixture.store.decide(
                PlacementRequest(project: Offered.project("p\(number)")), context: someone)
            }
          }
        }
        try await group.waitForAll()
      }
      // A decision's commit lies before the next version's beginning, so its clock does too.
      let late = try await fixture.count(
        """
        SELECT count(*) FROM decisions d JOIN policy_versions v ON v.version > d.policy_version
        WHERE v.effective_at < d.decided_at
        """)
      #expect(late == 0)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 18)
    }
  }
}

extension StoreFixture {
  /// How many rows each table that a decision writes has, and what is promised. What decisions name by its digest says
  /// nothing by itself, and is stored before them.
  func census() async throws -> [Int64] {
    var counts: [Int64] = []
    for table in InvariantTests.steps where !["offer_snapshots", "ledger_checkpoints"].contains(table) {
      counts.append(try await count("SELECT count(*) FROM \(unescaped: table)"))
    }
    counts.append(try await count("SELECT coalesce(sum(committed_cpu), 0)::bigint FROM capacity_ledger"))
    return counts
  }

  /// One random step of one writer, on one of four projects.
  fileprivate func act(as writer: Int, step: Int, _ random: inout Dice) async throws {
    let name = "p\(Int.random(in: 0..<4, using: &random))"
    switch Int.random(in: 0..<4, using: &random) {
    case 0, 1:
      let quota = Offered.full(cpu: Int64.random(in: 1...16, using: &random))
      _ = try await store.decide(
        PlacementRequest(project: Offered.project(name, quota: quota, environments: ["prod", "dev"])),
        context: someone)
    case 2:
      _ = try await refusal { _ = try await store.remove(RemovalRequest(project: name), context: someone) }
    default:
      let records = try await store.placements(PlacementFilter(project: name)).items
      let batch = records.map { observe($0, incarnation: Int64(step), sequence: Int64(writer)) }
      _ = try await store.apply(batch, topic: "t", zone: "nord")
    }
  }
}
