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
        try await holder.pipeline([Self.secondPolicy, "UPDATE offer_state SET version = version + 1"])
      }
      #expect(outcome.decision.policyVersion == 2)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["offer"])
    }
  }

  @Test func `a decision is made again on its project as it was changed meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { holder in
        try await holder.execute(
          """
          UPDATE resources SET spec = jsonb_set(spec, '{dataClasses}', '["dr"]'),
            resource_version = nextval('resource_versions') WHERE kind = 'Project' AND name = 'beta'
          """)
      }
      #expect(outcome.answer.plan.outcome == .unplaceable, "there is no DR zone")
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["project"])
    }
  }

  @Test func `a decision is made again where what a wish leaves unsaid was changed meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "critiques-ailleurs", motive: LocalizedText(fr: "motif"),
          subject: LabelSelector(matchLabels: ["project.label/critique": "oui"]), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]))
      ]
      _ = try await fixture.store.put(.policy(policy), context: someone)
      let wish = PlacementRequest(project: Offered.project("beta"), unsaid: Set(ProjectSpec.Part.allCases))
      let outcome = try await fixture.decide("beta", as: wish, holding: Self.lock(of: "beta")) { holder in
        try await holder.execute(
          """
          UPDATE resources SET labels = '{"critique": "oui"}', resource_version = nextval('resource_versions')
          WHERE kind = 'Project' AND name = 'beta'
          """)
      }
      #expect(outcome.answer.plan.outcome == .unplaceable)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["project"])
    }
  }

  @Test func `a decision is made again when the agent of its zone fell silent meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { _ in
        try await fixture.store.recordSilence(zone: "nord", for: .seconds(400))
      }
      #expect(outcome.answer.plan.outcome == .unplaceable)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["heartbeats"])
    }
  }

  /// A policy that has its date comes into force without anybody's changing the offer.
  @Test func `a decision is made again under a policy whose date has come meanwhile`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let outcome = try await fixture.decide("beta", holding: Self.lock(of: "beta")) { holder in
        try await holder.execute(Self.secondPolicy)
      }
      #expect(outcome.decision.policyVersion == 2)
      #expect(outcome.decision.attempts == 2)
      #expect(outcome.decision.moved == ["policy"])
    }
  }

  private static let secondPolicy: PostgresQuery = """
    INSERT INTO policy_versions (version, resource, effective_at, document, principal)
    SELECT 2, resource, clock_timestamp(), document, 'test' FROM policy_versions WHERE version = 1
    """

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
      let made = try await fixture.made("beta")
      let first = made.trial
      // As where an instance's clock, guessed from an old answer, has run away from the database's.
      var request = first.request
      request.now = Date(timeIntervalSinceNow: planned)
      let trial = try Trial(first.job, first.subject, request, first.explanation, taken: first.taken)
      let truth = try await fixture.truth(of: made)
      #expect(truth.staleness(of: trial, on: made.ground) == moved)
    }
  }

  /// Something of the moment that may be another one than a decision was made on.
  private struct Shift: Sendable {
    var moved: String
    var apply: @Sendable (inout DecisionBasis.Head) -> Void

    static let all = [
      Shift(moved: "database") { $0.life += "/2" }, Shift(moved: "offer") { $0.offerVersion += 1 },
      Shift(moved: "policy") { $0.policyVersion = 2 }, Shift(moved: "epoch") { $0.epoch += 1 },
      Shift(moved: "day") { $0.day = $0.day.adding(days: 1) },
      Shift(moved: "heartbeats") { $0.staleZones = ["nord-usuel"] },
    ]
  }

  @Test func `whatever of its moment is another one is named, and keeps a decision from being committed`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let made = try await fixture.made("beta")
      let truth = try await fixture.truth(of: made)
      let still = truth.staleness(of: made.trial, on: made.ground)
      #expect(still == nil)
      for shift in Shift.all {
        var later = truth
        shift.apply(&later.head)
        let found = later.staleness(of: made.trial, on: made.ground)
        #expect(found == shift.moved)
      }
    }
  }

  private static func lock(of project: String) -> PostgresQuery { "hashtextextended(\(project)::text, 0)" }
}

/// A decision as it is made before its transaction.
private struct MadeDecision: Sendable {
  var ground: BatchGround
  var trial: Trial
}

extension StoreFixture {
  /// Asks for a decision, lets `meanwhile` happen once it waits for the lock, and lets it go on.
  ///
  /// - Parameter request: what is asked; nil to ask for the project as it is stored.
  fileprivate func decide(
    _ project: String, as request: PlacementRequest? = nil, holding key: PostgresQuery,
    meanwhile: (PostgresConnection) async throws -> Void
  ) async throws -> DecisionOutcome {
    _ = try await store.put(.project(Offered.project(project)), context: someone)
    let wish = request ?? PlacementRequest(project: project)
    return try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
      try await pool.withTransaction { holder in
        _ = try await holder.query("SELECT pg_advisory_xact_lock(\(key))")
        group.addTask { try await store.decide(wish, context: someone) }
        let waits = try await eventually { try await waiters() == 1 }
        #expect(waits)
        try await meanwhile(holder)
      }
      guard let outcome = try await group.next() else { throw CancellationError() }
      return outcome
    }
  }

  /// Makes a decision on a stored project.
  fileprivate func made(_ project: String) async throws -> MadeDecision {
    let job = DecisionJob(
      ticket: 1, request: PlacementRequest(project: project), purpose: .place, key: nil, context: someone,
      deadline: nil)
    let batch = try await store.plan([job], deadline: nil)
    return MadeDecision(ground: try #require(batch.ground), trial: try #require(batch.trials.first))
  }

  /// What the decision's transaction would find.
  fileprivate func truth(of decision: MadeDecision) async throws -> BatchTruth {
    try await pool.withTransaction { connection in
      try await BatchTruth.read([decision.trial.job], arePlanned: true, ledger: .none, in: connection)
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
