import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

/// What a policy would change: asked for, worked out, and true.
@Suite struct ImpactTests {
  static func forbid(_ cluster: String, _ id: String = "not-here") -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: "motif"), effect: .forbid,
      places: LabelSelector(matchLabels: ["cluster.name": cluster]))
  }

  static func withFixture(
    _ projects: Int = 3, _ body: (StoreFixture, PolicySpec) async throws -> Void
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(
        clusters: ["nord-1": Offered.large, "nord-2": Offered.large, "nord-3": Offered.large])
      for number in 0..<projects { _ = try await fixture.place("projet\(number)", environments: ["prod", "dev"]) }
      try await body(fixture, try #require(try await fixture.store.policyInForce()).spec)
    }
  }

  /// For so long whoever has claimed an impact is heard of, also where the machine has stood still since.
  private static let heard = GovernanceStore.impactPatience * 40

  static func workOut(_ store: GovernanceStore, hearing patience: Duration = .seconds(2)) async throws -> Bool {
    let claim = try #require(try await store.claimImpact(by: "test"))
    return try await store.workOut(claim, slice: 1, hearing: patience) { _ in }
  }

  @Test func `it is asked for, worked out by whoever claims it, and read with the moment it is true of`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      var proposed = present
      proposed.rules = [Self.forbid("nord-1")]
      let asked = try await store.requestImpact(of: proposed, subject: "vote/1", context: someone)
      #expect(asked.state == .waiting && asked.result == nil && asked.follows)
      #expect(try await store.requestImpact(of: proposed, subject: "vote/1", context: someone).id == asked.id)
      #expect(try await store.impactResult(asked.id) == nil)
      #expect(try await Self.workOut(store))
      let done = try await store.impact(asked.id)
      let result = try #require(done.result)
      #expect(done.state == .done && done.projectsDone == 3 && done.projectsTotal == 3)
      #expect(result.policyVersion == 1 && !result.isStale && result.summary.projects == 3)
      let impact = try #require(try await store.impactResult(asked.id))
      #expect(impact.summary == result.summary && result.summary.placements == 6)
      #expect(impact.nonCompliances.allSatisfy { $0.cluster == "nord-1" && $0.rules == ["not-here"] })
      #expect(!impact.nonCompliances.isEmpty)
      #expect(try await store.impacts(of: "vote/1").items.map(\.id) == [asked.id])
      #expect(try await store.claimImpact(by: "another") == nil)
    }
  }

  @Test func `the same inputs are stored once, under their digest`() async throws {
    try await Self.withFixture { fixture, present in
      let first = try await fixture.store.requestImpact(of: present, context: someone)
      let second = try await fixture.store.requestImpact(of: present, context: someone)
      #expect(first.id != second.id)
      #expect(try await Self.workOut(fixture.store))
      #expect(try await Self.workOut(GovernanceStore(pool: fixture.pool, logger: quiet)))
      let digests = try await fixture.store.impacts().items.compactMap(\.result?.digest)
      #expect(digests.count == 2 && Set(digests).count == 1)
      #expect(try await fixture.count("SELECT count(*) FROM impact_results") == 1)
    }
  }

  @Test func `whoever dies is followed by another, and has lost the right when it comes back`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, context: someone)
      let dead = try #require(try await store.claimImpact(by: "dead"))
      #expect(try await store.claimImpact(by: "next", patience: Self.heard) == nil, "it is heard of")
      let next = try #require(try await store.claimImpact(by: "next", patience: .zero))
      #expect(next.id == asked.id)
      #expect(try await !store.workOut(dead) { _ in })
      try await store.failImpact(dead, because: "late")
      #expect(try await store.impact(asked.id).state == .running)
      #expect(try await store.workOut(next) { _ in })
      #expect(try await store.impact(asked.id).state == .done)
    }
  }

  @Test func `a cancelled one stops, and what was found before stays`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, context: someone)
      let claim = try #require(try await store.claimImpact(by: "test"))
      #expect(try await refusal { _ = try await store.cancelImpact(asked.id, by: "another") }?.kind == .forbidden)
      #expect(try await store.cancelImpact(asked.id).state == .cancelled)
      #expect(try await !store.workOut(claim) { _ in })
      #expect(try await store.impact(asked.id).state == .cancelled)
      #expect(try await store.claimImpact(by: "test", patience: .zero, pace: .zero) == nil)
      // It may be asked for again.
      let again = try await store.requestImpact(of: present, context: someone)
      #expect(again.id != asked.id)
      #expect(try await Self.workOut(store))
      let done = try await store.cancelImpact(again.id)
      #expect(done.state == .done && done.result != nil && !done.follows)
    }
  }

  @Test func `what somebody votes on is worked out before what somebody only asks`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      let alone = try await store.requestImpact(of: present, context: someone)
      let asked = try await store.requestImpact(of: present, subject: "s", context: someone)
      let first = try #require(try await store.claimImpact(by: "test"))
      #expect(first.id == asked.id)
      #expect(try await store.workOut(first) { _ in })
      // It is to be computed anew, and the other one waits still.
      _ = try await fixture.place("nouveau")
      #expect(try await store.impact(asked.id).result?.isStale == true)
      try await Self.execute(fixture, "UPDATE impacts SET seconds = 0")
      #expect(try await store.claimImpact(by: "test", pace: .zero)?.id == asked.id)
      #expect(try await store.claimImpact(by: "test", patience: Self.heard)?.id == alone.id)
    }
  }

  @Test func `when the world moves it is stale, and computed anew at its pace, until the subject is settled`()
    async throws
  {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, subject: "s", context: someone)
      let alone = try await store.requestImpact(of: present, context: someone)
      #expect(try await Self.workOut(store))
      #expect(try await Self.workOut(store))
      #expect(try await store.impact(asked.id).result?.isStale == false)
      _ = try await fixture.place("nouveau")
      #expect(try await store.impact(asked.id).result?.isStale == true)
      #expect(try await store.impact(alone.id).result?.isStale == true)
      // The other one was worked out since, and that may have taken its time.
      try await Self.execute(fixture, "UPDATE impacts SET finished_at = clock_timestamp()")
      #expect(try await store.claimImpact(by: "test") == nil, "it was computed a moment ago")
      // However long it took here, and that would be waited for twenty times.
      try await fixture.pool.withConnection { _ = try await $0.query("UPDATE impacts SET seconds = 0") }
      let claim = try #require(try await store.claimImpact(by: "test", pace: .zero))
      #expect(claim.id == asked.id, "nobody follows the other one")
      #expect(try await store.impact(asked.id).result != nil, "the result of before is there meanwhile")
      #expect(try await store.workOut(claim) { _ in })
      let fresh = try await store.impact(asked.id).result
      #expect(fresh?.isStale == false && fresh?.summary.projects == 4)
      try await store.settleImpacts(of: "s")
      _ = try await fixture.place("encore")
      try await fixture.tamper("UPDATE impacts SET seconds = 0")
      #expect(try await store.claimImpact(by: "test", pace: .zero) == nil)
    }
  }

  @Test func `a document that is wrong is refused with all that is`() async throws {
    try await Self.withFixture(0) { fixture, present in
      var wrong = present
      wrong.flowDelayDays = 99
      wrong.complianceDays = 0
      let error = try await refusal { _ = try await fixture.store.requestImpact(of: wrong, context: someone) }
      #expect(error?.kind == .invalid)
      #expect(error?.problems.map(\.path) == ["spec.flowDelayDays", "spec.complianceDays"])
    }
  }

  static func execute(_ fixture: StoreFixture, _ statement: PostgresQuery) async throws {
    try await fixture.pool.withConnection { _ = try await $0.query(statement) }
  }

  @Test func `it is of the day on which the policy takes effect`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      let later = Timestamp(Date(timeIntervalSinceNow: 30 * 86_400))
      let day = try await fixture.pool.withConnection {
        try await $0.query("SELECT (\(later.date)::timestamptz AT TIME ZONE 'Europe/Paris')::date::text AS day").first?
          .decode(String.self, "day")
      }
      var proposed = present
      proposed.rules = ["nord-1", "nord-2", "nord-3"].map { name in
        var rule = Self.forbid(name, "not-\(name)")
        rule.validFrom = day.flatMap { CalendarDay($0) }
        return rule
      }
      let now = try await store.requestImpact(of: proposed, context: someone)
      let then = try await store.requestImpact(of: proposed, effectiveAt: later, context: someone)
      #expect(try await Self.workOut(store))
      #expect(try await Self.workOut(store))
      let (today, date) = (try await store.impact(now.id), try await store.impact(then.id))
      #expect(today.effectiveAt == nil && date.effectiveAt == later)
      #expect(today.result?.summary.nonCompliant == 0)
      let result = try #require(date.result)
      #expect(result.summary.nonCompliant == 6 && result.day.description == day && !result.isStale)
    }
  }

  @Test func `it is against the version that is in force when the policy takes effect`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      var awaited = present
      awaited.rules = ["nord-1", "nord-2", "nord-3"].map { Self.forbid($0, "not-\($0)") }
      _ = try await store.put(.policy(Resource("regie", awaited)), context: someone)
      try await fixture.tamper(
        "UPDATE policy_versions SET effective_at = clock_timestamp() + interval '1 hour' WHERE version = 2")
      let now = try await store.requestImpact(of: awaited, subject: "s", context: someone)
      let later = Timestamp(Date(timeIntervalSinceNow: 7200))
      let then = try await store.requestImpact(of: awaited, subject: "s", effectiveAt: later, context: someone)
      #expect(now.id != then.id)
      #expect(try await Self.workOut(store))
      #expect(try await Self.workOut(store))
      let present = try #require(try await store.impact(now.id).result)
      #expect(present.policyVersion == 1 && present.summary.nonCompliant == 6)
      let result = try #require(try await store.impact(then.id).result)
      #expect(result.policyVersion == 2 && !result.isStale)
      #expect(result.summary.nonCompliant == 0 && result.summary.alreadyNonCompliant == 6)
      // Another version is decided for a moment before that one.
      try await Self.execute(
        fixture,
        """
        INSERT INTO policy_versions (version, resource, effective_at, document, principal)
        SELECT 3, resource, effective_at + interval '1 minute', document, principal FROM policy_versions
        WHERE version = 2
        """)
      #expect(try await store.impact(then.id).result?.isStale == true)
    }
  }

  @Test func `what is only reserved, or is to be removed, is neither judged nor moved`() async throws {
    try await Self.withFixture { fixture, present in
      let store = fixture.store
      _ = try await store.put(.project(Offered.project("attente")), context: someone)
      _ = try await store.reserve(
        PlacementRequest(project: "attente"), ttl: .seconds(600), idempotencyKey: nil, context: someone)
      _ = try await store.remove(RemovalRequest(project: "projet0"), context: someone)
      var proposed = present
      proposed.rules = ["nord-1", "nord-2", "nord-3"].map { Self.forbid($0, "not-\($0)") }
      let asked = try await store.requestImpact(of: proposed, context: someone)
      #expect(try await Self.workOut(store))
      let impact = try #require(try await store.impactResult(asked.id))
      #expect(impact.summary.projects == 4 && impact.summary.placements == 4 && impact.summary.nonCompliant == 4)
      #expect(Set(impact.nonCompliances.map(\.project)) == ["projet1", "projet2"])
      #expect(Set(impact.migrations.map(\.project)) == ["projet1", "projet2"] && impact.migrations.count == 4)
      #expect(impact.unplaceable.map(\.project).contains("attente"))
    }
  }

  @Test func `one that is begun again and again without an end is given up`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, subject: "s", context: someone)
      for _ in 0..<GovernanceStore.mostImpactClaims {
        _ = try #require(try await store.claimImpact(by: "dies", patience: .zero))
      }
      #expect(
        try await store.claimImpact(by: "next", patience: Self.heard) == nil, "the last one may be at work still")
      #expect(try await store.impact(asked.id).state == .running)
      #expect(try await store.claimImpact(by: "next", patience: .zero) == nil)
      let failed = try await store.impact(asked.id)
      #expect(failed.state == .failed && failed.failure?.contains("begun 5 times") == true)
    }
  }

  @Test func `claims that gave a result are not counted`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, subject: "s", context: someone)
      for round in 0..<GovernanceStore.mostImpactClaims {
        #expect(try await Self.workOut(store))
        _ = try await fixture.place("nouveau\(round)")
        try await Self.execute(fixture, "UPDATE impacts SET seconds = 0, finished_at = finished_at - interval '1 hour'")
      }
      _ = try #require(try await store.claimImpact(by: "dies"))
      _ = try #require(try await store.claimImpact(by: "next", patience: .zero))
      #expect(try await store.impact(asked.id).state == .running)
    }
  }

  @Test func `it is said that somebody works on it for as long as it takes`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      _ = try await store.requestImpact(of: present, context: someone)
      let claim = try #require(try await store.claimImpact(by: "test"))
      let isDone = try await store.workOut(claim, renewing: .milliseconds(10)) { _ in
        try await Self.execute(fixture, "UPDATE impacts SET renewed_at = clock_timestamp() - interval '1 hour'")
        let isRenewed = try await eventually {
          try await fixture.count(
            "SELECT count(*) FROM impacts WHERE renewed_at > clock_timestamp() - interval '1 minute'") == 1
        }
        #expect(isRenewed)
      }
      #expect(isDone)
    }
  }

  @Test func `whoever has lost it stops, in the middle of a slice too`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      _ = try await store.requestImpact(of: present, context: someone)
      let claim = try #require(try await store.claimImpact(by: "test"))
      let isStopped = Mutex(false)
      let isFinished = try await store.workOut(claim, renewing: .milliseconds(10)) { _ in
        // It is passed by in the moments in which it is being said that somebody works on it.
        let isTaken = try await eventually { try await store.claimImpact(by: "next", patience: .zero) != nil }
        try #require(isTaken)
        do {
          try await Task.sleep(for: .seconds(60))
        } catch {
          isStopped.withLock { $0 = true }
          throw error
        }
      }
      #expect(!isFinished)
      #expect(isStopped.withLock { $0 })
    }
  }

  @Test func `what the database will never take is failed at once`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      let asked = try await store.requestImpact(of: present, context: someone)
      try await Self.execute(fixture, "ALTER TABLE impact_results ADD CONSTRAINT nothing CHECK (false)")
      #expect(try await !Self.workOut(store))
      let failed = try await store.impact(asked.id)
      #expect(failed.state == .failed && failed.failure?.contains("nothing") == true)
    }
  }

  @Test func `so many wait for one principal, and no more`() async throws {
    try await Self.withFixture(0) { fixture, present in
      let store = fixture.store
      for _ in 0..<GovernanceStore.mostImpactsWaiting {
        _ = try await store.requestImpact(of: present, context: someone)
      }
      let refused = try await refusal { _ = try await store.requestImpact(of: present, context: someone) }
      #expect(refused?.kind == .conflict)
      #expect(try await fixture.count("SELECT count(*) FROM impacts") == 20)
      // What is a proposal's is not refused, and neither is another's.
      _ = try await store.requestImpact(of: present, subject: "s", context: someone)
      _ = try await store.requestImpact(of: present, context: RequestContext(principal: "test:other"))
      // The proposal's first.
      #expect(try await Self.workOut(store))
      #expect(try await Self.workOut(store))
      _ = try await store.requestImpact(of: present, context: someone)
    }
  }

  @Test func `what is old and nobody's is forgotten`() async throws {
    try await Self.withFixture(1) { fixture, present in
      let store = fixture.store
      let kept = try await store.requestImpact(of: present, subject: "s", context: someone)
      #expect(try await Self.workOut(store))
      var proposed = present
      proposed.rules = [Self.forbid("nord-1")]
      let old = try await store.requestImpact(of: proposed, context: someone)
      #expect(try await Self.workOut(store))
      #expect(try await store.forgetImpacts() == (0, 0))
      try await fixture.tamper("UPDATE impacts SET requested_at = requested_at - interval '31 days'")
      #expect(try await store.forgetImpacts() == (1, 0), "the result may be read still")
      try await Self.execute(fixture, "UPDATE impact_results SET found_at = found_at - interval '2 hours'")
      #expect(try await store.forgetImpacts() == (0, 1))
      #expect(try await refusal { _ = try await store.impact(old.id) }?.kind == .notFound)
      #expect(try await store.impactResult(kept.id) != nil)
    }
  }
}
