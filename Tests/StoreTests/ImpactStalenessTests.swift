import Foundation
import Model
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// What agents say and what time brings moves the world too, though nobody leaves an entry of it in the trail.
///
/// Each impact is the last of all to be served: four of them, beside a dozen tests on two cores, take a while.
@Suite(.timeLimit(.minutes(5))) struct ImpactStalenessTests {
  /// An impact that is followed.
  private struct Followed {
    let fixture: StoreFixture
    let id: UUID

    init(_ policy: PolicySpec, _ fixture: StoreFixture) async throws {
      self.fixture = fixture
      id = try await fixture.store.requestImpact(of: policy, subject: "s", context: someone).id
      #expect(try await ImpactTests.workOut(fixture.store))
    }

    var isStale: Bool { get async throws { try #require(try await fixture.store.impact(id).result).isStale } }

    /// What it would be computed anew for.
    func claim() async throws -> ImpactClaim? {
      // However long it took here, and that would be waited for twenty times.
      try await ImpactTests.execute(fixture, "UPDATE impacts SET seconds = 0")
      return try await fixture.store.claimImpact(by: "test", pace: .zero)
    }

    /// It is stale, and computed anew once: then it is not any more.
    func isComputedAnewOnce() async throws -> Bool {
      guard try await isStale, let claim = try await claim() else { return false }
      guard try await fixture.store.workOut(claim, resting: { _ in }) else { return false }
      let (isStill, next) = (try await isStale, try await self.claim())
      return !isStill && next == nil
    }
  }

  @Test(arguments: [false, true])
  func `room that agents give back makes it stale`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture { fixture, present in
      func check() async throws {
        let store = fixture.store
        let leaving = try await store.remove(RemovalRequest(project: "projet0"), context: someone).placements
        let less = try await fixture.place("projet1", quota: Offered.quota(cpu: 1), environments: ["prod", "dev"])
        let impact = try await Followed(present, fixture)
        #expect(try await !impact.isStale)
        for (number, placements) in [leaving, less.placements].enumerated() {
          let reports = placements.map { fixture.observe($0, sequence: Int64(number) + 1) }
          #expect(try await store.apply(reports, topic: "t", zone: "nord").applied.count == 2)
          #expect(try await impact.isComputedAnewOnce(), "\(number)")
        }
        // The same again, and what gives nothing back, changes nothing.
        let again = less.placements.map { fixture.observe($0, sequence: 9) }
        _ = try await store.apply(again, topic: "t", zone: "nord")
        #expect(try await !impact.isStale)
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }

  @Test(arguments: [false, true])
  func `a zone that falls silent, or is heard again, makes it stale`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture { fixture, present in
      func check() async throws {
        let store = fixture.store
        _ = try await store.apply([Heartbeats.record(zone: "nord", sequence: 1)], topic: "t", zone: "nord")
        let impact = try await Followed(present, fixture)
        try await store.recordSilence(zone: "nord", for: .seconds(299))
        #expect(try await !impact.isStale, "it may be silent for so long")
        try await store.recordSilence(zone: "nord", for: .seconds(2))
        #expect(try await impact.isComputedAnewOnce())
        try await store.recordSilence(zone: "nord", for: .seconds(30))
        #expect(try await !impact.isStale, "it was silent already")
        _ = try await store.apply([Heartbeats.record(zone: "nord", sequence: 2)], topic: "t", zone: "nord")
        #expect(try await impact.isComputedAnewOnce())
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }

  @Test(arguments: [false, true])
  func `a zone that only one of the two policies counts as silent makes it stale`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      func check() async throws {
        let store = fixture.store
        _ = try await store.apply([Heartbeats.record(zone: "nord", sequence: 1)], topic: "t", zone: "nord")
        var proposed = present
        proposed.heartbeatLimitSeconds = 60
        let impact = try await Followed(proposed, fixture)
        try await store.recordSilence(zone: "nord", for: .seconds(60))
        #expect(try await !impact.isStale, "it may be silent for so long")
        try await store.recordSilence(zone: "nord", for: .seconds(1))
        #expect(try await impact.isComputedAnewOnce())
        try await store.recordSilence(zone: "nord", for: .seconds(239))
        #expect(try await !impact.isStale, "by the one it was silent already, by the other it is not")
        try await store.recordSilence(zone: "nord", for: .seconds(1))
        #expect(try await impact.isComputedAnewOnce())
        _ = try await store.apply([Heartbeats.record(zone: "nord", sequence: 2)], topic: "t", zone: "nord")
        #expect(try await impact.isComputedAnewOnce())
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }

  @Test func `a derogation that is notified later, the same day too, makes it stale by time alone`() async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let notified = Date(timeIntervalSinceNow: 3600)
      for (number, later) in [7200, 3600, -3600].enumerated() {
        let derogation = DerogationSpec(
          project: "projet0", rules: ["interdit"], motive: "m", decision: .granted,
          notifiedAt: notified.addingTimeInterval(TimeInterval(later - 3600)))
        _ = try await fixture.store.put(.derogation(Resource("d\(number)", derogation)), context: someone)
      }
      let impact = try await Followed(present, fixture)
      #expect(
        try await fixture.count(
          """
          SELECT count(*) FROM impacts
          WHERE next_notification BETWEEN \(notified) - interval '1 second' AND \(notified) + interval '1 second'
          """) == 1)
      #expect(try await !impact.isStale)
      try await fixture.tamper("UPDATE impacts SET next_notification = clock_timestamp()")
      #expect(try await impact.isComputedAnewOnce())
    }
  }

  @Test(arguments: [
    "engine = engine - 1", "engine = NULL, engine_claim = NULL",
    // Another program has worked it out since, which says nothing of its engine.
    "engine_claim = engine_claim - 1",
  ])
  func `what an earlier engine has worked out is computed anew while it is followed`(past: String) async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let impact = try await Followed(present, fixture)
      #expect(try await !impact.isStale)
      try await fixture.tamper("UPDATE impacts SET \(past)")
      #expect(try await impact.isComputedAnewOnce())
    }
  }

  @Test func `what a later engine has worked out, or nobody follows any more, stays`() async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let impact = try await Followed(present, fixture)
      try await fixture.tamper("UPDATE impacts SET engine = engine + 1")
      #expect(try await !impact.isStale)
      #expect(try await impact.claim() == nil)
      try await fixture.tamper("UPDATE impacts SET engine = 1, follows = false")
      #expect(try await !impact.isStale)
    }
  }

  @Test func `what an earlier program has worked out says nothing of these`() async throws {
    try await ImpactTests.withFixture(1) { fixture, present in
      let impact = try await Followed(present, fixture)
      try await fixture.tamper(
        "UPDATE impacts SET ledger_writes = NULL, silent_zones = NULL, next_notification = NULL")
      #expect(try await !impact.isStale)
    }
  }
}
