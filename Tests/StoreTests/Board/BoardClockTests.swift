import Board
import Events
import Foundation
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// Deadlines and dates go by the database's clock alone, whoever looks first, and whatever dies meanwhile.
struct BoardClockTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  private static func inDays(_ days: Int) -> Timestamp { Timestamp(Date(timeIntervalSinceNow: Double(days) * 86_400)) }

  @Test func `a vote past its deadline is closing at once, takes no vote, and is counted once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "anfsi")
      try await fixture.passDeadline(of: id)
      let seen = try await fixture.store.proposal(id)
      #expect(seen.isClosing && seen.proposal.state == .open)
      let closed = try await withThrowingTaskGroup(of: [UUID].self) { group in
        for _ in 0..<6 { group.addTask { try await fixture.store.tendBoard().closed } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(closed == [id])
      let late = try await refusal { try await fixture.vote(.for, on: id, "dtnum") }
      #expect(late?.kind == .proposalState)
      #expect(try await fixture.store.proposal(id).proposal.rejection == .votes)
      #expect(try await fixture.deeds().filter { $0 == "rejected" }.count == 1)
    }
  }

  @Test func `whoever votes too late closes the vote himself, where nobody has`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 1))
      let id = try await fixture.propose(StoreFixture.boardPolicy(quorum: 1, rules: ["nouvelle"])).proposal.id
      try await fixture.vote(.for, on: id, "anfsi")
      try await fixture.passDeadline(of: id)
      let late = try await refusal { try await fixture.vote(.against, on: id, "alize") }
      #expect(late?.kind == .proposalState)
      #expect(try await fixture.store.proposal(id).proposal.state == .ratified)
      #expect(try await fixture.decided("alpha") == 3)
    }
  }

  @Test func `one vote that can not be counted keeps neither the others nor the dates from being looked after`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let dated = try await fixture.propose(text, effectiveAt: Self.inDays(5)).proposal.id
      try await fixture.vote(.for, on: dated, "dtnum", "anfsi")
      let broken = try await fixture.propose(StoreFixture.boardPolicy(rules: ["a"]), base: 3).proposal.id
      let sound = try await fixture.propose(StoreFixture.boardPolicy(rules: ["b"]), base: 3).proposal.id
      for id in [broken, sound] { try await fixture.passDeadline(of: id) }
      // The one that comes first by its deadline can not even be read.
      try await fixture.tamper(
        """
        UPDATE policy_proposals SET closes_at = closes_at - interval '1 hour', body = '{}' WHERE id = '\(broken)'
        """)
      try await fixture.bringNearer(days: 6)
      await #expect(throws: (any Error).self) { _ = try await fixture.store.tendBoard() }
      #expect(try await fixture.store.proposal(sound).proposal.state == .rejected)
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1)
      #expect(try await fixture.shownPolicy() == text)
    }
  }

  @Test func `a clock that is set back takes no version out of the trail, and tells nothing twice`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text, effectiveAt: Self.inDays(5)).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      try await fixture.bringNearer(days: 6)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.decided("apres") == 3)
      // As a clock that goes back sees it: the date is to come again.
      func move(_ interval: String) async throws {
        try await fixture.tamper(
          "UPDATE policy_versions SET effective_at = effective_at + interval '\(interval)' WHERE version = 3")
      }
      try await move("1 hour")
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      #expect(try await other.policyInForce()?.version == 2)
      _ = try await other.tendBoard()
      #expect(try await other.policyVersions().items.count { $0.isInForce } == 1)
      try await move("-1 hour")
      let third = GovernanceStore(pool: fixture.pool, logger: quiet)
      #expect(try await third.policyInForce()?.version == 3)
      _ = try await third.tendBoard()
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1)
      #expect(try await fixture.count("SELECT count(*) FROM public_facts WHERE key = 'policy/3'") == 2)
    }
  }

  @Test func `a date takes effect by the clock alone, and is told once when somebody comes by`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text, effectiveAt: Self.inDays(10)).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(try await fixture.store.proposal(id).proposal.version == 3)
      #expect(try await fixture.decided("avant") == 2)
      let next = try #require(try await fixture.store.tendBoard().next)
      #expect(next > .seconds(9 * 86_400) && next <= .seconds(10 * 86_400))
      // Everybody is dead when the date comes; a fresh instance decides before anybody has told of it.
      try await fixture.bringNearer(days: 11)
      let other = GovernanceStore(pool: fixture.pool, logger: quiet)
      let after = StoreFixture(store: other, pool: fixture.pool, configuration: fixture.configuration)
      #expect(try await after.decided("apres") == 3)
      #expect(try await fixture.shownPolicy() == StoreFixture.boardPolicy())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { _ = try await other.tendBoard() } }
        try await group.waitForAll()
      }
      #expect(try await fixture.shownPolicy() == text)
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1)
      #expect(try await other.tendBoard() == BoardTending(closed: [], next: nil))
    }
  }

  @Test func `a vote that can not be counted keeps no other from being counted, nor a date from being told`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let dated = try await fixture.propose(text, effectiveAt: Self.inDays(3)).proposal.id
      try await fixture.vote(.for, on: dated, "dtnum", "anfsi")
      let next = StoreFixture.boardPolicy(rules: ["suite"])
      let broken = try await fixture.propose(next, base: 3, effectiveAt: Self.inDays(4)).proposal.id
      let other = try await fixture.propose(next, base: 3, effectiveAt: Self.inDays(4)).proposal.id
      for id in [broken, other] { try await fixture.passDeadline(of: id) }
      try await fixture.bringNearer(days: 3)
      try await fixture.tamper("UPDATE policy_proposals SET body = '{}' WHERE id = '\(broken)'")
      await #expect(throws: (any Error).self) { _ = try await fixture.store.tendBoard() }
      #expect(try await fixture.store.proposal(other).proposal.state == .rejected)
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1)
    }
  }

  @Test func `a clock that is set back takes a version's effect back, and tells of it no second time`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text, effectiveAt: Self.inDays(3)).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      try await fixture.bringNearer(days: 3)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.store.policyInForce()?.version == 3)
      // The clock set back by an hour is the date an hour later.
      try await fixture.tamper(
        "UPDATE policy_versions SET effective_at = clock_timestamp() + interval '1 hour' WHERE version = 3")
      #expect(try await fixture.store.policyInForce()?.version == 2)
      _ = try await fixture.store.tendBoard()
      try await fixture.bringNearer(days: 1)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.store.policyInForce()?.version == 3)
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1)
    }
  }

  @Test func `whoever reads a carried version learns who decided it, and when it was`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let decided = try await fixture.propose(text, effectiveAt: Self.inDays(30)).proposal.id
      try await fixture.vote(.for, on: decided, "dtnum", "anfsi")
      let emergency = try await fixture.propose(
        StoreFixture.boardPolicy(rules: ["urgence"]), kind: .emergency, base: 2
      ).proposal.id
      try await fixture.vote(.for, on: emergency, "alize")
      let history = try await fixture.store.policyVersions().items
      #expect(history.map(\.origin) == [.carried, .emergencyEnd, .emergency, .ratified, .applied, .applied])
      #expect(history.map(\.proposal) == [decided, emergency, emergency, decided, nil, nil])
      #expect(history.map(\.carries) == [3, nil, nil, nil, nil, nil])
    }
  }

  @Test func `a restriction for a time keeps no vote on the text before it from deciding`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let during = try await fixture.propose(StoreFixture.boardPolicy(rules: ["autre"])).proposal.id
      let late = try await fixture.propose(StoreFixture.boardPolicy(rules: ["tardive"])).proposal.id
      let emergency = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: emergency, "alize")
      #expect(try await !fixture.store.proposal(during).isOutdated)
      try await fixture.vote(.for, on: during, "dtnum", "anfsi")
      #expect(try await fixture.decided("pendant") == 3, "the restriction holds to its end")
      try await fixture.bringNearer(days: 8)
      #expect(try await fixture.decided("apres") == 5)
      try await fixture.vote(.for, on: late, "dtnum", "anfsi")
      #expect(try await fixture.store.proposal(late).proposal.rejection == .outdated)
    }
  }

  @Test func `of two texts for the same moment the second has to be based on the first, and holds`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let date = Self.inDays(5)
      let first = try await fixture.propose(text, effectiveAt: date).proposal.id
      let rival = try await fixture.propose(StoreFixture.boardPolicy(rules: ["rivale"]), effectiveAt: date).proposal.id
      try await fixture.vote(.for, on: first, "dtnum", "anfsi")
      try await fixture.vote(.for, on: rival, "dtnum", "anfsi")
      #expect(try await fixture.store.proposal(rival).proposal.rejection == .outdated)
      let both = StoreFixture.boardPolicy(rules: ["nouvelle", "rivale"])
      let second = try await fixture.propose(both, base: 3, effectiveAt: date).proposal.id
      try await fixture.vote(.for, on: second, "dtnum", "anfsi")
      try await fixture.bringNearer(days: 6)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.decided("alpha") == 4)
      #expect(try await fixture.deeds().filter { $0 == "effective" }.count == 1, "the first never was in force")
      let history = try await fixture.store.policyVersions().items
      #expect(history.map(\.isInForce) == [true, false, false, false])
    }
  }

  @Test func `an emergency restriction holds at once, and ends by itself`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text, kind: .emergency).proposal.id
      #expect(try await fixture.decided("avant") == 2)
      let closed = try await fixture.vote(.for, on: id, "alize")
      #expect(closed.proposal.state == .ratified && closed.proposal.version == 3)
      #expect(try await fixture.decided("pendant") == 3)
      let refused = try await refusal {
        _ = try await fixture.propose(StoreFixture.boardPolicy(), kind: .emergency)
      }
      #expect(refused?.kind == .invalid && refused?.problems.map(\.path) == ["spec.rules[nouvelle]"])
      try await fixture.bringNearer(days: 8)
      #expect(try await fixture.decided("apres") == 4)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.store.policyInForce()?.spec == StoreFixture.boardPolicy())
      #expect(
        try await fixture.store.policyVersions().items.map(\.origin) == [.emergencyEnd, .emergency, .applied, .applied])
    }
  }

  @Test func `an emergency restriction is not renewed the moment it ends, but while a vote on it is open`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let first = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: first, "alize")
      // Its end comes nearer than the proposal says: what was proposed is of seven days ago.
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      let refused = try await refusal { _ = try await fixture.propose(text, kind: .emergency, by: "alize") }
      #expect(refused?.kind == .conflict && refused?.message.contains(first.uuidString.lowercased()) == true)
      _ = try await fixture.propose(text, by: "anfsi")
      let again = try await fixture.propose(text, kind: .emergency, by: "alize").proposal.id
      try await fixture.vote(.for, on: again, "dtnum")
      #expect(try await fixture.store.proposal(again).proposal.state == .ratified)
    }
  }

  @Test func `a vote that is taken back once the restriction is there again gives no third one`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let first = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: first, "alize")
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      let vote = try await fixture.propose(text, by: "alize").proposal.id
      let second = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: second, "alize")
      #expect(try await fixture.store.proposal(second).proposal.state == .ratified)
      _ = try await fixture.store.act(
        .withdrawn(reason: nil), on: vote, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      _ = try await fixture.propose(text, by: "alize")
      let refused = try await refusal { _ = try await fixture.propose(text, kind: .emergency) }
      #expect(refused?.kind == .conflict)
    }
  }

  @Test func `what the board has decided is looked back at where a restriction is had again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let decided = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: decided, "dtnum", "anfsi")
      let now = try await fixture.store.now()
      let earlier = try await fixture.pool.withConnection { connection in
        try await fixture.store.earlierProposals(at: now, in: connection)
      }
      let found = earlier.map(\.proposal)
      #expect(found.map(\.id) == [decided] && found.map(\.state) == [.ratified])
    }
  }

  @Test func `the vote that ratifies an emergency restriction leaves its end out`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let emergency = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: emergency, "alize")
      let vote = try await fixture.propose(nil, by: "anfsi")
      #expect(vote.proposal.base == 3 && vote.proposal.spec == text)
      try await fixture.vote(.for, on: vote.proposal.id, "anfsi", "dtnum")
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      #expect(try await fixture.store.policyInForce()?.version == 5)
      #expect(try await fixture.decided("alpha") == 5)
    }
  }

  @Test(arguments: [false, true])
  func `a restriction that is had again keeps no vote on the first from making it stay`(isPastEnd: Bool) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let first = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: first, "alize")
      let vote = try await fixture.propose(nil, by: "anfsi").proposal.id
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      let again = try await fixture.propose(text, kind: .emergency, by: "alize").proposal.id
      try await fixture.vote(.for, on: again, "dtnum")
      if isPastEnd {
        try await fixture.bringNearer(days: 8)
        _ = try await fixture.store.tendBoard()
        #expect(try await fixture.store.policyInForce()?.version == 6)
      }
      #expect(try await !fixture.store.proposal(vote).isOutdated)
      try await fixture.vote(.for, on: vote, "dtnum", "anfsi")
      #expect(try await fixture.store.proposal(vote).proposal.state == .ratified)
      #expect(try await fixture.store.policyInForce()?.spec == text)
    }
  }
}
