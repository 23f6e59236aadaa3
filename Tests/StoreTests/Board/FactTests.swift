import Board
import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// What the bus is to tell of the board is written with the act, once.
struct FactTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  @Test func `each end of a proposal is told once, and drafts are not`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let ratified = try await fixture.propose(text).proposal.id
      _ = try await fixture.store.act(
        .commented("bien"), on: ratified, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
      try await fixture.vote(.for, on: ratified, "dtnum")
      #expect(try await fixture.facts(of: ratified).map(\.state) == [.open])
      try await fixture.vote(.for, on: ratified, "anfsi")
      #expect(try await fixture.facts(of: ratified).map(\.state) == [.open, .ratified])

      let withdrawn = try await fixture.propose(StoreFixture.boardPolicy(rules: ["a"])).proposal.id
      _ = try await fixture.store.act(
        .withdrawn(reason: "non"), on: withdrawn, by: StoreFixture.actor("dtnum"),
        context: StoreFixture.context("dtnum"))
      #expect(try await fixture.facts(of: withdrawn).map(\.state) == [.open, .withdrawn])

      let amended = try await fixture.propose(StoreFixture.boardPolicy(rules: ["b"])).proposal.id
      let next = try await fixture.propose(StoreFixture.boardPolicy(rules: ["c"]), amends: amended).proposal.id
      #expect(try await fixture.facts(of: amended).map(\.amendedBy) == [nil, next])

      try await fixture.vote(.for, on: next, "anfsi")
      try await fixture.passDeadline(of: next)
      _ = try await fixture.store.tendBoard()
      let rejected = try await fixture.facts(of: next)
      #expect(rejected.map(\.state) == [.open, .rejected] && rejected.last?.rejection == "votes")
      #expect(
        rejected.last?.result == .init(for: 1, against: 0, abstain: 0, silent: 2) && rejected.first?.result == nil)
      let draft = try await fixture.store.draft(
        text, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
      #expect(try await fixture.facts(of: draft.proposal.id).isEmpty)
    }
  }

  @Test func `what an operator says is told with the act, without who has said it, and without a word`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      func act(_ event: BoardEvent, _ name: String) async throws {
        _ = try await fixture.store.act(
          event, on: id, by: StoreFixture.actor(name), context: StoreFixture.context(name))
      }
      try await act(.voted(.against, reason: "Trop tôt", withoutImpact: true), "alize")
      try await act(.voted(.against, reason: "Trop tôt", withoutImpact: true), "alize")
      try await act(.commented("À revoir"), "anfsi")
      try await act(.commented("Encore"), "anfsi")
      try await act(.voted(.for, reason: nil, withoutImpact: true), "alize")
      let prefix = id.uuidString.lowercased()
      let votes = try await fixture.told(VoteFact.self, "vote/\(prefix)/alize")
      #expect(votes.map(\.choice) == ["against", "for"], "one that says the same again is no state")
      #expect(votes.map(\.revision) == [3, 6] && votes.allSatisfy { $0.operator == "alize" && $0.proposal == id })
      let comments = try await fixture.told(CommentFact.self, "comment/\(prefix)/")
      #expect(comments.map(\.revision) == [4, 5] && comments.map(\.operator) == ["anfsi", "anfsi"])
      let named = try await fixture.count(
        """
        SELECT count(*) FROM public_facts
        WHERE convert_from(data, 'UTF8') ~ 'user:|Trop|revoir|Encore'
        """)
      #expect(named == 0)
      // An emergency restriction comes with its author's vote.
      let emergency = try await fixture.propose(text, kind: .emergency).proposal.id.uuidString.lowercased()
      #expect(try await fixture.told(VoteFact.self, "vote/\(emergency)/dtnum").map(\.choice) == ["for"])
    }
  }

  @Test func `a version is awaited, in force and superseded, each told once, whoever looks`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let date = Timestamp(Date(timeIntervalSinceNow: 5 * 86_400))
      let id = try await fixture.propose(text, effectiveAt: date).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(try await fixture.facts(of: 2).map(\.state) == [.inForce])
      #expect(try await fixture.facts(of: 3).map(\.state) == [.awaited])
      try await fixture.bringNearer(days: 6)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { _ = try await fixture.store.tendBoard() } }
        try await group.waitForAll()
      }
      let (before, after) = (try await fixture.facts(of: 2), try await fixture.facts(of: 3))
      #expect(before.map(\.state) == [.inForce, .superseded] && before.last?.supersededBy == 3)
      #expect(after.map(\.state) == [.awaited, .inForce] && after.map(\.proposal) == [id, id])
      #expect(try await fixture.facts(of: 1).map(\.state) == [.inForce, .superseded])
    }
  }

  @Test func `an emergency restriction, its end, and a version that never came into force are told`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let emergency = try await fixture.propose(text, kind: .emergency).proposal.id
      try await fixture.vote(.for, on: emergency, "alize")
      #expect(try await fixture.facts(of: 3).map(\.origin) == ["emergency"])
      #expect(try await fixture.facts(of: 4).map(\.origin) == ["emergencyEnd"])
      let stays = try await fixture.propose(nil, by: "anfsi").proposal.id
      try await fixture.vote(.for, on: stays, "anfsi", "dtnum")
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      let end = try await fixture.facts(of: 4)
      #expect(end.map(\.state) == [.awaited, .leftOut] && end.last?.supersededBy == 5)
      #expect(try await fixture.facts(of: 5).map(\.state) == [.inForce])
      #expect(try await fixture.facts(of: 3).map(\.state) == [.inForce, .superseded])
    }
  }

  @Test func `where a fact can not be written, the act did not take place`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      try await fixture.pool.withConnection {
        try await $0.script("ALTER TABLE public_facts ADD CONSTRAINT full_up CHECK (false) NOT VALID")
      }
      await #expect(throws: PostgresError.self) { try await fixture.vote(.for, on: id, "anfsi") }
      #expect(try await fixture.store.proposal(id).proposal.state == .open)
      #expect(try await fixture.store.policyInForce()?.version == 2)
      try await fixture.pool.withConnection { try await $0.script("ALTER TABLE public_facts DROP CONSTRAINT full_up") }
      try await fixture.vote(.for, on: id, "anfsi")
      #expect(try await fixture.facts(of: id).map(\.state) == [.open, .ratified])
    }
  }

  @Test func `after a recovery all is told again as of the new epoch, which is told itself`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      let acks = { (claims: [FactClaim]) in claims.map { FactAck(of: $0, partition: 0, offset: $0.id) } }
      var told: [String: FactClaim] = [:]
      while true {
        let claims = try await fixture.store.claimFacts(limit: 1000)
        guard !claims.isEmpty else { break }
        for claim in claims { told[claim.key] = claim }
        try await fixture.store.markPublished(facts: acks(claims))
      }
      try await fixture.store.suspend(because: "the bus is ahead", comparedIn: 1)
      let evidence = BusEvidence(
        zone: "nord", desired: [:],
        record: ZoneRecord(
          zone: "nord", epoch: 1, sequence: 1, at: Timestamp(microseconds: 1), count: 0, offsets: [], buckets: []))
      let plan = try await fixture.store.recoveryPlan([evidence])
      _ = try await fixture.store.recover(
        [evidence], agreedTo: plan.digest, despiteUnverified: true, context: someone)
      #expect(try await fixture.store.epoch() == 2)

      let again = try await fixture.store.claimFacts(limit: 1000)
      #expect(Set(again.map(\.key)) == Set(told.keys).union(["epoch"]))
      for claim in again where claim.key != "epoch" {
        let before = try #require(told[claim.key])
        #expect(claim.event != before.event, "another event, since it says something else")
        #expect(try BusCodec.restate(fact: before.data, epoch: 2) == claim.data && claim.at == before.at)
      }
      let epoch = try #require(again.first { $0.key == "epoch" })
      #expect(try JSONDecoder().decode(EpochFact.self, from: Data(epoch.data)).epoch == 2)
      #expect(try await fixture.facts(of: id).map(\.epoch) == [1, 2], "only the last state is told again")
    }
  }

  @Test func `of one thing the oldest state is claimed, and the next only once it is resolved`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      let key = "proposal/\(id.uuidString.lowercased())"
      let first = try await fixture.store.claimFacts(limit: 1000)
      #expect(Set(first.map(\.key)).count == first.count && first.map(\.id) == first.map(\.id).sorted())
      let open = try #require(first.first { $0.key == key })
      let again = try #require(try await fixture.store.claimFacts(limit: 1000).first { $0.key == key })
      #expect(again == open, "what is not marked is claimed again, as the same event")
      #expect(try await fixture.store.factsMayBeInFlight(within: .seconds(60)))
      let acks = first.map { FactAck(of: $0, partition: 0, offset: 0) }
      #expect(try await fixture.store.markPublished(facts: acks) == 0)
      let next = try #require(try await fixture.store.claimFacts(limit: 1000).first { $0.key == key })
      #expect(next.id > open.id && next.event != open.event)
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      #expect(try await fixture.store.claimFacts(limit: 1000).isEmpty, "a restored database tells nothing")
    }
  }
}

extension StoreFixture {
  private func facts<Fact: PublicFact>(_ type: Fact.Type, key: String) async throws -> [Fact] {
    try await pool.withConnection { connection in
      try await connection.query("SELECT data FROM public_facts WHERE key = \(key) ORDER BY id").map {
        try JSONDecoder().decode(type, from: Data(try $0.decode([UInt8].self, "data")))
      }
    }
  }

  /// Facts whose key begins so, in their order.
  fileprivate func told<Fact: PublicFact>(_ type: Fact.Type, _ prefix: String) async throws -> [Fact] {
    try await pool.withConnection { connection in
      try await connection.query("SELECT data FROM public_facts WHERE starts_with(key, \(prefix)) ORDER BY id").map {
        try JSONDecoder().decode(type, from: Data(try $0.decode([UInt8].self, "data")))
      }
    }
  }

  fileprivate func facts(of proposal: UUID) async throws -> [ProposalFact] {
    try await facts(ProposalFact.self, key: "proposal/\(proposal.uuidString.lowercased())")
  }

  fileprivate func facts(of version: Int64) async throws -> [PolicyVersionFact] {
    try await facts(PolicyVersionFact.self, key: "policy/\(version)")
  }
}
