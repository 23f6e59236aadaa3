import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// Decisions that are committed together are each what they would be alone.
struct BatchTests {
  @Test func `64 writers through two instances take exactly the room there is`() async throws {
    try await StoreFixture.run(maximum: 6) { fixture in
      // Room for 20 of 64.
      let capacity = ResourceList(cpu: Quantity("41"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      try await PostgresPool.withPool(fixture.configuration, logger: quiet) { pool in
        let instances = [fixture.store, GovernanceStore(pool: pool, logger: quiet)]
        let outcomes = try await instances.decide((0..<64).map { Offered.project("p\($0)") })
        #expect(outcomes.filter(\.decision.placed).count == 20)
        #expect(try await fixture.store.capacity().first?.committed.cpu == 40_000)
        #expect(try await fixture.ledgerAddsUp())
        try await fixture.expectAllReplay()
      }
    }
  }

  @Test func `writers of different sizes are refused only what does not fit, and memory may lag behind`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    try await StoreFixture.run(maximum: 6) { fixture in
      var dice = Dice(seed: seed)
      let capacity = ResourceList(cpu: Quantity("40"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity, "nord-2": capacity])
      try await fixture.withWorld {
        try await PostgresPool.withPool(fixture.configuration, logger: quiet) { pool in
          let instances = [fixture.store, GovernanceStore(pool: pool, logger: quiet)]
          let projects = (0..<64).map {
            Offered.project("p\($0)", quota: Offered.quota(cpu: Int64.random(in: 1...9, using: &dice)))
          }
          let outcomes = try await instances.decide(projects)
          for ledger in try await fixture.store.capacity() { #expect(!ledger.isOverPromised, "seed \(seed)") }
          #expect(try await fixture.ledgerAddsUp(), "seed \(seed)")
          // Nothing was given back, so what was refused then is refused now.
          for refused in outcomes where !refused.decision.placed {
            let again = try await instances[1].preview(PlacementRequest(project: refused.decision.project))
            #expect(again.outcome == .unplaceable, "seed \(seed)")
          }
          try await fixture.expectAllReplay()
        }
      }
    }
  }

  @Test func `decisions that come together share transactions`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcomes = try await [fixture.store].decide((0..<32).map { Offered.project("p\($0)") })
      #expect(Set(outcomes.map(\.decision.number)).count == 32)
      #expect(try await fixture.count("SELECT count(DISTINCT xmin::text) FROM decisions") < 16)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'decided'") == 32)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 32)
    }
  }

