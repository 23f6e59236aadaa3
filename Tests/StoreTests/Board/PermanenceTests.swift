import Board
import Events
import Foundation
import Model
import Policy
import Postgres
import Testing

@testable import Store

/// An emergency restriction that a vote on something else would have stay is shown to whoever votes.
struct PermanenceTests {
  private static let urgent = StoreFixture.boardPolicy(rules: ["urgence"])

  private static func restrict(_ fixture: StoreFixture) async throws {
    let id = try await fixture.propose(urgent, kind: .emergency).proposal.id
    let closed = try await fixture.vote(.for, on: id, "alize")
    try #require(closed.proposal.state == .ratified)
  }

  private static func draft(
    _ text: PolicySpec?, base: Int64? = nil, key: String? = nil, _ fixture: StoreFixture
  ) async throws -> BoardRecord {
    try await fixture.store.draft(
      text, base: base, by: StoreFixture.actor("dtnum"), idempotencyKey: key, context: StoreFixture.context("dtnum"))
  }

  private static func propose(_ id: UUID, _ fixture: StoreFixture) async throws -> BoardRecord {
    try await fixture.store.act(
      .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: StoreFixture.actor("dtnum"),
      context: StoreFixture.context("dtnum"))
  }

  private static func names(_ record: BoardRecord) -> [String] { record.makesPermanent.map { $0.name ?? "" } }

  @Test func `a text that goes on from it says so before anybody votes, whatever it is about`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let before = try await fixture.propose(StoreFixture.boardPolicy(rules: ["autre"]))
      try await Self.restrict(fixture)
      let draft = try await Self.draft(nil, key: "k", fixture)
      #expect(draft.proposal.base == 3 && Self.names(draft) == ["urgence"])
      #expect(try await Self.names(Self.draft(nil, key: "k", fixture)) == ["urgence"], "the answer is repeated")
      var text = draft.proposal.spec
      text.complianceDays = 12
      let edited = try await fixture.store.edit(
        draft: draft.proposal.id, text, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
      #expect(Self.names(edited) == ["urgence"])
      let open = try await Self.propose(draft.proposal.id, fixture)
      #expect(open.proposal.votes.isEmpty && Self.names(open) == ["urgence"])
      let read = try await fixture.store.proposal(draft.proposal.id)
      let entry = try #require(read.makesPermanent.first)
      #expect(entry.part == .rule && entry.change == .added)
      #expect(entry.sentence.fr.hasPrefix("La règle « urgence » est ajoutée"))
      #expect(entry.sentence.en?.hasPrefix("The rule “urgence” is added") == true)
      #expect(try await Self.names(fixture.store.proposal(before.proposal.id)).isEmpty, "it is on the text before")
      // Once it is decided there is nothing to be shown: it stays.
      let closed = try await fixture.vote(.for, on: draft.proposal.id, "dtnum", "anfsi")
      #expect(closed.proposal.state == .ratified && Self.names(closed).isEmpty)
      #expect(try await Self.names(Self.draft(nil, fixture)).isEmpty)
    }
  }

  @Test func `it is worked out in line with what else takes long, and not for somebody who has gone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await Self.restrict(fixture)
      let draft = try await Self.draft(nil, fixture)
      let names = try await draft.permanences().map(\.name)
      #expect(names == ["urgence"])
      let late = Task {
        while !Task.isCancelled { await Task.yield() }
        _ = try await draft.permanences()
      }
      late.cancel()
      await #expect(throws: CancellationError.self) { try await late.value }
    }
  }

  @Test func `a text without it, or on the text before, makes nothing permanent, until it is rebased`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await Self.restrict(fixture)
      #expect(try await Self.names(Self.draft(StoreFixture.boardPolicy(rules: ["autre"]), fixture)).isEmpty)
      let old = try await Self.draft(StoreFixture.boardPolicy(rules: ["autre"]), base: 2, fixture)
      #expect(Self.names(old).isEmpty)
      let rebased = try await fixture.store.rebase(
        draft: old.proposal.id, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
      #expect(rebased.proposal.base == 3 && Self.names(rebased) == ["urgence"])
    }
  }

  @Test func `after its end, too, a text that is based on it would bring it back for good`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await Self.restrict(fixture)
      let open = try await Self.propose(try await Self.draft(nil, fixture).proposal.id, fixture)
      try await fixture.bringNearer(days: 8)
      _ = try await fixture.store.tendBoard()
      let late = try await fixture.store.proposal(open.proposal.id)
      #expect(!late.isOutdated && Self.names(late) == ["urgence"])
      #expect(try await Self.names(Self.draft(nil, fixture)).isEmpty, "it goes on from what came back")
    }
  }

  @Test func `what carries it behind its date is known to do so, and what has its date after the end is not`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let soon = Timestamp(Date(timeIntervalSinceNow: 3 * 86_400))
      let decided = try await fixture.propose(StoreFixture.boardPolicy(rules: ["autre"]), effectiveAt: soon).proposal.id
      try await fixture.vote(.for, on: decided, "dtnum", "anfsi")
      let id = try await fixture.propose(Self.urgent, kind: .emergency, base: 2).proposal.id
      try await fixture.vote(.for, on: id, "alize")
      let carried = try await Self.draft(nil, fixture)
      #expect(carried.proposal.base == 5 && carried.proposal.spec.rules.map(\.id).sorted() == ["autre", "urgence"])
      #expect(Self.names(carried) == ["urgence"])
    }
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let late = Timestamp(Date(timeIntervalSinceNow: 30 * 86_400))
      let decided = try await fixture.propose(StoreFixture.boardPolicy(rules: ["autre"]), effectiveAt: late).proposal.id
      try await fixture.vote(.for, on: decided, "dtnum", "anfsi")
      let id = try await fixture.propose(Self.urgent, kind: .emergency, base: 2).proposal.id
      try await fixture.vote(.for, on: id, "alize")
      let draft = try await Self.draft(nil, fixture)
      #expect(draft.proposal.base == 6 && draft.proposal.spec.rules.map(\.id) == ["autre"])
      #expect(Self.names(draft).isEmpty)
    }
  }
}
