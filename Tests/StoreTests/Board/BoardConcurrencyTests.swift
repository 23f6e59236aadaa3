import Board
import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

@testable import Store

/// Many at once, an electorate that changes, and what dies halfway.
struct BoardConcurrencyTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  @Test func `votes that come at once are all kept, and of an operator the latest counts`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 3))
      let id = try await fixture.propose(StoreFixture.boardPolicy(quorum: 3, rules: ["nouvelle"])).proposal.id
      let stores = [fixture.store, GovernanceStore(pool: fixture.pool, logger: quiet)]
      // One says nothing, so that nothing ends it; each vote says something that none before it has said.
      let revisions: [Int64] = try await withThrowingTaskGroup(of: Int64.self) { group in
        for name in ["anfsi", "dtnum"] {
          for turn in 0..<6 {
            group.addTask { try await fixture.cast(turn, on: id, by: name, in: stores[turn % 2]) }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(revisions).count == 12, "each came after another one, and changed what that had left")
      let present = try await fixture.store.proposal(id).proposal
      #expect(present.state == .open && present.votes.map(\.operator) == ["anfsi", "dtnum"])
      let kept = try await fixture.store.votes(on: id).items.map(\.vote)
      #expect(kept.count == 12)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'voted'") == 12)
      for vote in present.votes {
        let latest = kept.first { $0.operator == vote.operator }
        #expect(latest?.choice == vote.choice && latest?.reason == vote.reason)
      }
    }
  }

  @Test func `votes that come at once end in one version, and only what comes after the end is refused`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 3))
      let id = try await fixture.propose(StoreFixture.boardPolicy(quorum: 3, rules: ["nouvelle"])).proposal.id
      try await fixture.vote(.for, on: id, "anfsi", "dtnum")
      let stores = [fixture.store, GovernanceStore(pool: fixture.pool, logger: quiet)]
      let refused: [StoreError.Kind?] = try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
        for name in StoreFixture.operators {
          for turn in [0, 3] {
            group.addTask {
              try await refusal { _ = try await fixture.cast(turn, on: id, by: name, in: stores[turn % 2]) }?.kind
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let kinds = refused.compactMap(\.self)
      #expect(Set(kinds).isSubset(of: [.proposalState]))
      let end = try await fixture.store.proposal(id).proposal
      #expect(end.state == .ratified && end.votes.count == 3)
      #expect(end.votes.allSatisfy { $0.choice == .for })
      #expect(try await fixture.count("SELECT count(*) FROM policy_origins") == 1)
      #expect(try await fixture.store.votes(on: id).items.count == 2 + refused.count - kinds.count)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `votes and closings around one deadline make one end, and no vote comes after it`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    try await StoreFixture.run { fixture in
      try await fixture.board()
      for round in 0..<6 { try await Self.race(fixture, round, seed &+ UInt64(round)) }
    }
  }

  /// Votes that change, and whoever looks for what is closing, from before the deadline to after it.
  private static func race(_ fixture: StoreFixture, _ round: Int, _ seed: UInt64) async throws {
    let before = try await fixture.deeds().count
    let id = try await fixture.propose(StoreFixture.boardPolicy(rules: ["tour-\(round)"])).proposal.id
    let other = GovernanceStore(pool: fixture.pool, logger: quiet)
    // Where all have voted it is over at once: in every other round one says nothing, and it lasts to the deadline.
    let voters = StoreFixture.operators.prefix(round.isMultiple(of: 2) ? 2 : 3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (place, name) in voters.enumerated() {
        group.addTask {
          await fixture.untilOver(id) { turn in
            let chance = seed >> UInt64((turn + place) % 48)
            // Only one of them ever is for it, which is not enough.
            let isFor = place == 0 && chance & 1 == 1
            // What comes after the close is refused: that is what is tried.
            _ = try? await (turn % 2 == 0 ? fixture.store : other).act(
              .voted(isFor ? .for : .abstain, reason: "\(turn)", withoutImpact: true), on: id,
              by: StoreFixture.actor(name), context: StoreFixture.context(name))
            try? await Task.sleep(for: .milliseconds(Int(chance % 16)))
          }
        }
      }
      for store in [fixture.store, other] {
        group.addTask {
          await fixture.untilOver(id) { _ in
            _ = try? await store.tendBoard()
            try? await Task.sleep(for: .milliseconds(15))
          }
        }
      }
      // However long the first vote takes, the deadline comes after it, in the midst of the others.
      _ = try await eventually { try await fixture.deeds().dropFirst(before).contains("voted") }
      // The row's lock comes first: the time counts from when it is had.
      try await fixture.tamper(
        """
        SELECT FROM policy_proposals WHERE id = '\(id)' FOR UPDATE;
        WITH soon AS MATERIALIZED (SELECT clock_timestamp() + interval '150 milliseconds' AS at)
        UPDATE policy_proposals SET closes_at = soon.at, body = jsonb_set(body, '{closesAt}', to_jsonb(to_char(
          soon.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
        FROM soon WHERE id = '\(id)' AND state = 'open'
        """)
      try await group.waitForAll()
    }
    _ = try await fixture.store.tendBoard()
    let deeds = try await fixture.deeds().dropFirst(before)
    let ends = deeds.indices.filter { ["ratified", "rejected"].contains(deeds[$0]) }
    #expect(ends.count == 1, "seed \(seed): \(deeds)")
    let last = deeds.lastIndex(of: "voted")
    #expect(last != nil, "seed \(seed): nobody voted before the deadline")
    if let last, let end = ends.first { #expect(last < end, "seed \(seed): \(deeds)") }
  }

  @Test func `an operator that leaves counts no more, one that joins has no vote`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "anfsi")
      try await fixture.store.delete(.operator, "anfsi", context: someone)
      _ = try await fixture.store.put(.operator(Resource("nouveau", OperatorSpec(displayName: "N"))), context: someone)
      let joined = try await refusal { try await fixture.vote(.for, on: id, "nouveau") }
      #expect(joined?.kind == .forbidden)
      let left = try await refusal { try await fixture.vote(.against, on: id, "anfsi") }
      #expect(left?.kind == .forbidden)
      let seen = try await fixture.store.proposal(id)
      #expect(seen.tally?.for == 0 && seen.tally?.voters == 2)
      // Both that are left are for it: the quorum of two is met by them alone.
      try await fixture.vote(.for, on: id, "dtnum", "alize")
      #expect(try await fixture.store.proposal(id).proposal.state == .ratified)
    }
  }

  @Test func `wherever a ratification breaks off, nothing of it is there, and the same vote carries it afterwards`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      let before = try await fixture.store.proposal(id)
      for table in ["policy_votes", "policy_versions", "policy_origins", "audit_entries"] {
        try await fixture.breaking(table, "INSERT") {
          await #expect(throws: PostgresError.self) { try await fixture.vote(.for, on: id, "anfsi") }
        }
        #expect(try await fixture.store.proposal(id).proposal == before.proposal, "\(table)")
        #expect(try await fixture.count("SELECT max(version) FROM policy_versions") == 2, "\(table)")
      }
      for table in ["policy_proposals", "resources", "offer_state", "policy_origins"] {
        try await fixture.breaking(table, "UPDATE") {
          await #expect(throws: PostgresError.self) { try await fixture.vote(.for, on: id, "anfsi") }
        }
        #expect(try await fixture.store.proposal(id).proposal == before.proposal, "\(table)")
        #expect(try await fixture.count("SELECT max(version) FROM policy_versions") == 2, "\(table)")
      }
      try await fixture.vote(.for, on: id, "anfsi")
      #expect(try await fixture.store.policyInForce()?.version == 3)
      #expect(try await fixture.count("SELECT count(*) FROM policy_votes") == 2)
    }
  }

  @Test func `a database that was restored takes no vote and makes no policy`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      await #expect(throws: PostgresError.self) { try await fixture.vote(.for, on: id, "dtnum") }
      #expect(try await fixture.count("SELECT count(*) FROM policy_votes") == 0)
    }
  }

  /// Whatever is drafted, voted, restricted, told or left untold, in any order: one version is in force at any moment, and
  /// a decision names the one of its moment.
  @Test func `a decision names the version that was in force at its moment`() async throws {
    let seen = NIOLockedValueBox<[BoardVersion.Origin: Int]>([:])
    func isComplete() -> Bool {
      seen.withLockedValue { $0[.ratified, default: 0] > 0 && $0[.emergency, default: 0] > 0 }
    }
    // Three histories, and more where chance has had everything refused.
    for round in 0..<20 where round < 3 || !isComplete() {
      var dice = Dice.fresh("board history, round \(round)")
      try await StoreFixture.run { fixture in
        try await fixture.board()
        for step in 0..<14 { try await Self.step(step, &dice, fixture) }
        // A date of the last steps may be to come still: it is not to come between what is told and the look at it. All
        // others are days off.
        let haveCome = try await eventually {
          try await fixture.count(
            """
            SELECT count(*) FROM policy_versions
            WHERE effective_at > clock_timestamp() AND effective_at < clock_timestamp() + interval '1 hour'
            """) == 0
        }
        #expect(haveCome, "seed \(dice.seed)")
        _ = try await fixture.store.tendBoard()
        let wrong = try await fixture.count(
          """
          SELECT count(*) FROM decisions d WHERE d.policy_version <> (
            SELECT max(version) FROM policy_versions v WHERE v.effective_at <= d.decided_at)
          """)
        #expect(wrong == 0, "seed \(dice.seed)")
        #expect(try await fixture.count("SELECT count(*) FROM decisions") > 0)
        let shown = try await fixture.count(
          """
          SELECT count(*) FROM resources r JOIN policy_versions v ON v.version =
            (SELECT max(version) FROM policy_versions WHERE effective_at <= clock_timestamp())
          WHERE r.kind = 'Policy' AND r.spec = v.document
          """)
        #expect(shown == 1, "seed \(dice.seed)")
        let history = try await fixture.store.policyVersions(limit: 1000).items
        #expect(history.count { $0.isInForce } == 1, "seed \(dice.seed)")
        #expect(
          history.map(\.version).reversed() == Array(1...Int64(history.count)),
          "numbers without a gap, seed \(dice.seed)")
        seen.withLockedValue { seen in for version in history { seen[version.origin, default: 0] += 1 } }
      }
    }
    #expect(isComplete(), "not everything was refused")
  }

  /// A step of the history, while another instance decides.
  private static func step(_ step: Int, _ dice: inout Dice, _ fixture: StoreFixture) async throws {
    let other = GovernanceStore(pool: fixture.pool, logger: quiet)
    for name in 0..<2 {
      let project = Offered.project("q\(step)x\(name)", quota: Offered.small)
      _ = try await other.put(.project(project), context: someone)
    }
    let isOver = NIOLockedValueBox(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { isOver.withLockedValue { $0 = true } }
      for name in 0..<2 {
        group.addTask {
          // Whatever is decided, it names a version; again and again, for there to be one in any moment of the act.
          while !isOver.withLockedValue(\.self) {
            do {
              _ = try await other.decide(PlacementRequest(project: "q\(step)x\(name)"), context: someone)
            } catch let error as PostgresError where error.kind == .connectionLost {
              // On a machine that is busy a connection may be lost: nothing was decided then.
            }
          }
        }
      }
      try await act(step, &dice, fixture)
      isOver.withLockedValue { $0 = true }
      try await group.waitForAll()
    }
  }

  private static func act(_ step: Int, _ dice: inout Dice, _ fixture: StoreFixture) async throws {
    let name = StoreFixture.operators.randomElement(using: &dice) ?? "dtnum"
    switch Int.random(in: 0...6, using: &dice) {
    case 0, 1: _ = try await fixture.place("p\(step)")
    case 2, 3:
      // The date comes while the history goes on; a refusal (a date before another one, an outdated base) is one of it.
      let wait = [nil, 20, 60].randomElement(using: &dice) ?? nil
      let date = wait.map { Timestamp(Date(timeIntervalSinceNow: Double($0) / 1000)) }
      let text = StoreFixture.boardPolicy(rules: ["r\(step)"])
      let base = try await fixture.count("SELECT max(version) FROM policy_versions")
      let opened = try? await fixture.propose(
        text, base: Bool.random(using: &dice) ? base : nil, effectiveAt: date, by: name)
      guard let id = opened?.proposal.id else { return }
      for voter in StoreFixture.operators {
        let choice: Vote.Choice = Int.random(in: 0...3, using: &dice) > 0 ? .for : .against
        _ = try? await fixture.vote(choice, on: id, voter)
      }
    case 4:
      var text = StoreFixture.boardPolicy(rules: ["urgence-\(step)"])
      // Of another place each time: the same over again is the board's.
      text.rules[0].places = LabelSelector(matchLabels: ["region.name": "ailleurs-\(step)"])
      text.rules += try await fixture.store.policyInForce()?.spec.rules ?? []
      guard let id = try? await fixture.propose(text, kind: .emergency, by: name).proposal.id else { return }
      for voter in StoreFixture.operators where voter != name { _ = try? await fixture.vote(.for, on: id, voter) }
    case 5: _ = try await fixture.store.tendBoard()
    default: try await fixture.bringNearer(days: 3)
    }
  }
}

