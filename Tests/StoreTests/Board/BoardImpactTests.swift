import Board
import Events
import Foundation
import Model
import Policy
import Postgres
import Testing

@testable import Store

/// What a proposal would change is worked out before its vote ends, or never.
struct BoardImpactTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  private static func execute(_ fixture: StoreFixture, _ statement: PostgresQuery) async throws {
    try await fixture.pool.withConnection { _ = try await $0.execute(statement) }
  }

  private static func claim(_ fixture: StoreFixture) async throws -> ImpactClaim? {
    try await fixture.store.claimImpact(by: "test", patience: .zero, pace: .zero)
  }

  @Test func `what nobody has begun by the end of the vote is not worked out against the version itself`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(text).proposal.id
      let ratified = try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(ratified.proposal.state == .ratified)
      #expect(try await Self.claim(fixture) == nil)
      let impact = try await fixture.store.proposal(id).impact
      #expect(impact?.state == .cancelled && impact?.result == nil && impact?.follows == false)
    }
  }

  @Test func `whoever works on it while the vote ends stops, and says nothing of it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(text).proposal.id
      let claim = try #require(try await Self.claim(fixture))
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(try await !fixture.store.workOut(claim) { _ in })
      #expect(try await fixture.store.proposal(id).impact?.state == .cancelled)
      #expect(try await fixture.store.proposal(id).impact?.result == nil)
      #expect(try await Self.claim(fixture) == nil)
    }
  }

  @Test func `nobody's vote waits for what is found to be written down`() async throws {
    try await StoreFixture.run(maximum: 8) { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(text).proposal.id
      let claim = try #require(try await Self.claim(fixture))
      // A disk that is slow, as long as somebody holds the lock.
      try await Self.execute(
        fixture,
        """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$
        """)
      try await Self.execute(
        fixture, "CREATE TRIGGER hold BEFORE INSERT ON impact_parts FOR EACH STATEMENT EXECUTE FUNCTION hold()")
      let worked = try await withThrowingTaskGroup(of: Bool.self) { group in
        try await fixture.pool.withTransaction { connection in
          try await connection.execute("SELECT pg_advisory_xact_lock(77)")
          group.addTask { try await fixture.store.workOut(claim) { _ in } }
          let isHeld = try await eventually {
            try await fixture.count(
              "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted") == 1
          }
          #expect(isHeld)
          let voted = try await fixture.vote(.for, on: id, "dtnum")
          #expect(voted.proposal.votes.count == 1)
        }
        return try await group.next() ?? false
      }
      #expect(worked)
      #expect(try await fixture.store.proposal(id).impact?.state == .done)
    }
  }

  @Test func `a computation that is under way at the end changes nothing of what was voted on, and that is kept`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(text).proposal.id
      func workOut() async throws -> String {
        let claim = try #require(try await Self.claim(fixture))
        #expect(try await fixture.store.workOut(claim) { _ in })
        return try #require(try await fixture.store.proposal(id).impact?.result?.digest)
      }
      let first = try await workOut()
      try await fixture.vote(.for, on: id, "dtnum")
      func move(_ project: String) async throws {
        _ = try await fixture.place(project)
        try await Self.execute(fixture, "UPDATE impacts SET seconds = 0")
      }
      try await move("beta")
      let second = try await workOut()
      #expect(first != second)
      try await move("gamma")
      let late = try #require(try await Self.claim(fixture))
      try await fixture.vote(.for, on: id, "anfsi")
      #expect(try await !fixture.store.workOut(late) { _ in })
      let impact = try await fixture.store.proposal(id).impact
      #expect(impact?.state == .done && impact?.result?.digest == second)
      // Both were named by a vote, the first one by nobody else any more.
      try await Self.execute(fixture, "UPDATE impact_results SET found_at = found_at - interval '2 hours'")
      #expect(try await fixture.store.forgetImpacts() == (0, 0))
      for digest in [first, second] {
        #expect(
          try await fixture.count("SELECT count(*) FROM impact_results WHERE encode(digest, 'hex') = \(digest)") == 1)
      }
    }
  }

  /// The text of a board that forbids these clusters.
  private static func policy(forbidding clusters: String...) -> PolicySpec {
    var policy = StoreFixture.boardPolicy()
    policy.rules = clusters.map { name in
      PolicySpec.Rule(
        id: "sans-\(name)", motive: LocalizedText(fr: "interdit"), effect: .forbid,
        places: LabelSelector(matchLabels: ["cluster.name": name]))
    }
    return policy
  }

  @Test(arguments: [nil, 2])
  func `what waits for the end of a restriction is compared with what comes back then, and that is what is found`(
    days: Int?
  ) async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.quota(cpu: 16)])
      for name in StoreFixture.operators { try await fixture.represent(name, by: [.init(subject: name)]) }
      _ = try await store.put(.policy(Resource("regie", StoreFixture.boardPolicy())), context: someone)
      _ = try await fixture.place("alpha")
      let place = try #require(try await store.placements(limit: 10).items.first?.spec.cluster)
      func workOut(_ id: UUID) async throws -> ImpactRecord.Result {
        while let claim = try await Self.claim(fixture) { #expect(try await store.workOut(claim) { _ in }) }
        return try #require(try await store.proposal(id).impact?.result)
      }
      // What it forbids, the restriction forbids already: from then on only the restriction is to blame for it.
      let date = days.map { Timestamp(Date(timeIntervalSinceNow: Double($0) * 86_400)) }
      let during = try await fixture.propose(Self.policy(forbidding: place), effectiveAt: date).proposal.id
      let after = try await fixture.propose(Self.policy(forbidding: place), base: 2, by: "anfsi").proposal.id
      #expect(try await workOut(during).policyVersion == 2)
      let emergency = try await fixture.propose(
        Self.policy(forbidding: place), kind: .emergency, base: 2, by: "alize"
      ).proposal.id
      let late = try #require(try await Self.claim(fixture))
      // What was found of the other two was found long ago, and somebody may be reading it.
      try await Self.execute(fixture, "UPDATE impact_results SET found_at = found_at - interval '2 hours'")
      try await fixture.vote(.for, on: emergency, "dtnum")
      #expect(try await store.proposal(emergency).proposal.version == 3)
      #expect(try await store.proposal(during).impact?.result == nil)
      #expect(try await store.forgetImpacts() == (0, 0))
      #expect(try await !store.workOut(late) { _ in }, "it is of the wrong moment")
      let early = try await Self.seeingVote(fixture, on: during)
      #expect(early?.kind == .impactAwaited, "what was known is not of the moment that it takes effect")
      let said = try await workOut(during)
      #expect(said.policyVersion == 4 && said.summary.nonCompliant == 1 && said.summary.alreadyNonCompliant == 0)
      #expect(try await workOut(after).policyVersion == 4)
      // What is proposed under the restriction, upon the text before it, waits as well.
      let next = try await fixture.propose(Self.policy(forbidding: place), base: 2, by: "anfsi").proposal.id
      #expect(try await workOut(next).digest == said.digest)
      try await fixture.vote(.for, on: during, "dtnum", "anfsi")
      try await fixture.bringNearer(days: 8)
      #expect(try await store.policyInForce()?.version == 5)
      #expect(try await store.judgeEverything(always: false).opened == said.summary.nonCompliant)
    }
  }

  /// How a vote is refused that does not do without the impact.
  private static func seeingVote(_ fixture: StoreFixture, on id: UUID) async throws -> StoreError? {
    try await refusal {
      _ = try await fixture.store.act(
        .voted(.for, reason: nil), on: id, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
    }
  }

  @Test func `one that was given up is begun again after an hour, for as long as somebody votes on it`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(text).proposal.id
      for _ in 0..<GovernanceStore.mostImpactClaims { _ = try #require(try await Self.claim(fixture)) }
      #expect(try await Self.claim(fixture) == nil)
      #expect(try await store.proposal(id).impact?.state == .failed)
      try await Self.execute(fixture, "UPDATE impacts SET finished_at = finished_at - interval '61 minutes'")
      let again = try #require(try await Self.claim(fixture))
      #expect(try await Self.claim(fixture) == nil, "once an hour, and no more")
      #expect(try await !store.workOut(again) { _ in })
      try await Self.execute(fixture, "UPDATE impacts SET finished_at = finished_at - interval '61 minutes'")
      let last = try #require(try await Self.claim(fixture))
      #expect(try await store.workOut(last) { _ in })
      #expect(try await store.proposal(id).impact?.state == .done)
    }
  }
}
