import Events
import Foundation
import Model
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// Where an instance keeps the country in memory, an impact is worked out on that, and is the same.
struct ImpactMemoryTests {
  private static func proposed(_ fixture: StoreFixture) async throws -> PolicySpec {
    var policy = try #require(try await fixture.store.policyInForce()).spec
    policy.rules = [ImpactTests.forbid("nord-1")]
    return policy
  }

  /// Works out what a policy would change while nobody can read placements.
  private static func workOutUnread(_ policy: PolicySpec, _ fixture: StoreFixture) async throws -> ImpactRecord {
    let asked = try await fixture.store.requestImpact(of: policy, context: someone)
    try await fixture.pool.withConnection { other in
      _ = try await other.query("BEGIN")
      _ = try await other.query("LOCK TABLE placements IN ACCESS EXCLUSIVE MODE")
      // As long as it takes: what the database is asked for instead would wait for the lock.
      #expect(try await ImpactTests.workOut(fixture.store, hearing: .seconds(60)))
      _ = try await other.query("ROLLBACK")
    }
    return try await fixture.store.impact(asked.id)
  }

  @Test(.timeLimit(.minutes(3)))
  func `it is the same as what is read from the database, and nothing of the country is read`() async throws {
    try await ImpactTests.withFixture(4) { fixture, _ in
      let policy = try await Self.proposed(fixture)
      let read = try await fixture.store.requestImpact(of: policy, context: someone)
      #expect(try await ImpactTests.workOut(fixture.store), "memory is not kept: the database is read")
      try await fixture.withWorld {
        let known = try await Self.workOutUnread(policy, fixture)
        let first = try #require(try await fixture.store.impact(read.id).result)
        let second = try #require(known.result)
        #expect(first.digest == second.digest && second.summary.nonCompliant > 0)
        #expect(first.snapshotDigest == second.snapshotDigest && first.policyVersion == second.policyVersion)
        #expect(!second.isStale && second.asOf > first.asOf)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what others have committed before is in it, whoever heard of it when`() async throws {
    try await ImpactTests.withFixture(1) { fixture, _ in
      let policy = try await Self.proposed(fixture)
      try await fixture.withWorld {
        let other = GovernanceStore(pool: fixture.pool, logger: quiet)
        // What works an impact out is the last of all to be served: beside a dozen tests on two cores each takes seconds.
        let enough = ContinuousClock.now + .seconds(20)
        for number in 1...20 where number <= 5 || ContinuousClock.now < enough {
          _ = try await other.decide(
            PlacementRequest(project: Offered.project("autre\(number)")), context: someone)
          let asked = try await fixture.store.requestImpact(of: policy, context: someone)
          #expect(try await ImpactTests.workOut(fixture.store))
          let result = try #require(try await fixture.store.impact(asked.id).result)
          #expect(result.summary.projects == number + 1 && !result.isStale, "\(number)")
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what comes while it is worked out is not in it, and makes it stale`() async throws {
    try await ImpactTests.withFixture(3) { fixture, _ in
      let policy = try await Self.proposed(fixture)
      try await fixture.withWorld {
        let asked = try await fixture.store.requestImpact(of: policy, context: someone)
        let claim = try #require(try await fixture.store.claimImpact(by: "test"))
        let isLate = try await fixture.store.workOut(claim, slice: 1) { _ in
          // Memory takes in what is committed between the slices.
          _ = try await fixture.store.remove(RemovalRequest(project: "projet2"), context: someone)
        }
        #expect(isLate)
        let result = try #require(try await fixture.store.impact(asked.id).result)
        #expect(result.summary.projects == 3 && result.summary.placements == 6 && result.isStale)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)), arguments: [false, true])
  func `what was written before others and is committed after them makes it stale`(isInMemory: Bool) async throws {
    try await ImpactTests.withFixture(1) { fixture, _ in
      let policy = try await Self.proposed(fixture)
      func check() async throws {
        let asked = try await fixture.store.requestImpact(of: policy, context: someone)
        func isStale() async throws -> Bool? { try await fixture.store.impact(asked.id).result?.isStale }
        _ = try await fixture.store.sealAudit(limit: 5)
        try await fixture.pool.withConnection { slow in
          _ = try await slow.query("BEGIN")
          _ = try await slow.query(
            """
            INSERT INTO audit_entries (at, principal, action, kind, name, body, digest)
            VALUES (now(), 'test', 'changed', 'Project', 'lent', '', sha256(''))
            """)
          _ = try await fixture.place("vite")
          #expect(try await ImpactTests.workOut(fixture.store))
          #expect(try await isStale() == false)
          _ = try await fixture.store.sealAudit(limit: 1000)
          #expect(try await isStale() == false, "what was seen is sealed, and nothing else happened")
          _ = try await slow.query("COMMIT")
        }
        #expect(try await isStale() == true)
        _ = try await fixture.store.sealAudit(limit: 1000)
        #expect(try await isStale() == true)
      }
      if isInMemory { try await fixture.withWorld { try await check() } } else { try await check() }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `of a policy that takes effect later the ground is that of its day, from memory too`() async throws {
    try await ImpactTests.withFixture(2) { fixture, _ in
      let policy = try await Self.proposed(fixture)
      let later = Timestamp(Date(timeIntervalSinceNow: 40 * 86_400))
      func workOut() async throws -> ImpactRecord.Result {
        let asked = try await fixture.store.requestImpact(of: policy, effectiveAt: later, context: someone)
        #expect(try await ImpactTests.workOut(fixture.store))
        return try #require(try await fixture.store.impact(asked.id).result)
      }
      let read = try await workOut()
      try await fixture.withWorld {
        let known = try await workOut()
        #expect(known.digest == read.digest && known.day == read.day && known.snapshotDigest == read.snapshotDigest)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `memory that does not come to rest is not waited for`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        fixture.store.world.expect(fence: "never")
        #expect(await fixture.store.world.still(after: "never", within: .milliseconds(50)) == nil)
        fixture.store.world.giveUp("never")
        #expect(await fixture.store.world.still(after: "never", within: .seconds(30)) != nil)
        _ = fixture.store.world.expect(["alpha": []], of: "1")
        #expect(await fixture.store.world.still(after: "never", within: .milliseconds(50)) == nil, "one is committed")
        fixture.store.world.settle(["alpha"])
        fixture.store.world.giveUp(["alpha"], of: "1")
        #expect(await fixture.store.world.still(after: "never", within: .seconds(30)) != nil)
      }
      #expect(await fixture.store.world.still(after: "never", within: .seconds(30)) == nil, "it is not kept any more")
    }
  }
}