extension StoreFixture {
  /// A vote that differs by its turn: for, against, neither, and the same again for another reason.
  fileprivate func cast(_ turn: Int, on id: UUID, by name: String, in store: GovernanceStore) async throws -> Int64 {
    let choices = Vote.Choice.allCases
    return try await store.act(
      .voted(choices[turn % choices.count], reason: "tour \(turn)", withoutImpact: true), on: id,
      by: Self.actor(name), context: Self.context(name)
    ).revision
  }

  /// Does something over and over, for as long as a vote is open and a few times after its end.
  fileprivate func untilOver(_ id: UUID, _ deed: (Int) async -> Void) async {
    var (turn, left) = (0, 4)
    while left > 0, !Task.isCancelled {
      await deed(turn)
      turn += 1
      // Where that can not be told now, it is asked again.
      let ballots = try? await count("SELECT count(*) FROM policy_proposals WHERE id = \(id) AND state = 'open'")
      if ballots == 0 { left -= 1 }
    }
  }

  /// Runs `body` while a kind of statement on a table fails.
  fileprivate func breaking(_ table: String, _ deed: String, _ body: () async throws -> Void) async throws {
    try await pool.withConnection {
      try await $0.script(
        """
        CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN RAISE EXCEPTION ''broken off''; END';
        CREATE TRIGGER breaks_off BEFORE \(deed) ON \(table) FOR EACH STATEMENT EXECUTE FUNCTION break_off();
        """)
    }
    try await body()
    try await pool.withConnection {
      try await $0.script("DROP TRIGGER breaks_off ON \(table); DROP FUNCTION break_off();")
    }
  }
}
