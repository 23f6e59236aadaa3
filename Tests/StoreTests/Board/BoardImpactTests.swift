import Board
import Foundation
import Model
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
}