  @Test func `what the database refuses fails alone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var owner = Offered.project("owner")
      owner.spec.consoleID = UUID()
      _ = try await fixture.store.decide(PlacementRequest(project: owner), context: someone)
      var thief = Offered.project("thief")
      thief.spec.consoleID = owner.spec.consoleID
      let wishes = (0..<24).map { Offered.project("p\($0)") } + [thief]
      let kinds = try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
        for wish in wishes {
          group.addTask {
            try await refusal {
              _ = try await fixture.store.decide(
                PlacementRequest(project: wish), idempotencyKey: wish.name, context: someone)
            }?.kind
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(kinds.compactMap { $0 } == [.conflict])
      #expect(try await fixture.count("SELECT count(*) FROM placements") == 25)
      // Nothing of the refused one is left, its key included.
      #expect(try await fixture.count("SELECT count(*) FROM idempotency_keys") == 24)
      #expect(try await fixture.count("SELECT count(*) FROM idempotency_keys WHERE response IS NULL") == 0)
    }
  }

  @Test(arguments: [false, true])
  func `what falls out of a batch has taken no room from those after it`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      let capacity = ResourceList(cpu: Quantity("5"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      // It is planned, and refused when it is written: the version it is put over is not there any more.
      var outdated = Offered.project("alpha")
      outdated.metadata.resourceVersion = "1"
      let beta = PlacementRequest(project: Offered.project("beta"))
      let gamma = PlacementRequest(project: Offered.project("gamma"))
      func commit() async throws {
        let wishes = [PlacementRequest(project: outdated), beta, gamma]
        let jobs = zip(1..., wishes).map {
          DecisionJob(ticket: $0, request: $1, purpose: .place, key: nil, context: someone, deadline: nil)
        }
        let round = await fixture.store.commit(jobs, waits: false)
        #expect(throws: StoreError.self) { try round.settled[1]?.get() }
        for ticket: BatchMachine.Ticket in [2, 3] {
          guard case .made(let outcome)? = try round.settled[ticket]?.get() else {
            Issue.record("no decision was made")
            continue
          }
          #expect(outcome.decision.placed && outcome.decision.attempts == 1)
        }
      }
      if inMemory { try await fixture.withWorld { try await commit() } } else { try await commit() }
      #expect(try await fixture.ledgerAddsUp())
      try await fixture.expectAllReplay()
    }
  }

  @Test(arguments: [false, true])
  func `what was chosen and stands for nothing is refused alone`(inMemory: Bool) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var bad = PlacementRequest(project: Offered.project("alpha"))
      bad.choices = ["prod": ["nowhere"]]
      let wishes = [bad, PlacementRequest(project: Offered.project("beta"))]
      func commit() async throws {
        let jobs = zip(1..., wishes).map {
          DecisionJob(ticket: $0, request: $1, purpose: .place, key: nil, context: someone, deadline: nil)
        }
        let round = await fixture.store.commit(jobs, waits: false)
        let refused = try await refusal { _ = try round.settled[1]?.get() }
        #expect(refused?.path == "choices")
        guard case .made(let outcome)? = try round.settled[2]?.get() else {
          Issue.record("no decision was made")
          return
        }
        #expect(outcome.decision.placed)
      }
      if inMemory { try await fixture.withWorld { try await commit() } } else { try await commit() }
    }
  }

  @Test func `a caller that goes away takes nobody along`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<24 {
          group.addTask {
            let task = Task {
              try await fixture.store.decide(
                PlacementRequest(project: Offered.project("p\(number)")), context: someone)
            }
            if number % 3 == 0 { task.cancel() }
            switch await task.result {
            case .success: break
            case .failure(let error): #expect(number % 3 == 0, "\(error)")
            }
          }
        }
        try await group.waitForAll()
      }
      let placed = try await fixture.count("SELECT count(*) FROM placements")
      #expect(placed >= 16)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a deadline that has passed before its turn is told, and nothing is written`() async throws {
    try await StoreFixture.run(maximum: 1) { fixture in
      try await fixture.offer()
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { _ in
          _ = try await fixture.store.decide(
            PlacementRequest(project: Offered.project("alpha")), context: someone,
            deadline: .now + .milliseconds(50))
        }
      }
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
    }
  }

  @Test func `one project that somebody holds up holds up no other`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await withThrowingTaskGroup(of: Void.self) { group in
        try await fixture.pool.withTransaction { holder in
          _ = try await holder.query("SELECT pg_advisory_xact_lock(hashtextextended('p0'::text, 0))")
          group.addTask {
            _ = try await [fixture.store].decide([Offered.project("p0")])
          }
          // The others get through while it waits.
          _ = try await [fixture.store].decide((1..<12).map { Offered.project("p\($0)") })
        }
        try await group.waitForAll()
      }
      #expect(try await fixture.count("SELECT count(*) FROM placements") == 12)
    }
  }
}

extension [GovernanceStore] {
  /// Decides on all of these at once, through each of the instances in turn.
  func decide(_ projects: [Resource<ProjectSpec>]) async throws -> [DecisionOutcome] {
    try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
      for (number, project) in projects.enumerated() {
        let store = self[number % count]
        group.addTask { try await store.decide(PlacementRequest(project: project), context: someone) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension StoreFixture {
  /// Every stored decision, made again from what is stored alone, has the same bytes.
  func expectAllReplay() async throws {
    for summary in try await store.decisions(limit: 1000).items {
      let result = try await store.replay(summary.id)
      #expect(result.verdict == .equal, "decision \(summary.number) on \(summary.project)")
    }
  }
}
