import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What a decision was made on changes between the engine's answer and the commit. The tests hold a lock that the
/// decision's transaction waits for, so that the change falls exactly there.
struct StalenessTests {
  @Test func `a refusal is made again when capacity became free meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      let capacity = ResourceList(cpu: Quantity("3"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      _ = try await fixture.place("alpha")
      let removals = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let removed = try #require(removals.first)
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { _ in
        _ = try await fixture.store.apply([fixture.observe(removed, sequence: 1)], topic: "t", zone: "nord")
      }
      #expect(outcome.answer.plan.outcome == .placed)
      #expect(outcome.decision.attempts == 2)
      #expect(try await fixture.count("SELECT count(*) FROM decisions WHERE project = 'beta'") == 1)
    }
  }

  @Test func `a refusal is made again when a reservation expired meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      let capacity = ResourceList(cpu: Quantity("3"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      let reservation = try await fixture.reserve("alpha")
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { _ in
        try await fixture.elapse(reservation)
      }
      #expect(outcome.answer.plan.outcome == .placed)
      #expect(outcome.decision.attempts == 2)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a decision is made again when the last room went meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      let capacity = ResourceList(cpu: Quantity("3"), memory: Quantity("1Ti"), pods: Quantity("1000"))
      try await fixture.offer(clusters: ["nord-1": capacity])
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { _ in
        _ = try await fixture.place("alpha")
      }
      #expect(outcome.answer.plan.outcome == .unplaceable)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["ledger of nord-1"])
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a decision is made again under the policy that came into force meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.decide("beta", holding: "\(StoreLocks.offer)") { holder in
        try await holder.pipeline([
          """
          INSERT INTO policy_versions (version, resource, effective_at, document, principal)
          SELECT 2, resource, clock_timestamp(), document, 'test' FROM policy_versions WHERE version = 1
          """,
          "UPDATE offer_state SET version = version + 1",
        ])
      }
      #expect(outcome.decision.policyVersion == 2)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["offer"])
    }
  }

  @Test func `a policy waits for the decisions that are being committed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
        let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { _ in
          group.addTask {
            _ = try await fixture.store.put(Offered.policy(reserve: Quantity("0.5")), context: someone)
          }
          let bothWait = try await eventually { try await fixture.waiters() == 2 }
          #expect(bothWait)
        }
        try await group.waitForAll()
        return outcome
      }
      #expect(outcome.decision.policyVersion == 1)
      #expect(try await fixture.store.policyInForce()?.version == 2)
    }
  }

  @Test(arguments: [
    (notified: 3600.0, planned: 7200.0, moved: "derogation" as String?), (-3600, -7200, "derogation"),
    (3600, 1800, nil), (-3600, -1800, nil),
  ])
  func `a derogation counts from the moment of the database's clock, not of whoever planned`(
    notified: Double, planned: Double, moved: String?
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let notifiedAt = Date(timeIntervalSinceNow: notified)
      let derogation = DerogationSpec(
        project: "beta", rules: ["interdit"], motive: "Motif", decision: .granted, notifiedAt: notifiedAt)
      _ = try await fixture.store.put(.derogation(Resource("derogation", derogation)), context: someone)
      let job = DecisionJob(
        ticket: 1, request: PlacementRequest(project: "beta"), purpose: .place, key: nil, context: someone,
        deadline: nil)
      let batch = try await fixture.store.plan([job], deadline: nil)
      let ground = try #require(batch.ground)
      let first = try #require(batch.trials.first)
      // As where an instance's clock, guessed from an old answer, has run away from the database's.
      var request = first.request
      request.now = Date(timeIntervalSinceNow: planned)
      let trial = try Trial(first.job, first.subject, request, first.explanation, taken: first.taken)
      let truth = try await fixture.pool.withTransaction { connection in
        try await BatchTruth.read([job], arePlanned: true, ledger: .none, in: connection)
      }
      #expect(truth.staleness(of: trial, on: ground) == moved)
    }
  }

  private static func lock(of project: String) -> PostgresQuery { "hashtextextended(\(project)::text, 0)" }
}

extension StoreFixture {
  /// Asks for a decision, lets `meanwhile` happen once it waits for the lock, and lets it go on.
  fileprivate func decide(
    _ project: String, holding key: PostgresQuery, meanwhile: (PostgresConnection) async throws -> Void
  ) async throws -> DecisionOutcome {
    _ = try await store.put(.project(Offered.project(project)), context: someone)
    return try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
      try await pool.withTransaction { holder in
        _ = try await holder.query("SELECT pg_advisory_xact_lock(\(key))")
        group.addTask { try await store.decide(PlacementRequest(project: project), context: someone) }
        let waits = try await eventually { try await waiters() == 1 }
        #expect(waits)
        try await meanwhile(holder)
      }
      guard let outcome = try await group.next() else { throw CancellationError() }
      return outcome
    }
  }

  /// How many transactions of this database wait for an advisory lock.
  fileprivate func waiters() async throws -> Int64 {
    try await count(
      """
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
      """)
  }
}
