import Board
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// What says that it brings an older version back has that version's text.
struct RestoringTests {
  private let actor = StoreFixture.actor("dtnum")
  private let other = StoreFixture.boardPolicy(rules: ["autre"])

  @Test func `a rollback has the text of its version, or is none`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      func draft(_ text: PolicySpec?) async throws -> BoardRecord {
        try await fixture.store.draft(text, restores: 2, by: actor, context: someone)
      }
      let refused = try await refusal { _ = try await draft(other) }
      #expect(refused?.kind == .invalid && refused?.path == "restores")
      #expect(try await draft(StoreFixture.boardPolicy()).proposal.restores == 2)
      let own = try await draft(nil)
      #expect(own.proposal.restores == 2 && own.proposal.spec == StoreFixture.boardPolicy())
      let edited = try await fixture.store.edit(draft: own.proposal.id, other, by: actor, context: someone)
      #expect(edited.proposal.restores == nil)
    }
  }

  @Test func `a rebase that changes the text makes it a text of its own`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let own = try await fixture.store.draft(nil, restores: 1, by: actor, context: someone)
      let ratified = try await fixture.propose(other).proposal.id
      try await fixture.vote(.for, on: ratified, "dtnum", "anfsi")
      let rebased = try await fixture.store.rebase(draft: own.proposal.id, by: actor, context: someone)
      #expect(rebased.proposal.base == 3 && rebased.proposal.spec.rules.map(\.id) == ["autre"])
      #expect(rebased.proposal.restores == nil)
    }
  }

  @Test func `what an earlier program has stored is looked at when it is proposed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let draft = try await fixture.store.draft(other, by: actor, context: someone).proposal.id
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE policy_proposals SET body = jsonb_set(body, '{restores}', '1') WHERE id = \(draft)")
      }
      #expect(try await fixture.store.proposal(draft).proposal.restores == 1)
      let open = try await fixture.store.act(
        .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: draft, by: actor, context: someone)
      #expect(open.proposal.state == .open && open.proposal.restores == nil)
    }
  }
}
