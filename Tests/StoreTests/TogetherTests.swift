import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// Many projects that were looked at together are placed as they were planned, in one transaction, or not at all.
struct TogetherTests {
  @Test(arguments: [false, true])
  func `all are placed where they were planned to go, by one transaction`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(90)
      func decide() async throws {
        let plan = try await fixture.plan(names)
        let outcome = try await fixture.together(plan)
        #expect(outcome.entries.map(\.project) == plan.map(\.request.project))
        #expect(outcome.decisions.allSatisfy { $0.isAsPlanned && $0.changed && !$0.isReplay })
        #expect(try await fixture.homes() == plan.homes)
      }
      if inMemory { try await fixture.withWorld { try await decide() } } else { try await decide() }
      #expect(try await fixture.count("SELECT count(DISTINCT xmin::text) FROM decisions") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 90)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'decided'") == 90)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 90)
      #expect(try await fixture.ledgerAddsUp())
      try await fixture.expectAllReplay()
    }
  }

  @Test(arguments: [false, true])
  func `where one has lost its place nothing is written, and the answer names it`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(3, room: 7)
      func decide() async throws {
        let plan = try await fixture.plan(names)
        // Room for two of the three is left.
        _ = try await fixture.place("quick")
        let before = try await fixture.census()
        let refusal = try await fixture.refused { _ = try await fixture.together(plan, key: "k") }
        #expect(refusal?.project == plan[2].request.project)
        #expect(refusal?.position == 2)
        guard case .planLost(let reasons)? = refusal?.cause else {
          Issue.record("\(String(describing: refusal))")
          return
        }
        #expect(!reasons.isEmpty)
        #expect(refusal?.asStoreError.path == "projects[2]")
        #expect(try await fixture.census() == before)
        // The key is free for the batch that is planned again.
        let next = try await fixture.together(Array(plan.prefix(2)), key: "k")
        #expect(next.decisions.count == 2 && !next.isReplay)
      }
      if inMemory { try await fixture.withWorld { try await decide() } } else { try await decide() }
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a place that goes while the batch waits is lost to all of it`() async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(3, room: 7)
      let plan = try await fixture.plan(names)
      let refusal = try await withThrowingTaskGroup(of: TogetherRefusal?.self) { group in
        try await fixture.pool.withTransaction { holder in
          _ = try await holder.query("SELECT pg_advisory_xact_lock(hashtextextended(\(names[1])::text, 0))")
          group.addTask { try await fixture.refused { _ = try await fixture.together(plan) } }
          let waits = try await eventually {
            try await fixture.count(
              """
              SELECT count(*) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event = 'advisory'
              """) > 0
          }
          #expect(waits)
          _ = try await fixture.place("quick")
        }
        return try await group.next().flatMap { $0 }
      }
      #expect(refusal?.position == 2)
      #expect(try await fixture.count("SELECT count(*) FROM placements") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what is wrong with one by itself is told with its place, and nothing is written`() async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(2)
      let plan = try await fixture.plan(names)
      let unknown = PlannedRequest(PlacementRequest(project: "nobody"), places: [])
      let refusal = try await fixture.refused { _ = try await fixture.together([plan[0], unknown, plan[1]]) }
      #expect(refusal?.project == "nobody" && refusal?.position == 1)
      #expect(refusal?.asStoreError.kind == .notFound)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
    }
  }

  @Test func `a key stands for all of them, whatever they were planned to do by then`() async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(3)
      let plan = try await fixture.plan(names)
      let requests = plan.map(\.request)
      #expect(
        try await fixture.store.decidedTogether(requests, idempotencyKey: "k", context: someone)?.decisions == nil)
      let outcomes = try await withThrowingTaskGroup(of: TogetherOutcome.self) { group in
        for _ in 0..<4 { group.addTask { try await fixture.together(plan, key: "k") } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.filter { !$0.isReplay }.count == 1)
      #expect(Set(outcomes.map { $0.decisions.map(\.decision.id) }).count == 1)
      var other = plan
      other[0].places[0].cluster = "elsewhere"
      let again = try await fixture.together(other, key: "k")
      #expect(again.isReplay && again.decisions.allSatisfy(\.isReplay))
      let stored = try await fixture.store.decidedTogether(requests, idempotencyKey: "k", context: someone)
      #expect(stored?.decisions == again.decisions)
      let mismatch = try await refusal { _ = try await fixture.together(Array(plan.prefix(2)), key: "k") }
      #expect(mismatch?.kind == .idempotencyMismatch)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 3)
    }
  }

  @Test func `what is asked in another order than it is planned has its key, and its refusal, by the order asked`()
    async throws
  {
    try await StoreFixture.run { fixture in
      var plan = try await fixture.plan(try await fixture.projects(2))
      plan[0].position = 1
      plan[1].position = 0
      let unknown = PlannedRequest(PlacementRequest(project: "nobody"), places: [], position: 2)
      let refusal = try await fixture.refused { _ = try await fixture.together([plan[0], unknown, plan[1]], key: "k") }
      #expect(refusal?.project == "nobody" && refusal?.position == 2)
      let outcome = try await fixture.together(plan, key: "k")
      #expect(outcome.entries.map(\.project) == plan.map(\.request.project))
      let asked = [plan[1].request, plan[0].request]
      let stored = try await fixture.store.decidedTogether(asked, idempotencyKey: "k", context: someone)
      #expect(stored?.decisions.map(\.decision.id) == outcome.decisions.map(\.decision.id))
    }
  }

  @Test func `a crash at any step leaves nothing of any of them`() async throws {
    for table in InvariantTests.steps where !["offer_snapshots", "ledger_checkpoints"].contains(table) {
      try await StoreFixture.run { fixture in
        let plan = try await fixture.plan(try await fixture.projects(5))
        let before = try await fixture.census()
        // Not at the first row where there are several: the others are written by then.
        let step = ["idempotency_keys", "capacity_ledger"].contains(table) ? 1 : 4
        try await fixture.pool.withConnection { connection in
          try await connection.script(
            """
            CREATE SEQUENCE steps;
            CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
              IF nextval('steps') < \(step) THEN RETURN NEW; END IF;
              PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END$$;
            CREATE TRIGGER crash AFTER INSERT OR UPDATE ON \(table) FOR EACH ROW EXECUTE FUNCTION crash();
            """)
        }
        await #expect(throws: PostgresError.self, "\(table)") { _ = try await fixture.together(plan, key: "k") }
        try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER crash ON \(table)") }
        #expect(try await fixture.census() == before, "\(table)")
        #expect(try await fixture.ledgerAddsUp())
        #expect(try await fixture.together(plan, key: "k").decisions.count == 5)
      }
    }
  }

  @Test func `batches that overlap, and single decisions among them, all end`() async throws {
    try await StoreFixture.run(maximum: 12) { fixture in
      let names = try await fixture.projects(40)
      let plan = try await fixture.plan(names)
      try await PostgresPool.withPool(fixture.configuration, logger: quiet) { pool in
        let other = GovernanceStore(pool: pool, logger: quiet)
        let committed = try await withThrowingTaskGroup(of: Bool.self) { group in
          for store in [fixture.store, other] {
            for plan in [plan, plan.reversed()] {
              // Where a single decision was first, and went elsewhere, the batch does not move it.
              group.addTask {
                try await fixture.refused {
                  _ = try await store.decideTogether(plan, allOrNothing: true, context: someone)
                } == nil
              }
            }
            for name in names.prefix(10) {
              group.addTask {
                _ = try await store.decide(PlacementRequest(project: name), context: someone)
                return false
              }
            }
          }
          return try await group.reduce(false) { $0 || $1 }
        }
        #expect(try await fixture.count("SELECT count(*) FROM placements") == (committed ? 40 : 10))
      }
      #expect(try await fixture.ledgerAddsUp())
      try await fixture.expectAllReplay()
    }
  }

  @Test func `each by itself has its own answer, and none hides another`() async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(3, room: 7)
      let plan = try await fixture.plan(names)
      _ = try await fixture.place("quick")
      let unknown = PlannedRequest(PlacementRequest(project: "nobody"), places: [])
      let key = String(repeating: "é", count: 127)
      let wishes = [plan[0], unknown, plan[1], plan[2]]
      for round in 1...2 {
        let outcome = try await fixture.together(wishes, allOrNothing: false, key: key)
        #expect(outcome.entries.map(\.project) == wishes.map(\.request.project))
        #expect(throws: StoreError.self) { try outcome.entries[1].result.get() }
        let decisions = outcome.decisions
        #expect(decisions.filter(\.decision.placed).count == 2)
        #expect(decisions.allSatisfy { $0.isReplay == (round == 2) })
        #expect(decisions.allSatisfy { $0.isAsPlanned == $0.decision.placed })
      }
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what stands by itself goes elsewhere where its place is lost, and says so`() async throws {
    try await StoreFixture.run { fixture in
      let names = try await fixture.projects(1)
      var plan = try await fixture.plan(names)
      plan[0].places[0].cluster = "nowhere"
      let outcome = try await fixture.together(plan, allOrNothing: false)
      let decision = try #require(outcome.decisions.first)
      #expect(decision.decision.placed && !decision.isAsPlanned)
      #expect(decision.decision.moved == ["plan"] && decision.decision.attempts == 2)
      try await fixture.expectAllReplay()
    }
  }

  @Test func `none, too many, and one twice are refused`() async throws {
    try await StoreFixture.run { fixture in
      let plan = try await fixture.plan(try await fixture.projects(1))
      let crowd = (0...1000).map { PlannedRequest(PlacementRequest(project: "p\($0)"), places: []) }
      for wishes in [[], plan + plan, crowd] {
        for allOrNothing in [true, false] {
          let refused = try await refusal { _ = try await fixture.together(wishes, allOrNothing: allOrNothing) }
          #expect(refused?.kind == .invalid)
        }
      }
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
    }
  }
}

extension StoreFixture {
  /// An offer of clusters that have room for `room` processors each, and projects of two processors.
  fileprivate func projects(_ count: Int, room: Int64? = nil) async throws -> [String] {
    let capacity = ResourceList(
      cpu: Quantity("\(room ?? 64)"), memory: Quantity("1Ti"), gpu: Quantity("100"), storage: Quantity("1Ti"),
      pods: Quantity("10000"))
    let clusters = room == nil ? (1...8).map { "nord-\($0)" } : ["nord-1"]
    try await offer(clusters: Dictionary(uniqueKeysWithValues: clusters.map { ($0, capacity) }))
    let names = (0..<count).map { "p\($0)" }
    for name in names {
      _ = try await store.put(.project(Offered.project(name, quota: Offered.full())), context: someone)
    }
    return names
  }

  /// Plans them together, as whoever asks for a batch does.
  fileprivate func plan(_ names: [String]) async throws -> [PlannedRequest] {
    let bases = try await store.basis(of: names)
    let answer = bases.engine.place(BatchRequest(projects: bases.requests), on: bases.state)
    return answer.placed.compactMap { entry in entry.plan.map { PlannedRequest(project: entry.project, plan: $0) } }
  }

  fileprivate func together(
    _ plan: [PlannedRequest], allOrNothing: Bool = true, key: String? = nil
  ) async throws -> TogetherOutcome {
    try await store.decideTogether(plan, allOrNothing: allOrNothing, idempotencyKey: key, context: someone)
  }

  fileprivate func refused(_ body: () async throws -> Void) async throws -> TogetherRefusal? {
    do {
      try await body()
      return nil
    } catch let refusal as TogetherRefusal {
      return refusal
    }
  }

  fileprivate func homes() async throws -> Set<String> {
    Set(
      try await store.placements(PlacementFilter(), limit: 1000).items.map { "\($0.spec.project) \($0.spec.cluster)" })
  }
}

extension [PlannedRequest] {
  fileprivate var homes: Set<String> {
    Set(flatMap { planned in planned.places.map { "\(planned.request.project) \($0.cluster)" } })
  }
}
