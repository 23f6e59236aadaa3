import Board
import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// A policy from its draft to its effect, on a real database.
struct BoardLifeTests {
  private let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  @Test func `what is drafted, proposed and voted on comes into force, and all of it is told`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let draft = try await fixture.store.draft(
        nil, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
      #expect(draft.proposal.base == 2 && draft.proposal.spec == StoreFixture.boardPolicy() && draft.revision == 1)
      let edited = try await fixture.store.edit(
        draft: draft.proposal.id, text, if: .version(["1"]), by: StoreFixture.actor("dtnum"),
        context: StoreFixture.context("dtnum"))
      #expect(edited.revision == 2 && !edited.isOutdated)
      let id = draft.proposal.id
      let open = try await fixture.store.act(
        .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, if: .version(["2"]),
        by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
      #expect(open.proposal.rules?.voters == StoreFixture.operators && open.tally?.silent == 3)
      _ = try await fixture.store.act(
        .commented("à relire"), on: id, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
      try await fixture.vote(.against, on: id, "anfsi")
      #expect(try await fixture.decided("avant") == 2)
      let last = try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(last.proposal.state == .ratified && last.proposal.version == 3)
      #expect(try await fixture.decided("apres") == 3)
      #expect(try await fixture.store.policyInForce()?.spec == text)
      guard case .policy(let shown) = try await fixture.store.get(.policy, "regie") else {
        Issue.record("the policy is a policy")
        return
      }
      #expect(shown.spec == text)
      #expect(
        try await fixture.deeds() == [
          "drafted", "edited", "proposed", "commented", "voted", "voted", "voted", "ratified", "effective",
        ])
      #expect(
        try await fixture.store.votes(on: id).items.map { "\($0.vote.operator) \($0.vote.choice)" } == [
          "anfsi for", "dtnum for", "anfsi against",
        ])
      #expect(try await fixture.store.comments(on: id).items.map(\.comment.text) == ["à relire"])
      let said = try await fixture.count(
        """
        SELECT count(*) FROM audit_entries, convert_from(body, 'UTF8') AS words WHERE action = 'commented'
          AND strpos(words, encode(sha256(convert_to('à relire', 'UTF8')), 'hex')) > 0 AND strpos(words, 'relire') = 0
        """)
      #expect(said == 1, "the trail vouches for the words, and does not hold them")
      let history = try await fixture.store.policyVersions().items
      #expect(history.map(\.origin) == [.ratified, .applied, .applied])
      #expect(history.map(\.supersededBy) == [nil, 3, 2] && history.map(\.isInForce) == [true, false, false])
      #expect(history[0].proposal == id)
    }
  }

  @Test func `where a board decides, a policy is not applied, but for what is there already`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let other = AnyResource.policy(Resource("regie", text))
      let refused = try await refusal { _ = try await fixture.store.put(other, context: someone) }
      #expect(refused?.kind == .boardDecides)
      let same = AnyResource.policy(Resource("regie", StoreFixture.boardPolicy()))
      #expect(try await fixture.store.put(same, context: someone).change == .unchanged)
    }
  }

  @Test func `a board that could decide nothing is not applied, and one that operators have left is replaced`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let impossible = try await refusal { try await fixture.board(StoreFixture.boardPolicy(quorum: 4)) }
      #expect(impossible?.kind == .conflict && impossible?.path == "spec.governance")
      let policy = StoreFixture.boardPolicy(quorum: 2, voters: ["dtnum", "anfsi"])
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      let lone = try await refusal {
        _ = try await fixture.propose(StoreFixture.boardPolicy(voters: ["dtnum", "typo"]))
      }
      #expect(lone?.kind == .invalid && lone?.path == "spec.governance")
      let other = AnyResource.policy(Resource("regie", text))
      #expect(try await refusal { _ = try await fixture.store.put(other, context: someone) }?.kind == .boardDecides)
      let first = try await refusal { try await fixture.store.delete(.operator, "anfsi", context: someone) }
      #expect(first?.kind == .conflict)
      #expect(try await refusal { _ = try await fixture.store.put(other, context: someone) }?.kind == .boardDecides)
      try await fixture.store.delete(.operator, "anfsi", context: RequestContext(principal: "test:other"))
      #expect(try await fixture.store.put(other, context: someone).change == .changed)
    }
  }

  @Test func `what it would change is asked with the proposal, told with each vote, and settled with the vote`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let open = try await fixture.propose(text)
      let id = open.proposal.id
      let asked = try #require(open.impact)
      #expect(asked.state == .waiting && asked.follows && asked.subject == "proposal/\(id.uuidString.lowercased())")
      func vote(_ name: String) async throws {
        _ = try await fixture.store.act(
          .voted(.for, reason: nil), on: id, by: StoreFixture.actor(name), context: StoreFixture.context(name))
      }
      let early = try await refusal { try await vote("dtnum") }
      #expect(early?.kind == .impactAwaited)
      try await fixture.vote(.for, on: id, "dtnum")
      let claim = try #require(try await fixture.store.claimImpact(by: "test"))
      #expect(try await refusal { try await vote("anfsi") }?.kind == .impactAwaited, "somebody works on it")
      #expect(claim.document == text)
      #expect(try await fixture.store.workOut(claim) { _ in })
      let known = try await fixture.store.proposals(in: [.open]).items[0].impact
      let digest = try #require(known?.result?.digest)
      let refused = try await refusal { _ = try await fixture.store.cancelImpact(asked.id) }
      #expect(refused?.kind == .conflict)
      try await vote("anfsi")
      let end = try await fixture.store.proposal(id)
      #expect(end.proposal.state == .ratified)
      #expect(end.impact?.follows == false && end.impact?.result?.digest == digest)
      #expect(end.impact?.result?.asOf == known?.result?.asOf)
      func told(_ action: String, _ what: PostgresQuery) async throws -> Int64 {
        try await fixture.count(
          """
          SELECT count(*) FROM audit_entries,
            LATERAL (SELECT convert_from(body, 'UTF8')::jsonb #> '{detail,impact}') i (impact)
          WHERE kind = 'PolicyProposal' AND action = \(action) AND \(what)
          """)
      }
      #expect(try await told("voted", "impact ->> 'state' = 'waiting'") == 1)
      #expect(try await told("voted", "impact ->> 'digest' = \(digest)") == 1)
      #expect(try await told("ratified", "impact ->> 'digest' = \(digest)") == 1)
    }
  }

  @Test func `a text that was changed while it was looked at is not proposed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let draft = try await fixture.store.draft(text, by: StoreFixture.actor("dtnum"), context: someone)
      let id = draft.proposal.id
      let checked = try await fixture.store.checkText(of: id)
      let other = StoreFixture.boardPolicy(rules: ["autre"])
      _ = try await fixture.store.edit(draft: id, other, by: StoreFixture.actor("dtnum"), context: someone)
      func propose(_ checked: Int64?) async throws {
        _ = try await fixture.store.act(
          .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, checked: checked,
          by: StoreFixture.actor("dtnum"), context: someone)
      }
      #expect(try await refusal { try await propose(checked) }?.kind == .versionMismatch)
      #expect(try await fixture.store.proposal(id).proposal.state == .draft)
      try await propose(try await fixture.store.checkText(of: id))
      #expect(try await fixture.store.proposal(id).proposal.spec == other)
    }
  }

  @Test func `what was never proposed is not cited as amended`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let draft = try await fixture.store.draft(text, by: StoreFixture.actor("alize"), context: someone).proposal.id
      #expect(try await refusal { _ = try await fixture.propose(text, amends: draft) }?.kind == .proposalState)
      _ = try await fixture.store.act(
        .discarded, on: draft, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
      #expect(try await refusal { _ = try await fixture.propose(text, amends: draft) }?.kind == .proposalState)
    }
  }

  @Test func `a draft is written on what was read, and drafts do not disturb each other`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let (one, other) = (
        try await fixture.store.draft(text, by: StoreFixture.actor("dtnum"), context: someone),
        try await fixture.store.draft(text, by: StoreFixture.actor("alize"), context: someone)
      )
      let id = one.proposal.id
      let newer = StoreFixture.boardPolicy(rules: ["autre"])
      _ = try await fixture.store.edit(draft: id, newer, by: StoreFixture.actor("dtnum"), context: someone)
      let stale = try await refusal {
        _ = try await fixture.store.edit(
          draft: id, text, if: .version(["1"]), by: StoreFixture.actor("dtnum"), context: someone)
      }
      #expect(stale?.kind == .versionMismatch)
      // What was written already may be asked for again.
      let again = try await fixture.store.edit(
        draft: id, newer, if: .version(["1"]), by: StoreFixture.actor("dtnum"), context: someone)
      #expect(again.revision == 2)
      let foreign = try await refusal {
        _ = try await fixture.store.edit(draft: id, text, by: StoreFixture.actor("alize"), context: someone)
      }
      #expect(foreign?.kind == .forbidden)
      let unknown = try await refusal {
        _ = try await fixture.store.edit(draft: id, text, base: 9, by: StoreFixture.actor("dtnum"), context: someone)
      }
      #expect(unknown?.kind == .notFound)
      #expect(try await fixture.store.proposals(in: [.draft]).items.map(\.proposal.id) == [other.proposal.id, id])
      _ = try await fixture.store.act(.discarded, on: id, by: StoreFixture.actor("dtnum"), context: someone)
      #expect(try await fixture.store.proposals(in: [.draft]).items.map(\.proposal.id) == [other.proposal.id])
    }
  }

  @Test func `a text with something wrong is kept as a draft, and not proposed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      var wrong = text
      wrong.rules[0].weight = 3
      let refused = try await refusal { _ = try await fixture.propose(wrong) }
      #expect(refused?.kind == .invalid && refused?.problems.first?.path == "spec.rules[0].weight")
      var contradictory = text
      contradictory.rules[0].places = LabelSelector(matchLabels: ["zone.sensitivity": "secret"])
      let lint = try await refusal { _ = try await fixture.propose(contradictory) }
      #expect(lint?.kind == .invalid && lint?.messageFR.contains("[UnknownValue]") == true)
      #expect(try await fixture.store.proposals(in: [.draft]).items.count == 2)
    }
  }

  @Test func `an outdated draft is rebased rule by rule, or told which rules are in the way`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(rules: ["commune"]))
      var ours = StoreFixture.boardPolicy(rules: ["commune", "notre"])
      let draft = try await fixture.store.draft(ours, by: StoreFixture.actor("alize"), context: someone)
      let id = draft.proposal.id
      var theirs = StoreFixture.boardPolicy(rules: ["commune", "leur"])
      theirs.rules[0].notWaivable = true
      let other = try await fixture.propose(theirs)
      try await fixture.vote(.for, on: other.proposal.id, "dtnum", "anfsi")
      let outdated = try await refusal {
        _ = try await fixture.store.act(
          .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: StoreFixture.actor("alize"),
          context: someone)
      }
      #expect(outdated?.kind == .outdatedBase)
      #expect(try await fixture.store.proposal(id).isOutdated)
      let rebased = try await fixture.store.rebase(draft: id, by: StoreFixture.actor("alize"), context: someone)
      #expect(rebased.proposal.base == 3 && !rebased.isOutdated)
      #expect(Set(rebased.proposal.spec.rules.map(\.id)) == ["commune", "leur", "notre"])
      #expect(rebased.proposal.spec.rules.first { $0.id == "commune" }?.notWaivable == true)
      ours.rules[0].stages = ["prod"]
      let second = try await fixture.store.draft(ours, base: 2, by: StoreFixture.actor("alize"), context: someone)
      let conflict = try await refusal {
        _ = try await fixture.store.rebase(
          draft: second.proposal.id, by: StoreFixture.actor("alize"), context: someone)
      }
      #expect(conflict?.kind == .outdatedBase && conflict?.problems.map(\.path) == ["spec.rules[commune]"])
    }
  }

  @Test func `an amendment takes the place of what it amends when it is proposed, a rollback brings a text back`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let first = try await fixture.propose(text).proposal.id
      let amended = StoreFixture.boardPolicy(rules: ["amendee"])
      let stranger = try await refusal { _ = try await fixture.propose(amended, amends: first, by: "alize") }
      #expect(stranger?.kind == .forbidden)
      let second = try await fixture.propose(amended, amends: first).proposal.id
      let old = try await fixture.store.proposal(first).proposal
      #expect(old.state == .amended && old.amendedBy == second)
      try await fixture.vote(.for, on: second, "dtnum", "anfsi")
      let back = try await fixture.propose(nil, restores: 2, by: "anfsi")
      #expect(back.proposal.spec == StoreFixture.boardPolicy() && back.proposal.base == 3)
      let withdrawn = try await fixture.store.act(
        .withdrawn(reason: "plus tard"), on: back.proposal.id, by: StoreFixture.actor("anfsi"), context: someone)
      #expect(withdrawn.proposal.state == .withdrawn && withdrawn.proposal.withdrawal == "plus tard")
      #expect(try await fixture.count("SELECT max(version) FROM policy_versions") == 3)
    }
  }

  @Test func `what has passed its deadline and nobody has closed yet is closed by who amends it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let first = try await fixture.propose(text).proposal.id
      try await fixture.passDeadline(of: first)
      let second = try await fixture.propose(StoreFixture.boardPolicy(rules: ["amendee"]), amends: first).proposal
      #expect(second.state == .open && second.amends == first)
      let old = try await fixture.store.proposal(first).proposal
      #expect(old.state == .rejected && old.rejection == .votes)
    }
  }

  @Test func `one key, one answer`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      func draft(_ spec: PolicySpec) async throws -> BoardRecord {
        try await fixture.store.draft(
          spec, by: StoreFixture.actor("dtnum"), idempotencyKey: "k", context: StoreFixture.context("dtnum"))
      }
      let first = try await draft(text)
      let again = try await draft(text)
      #expect(again.proposal == first.proposal && again.isReplay && !first.isReplay)
      let other = try await refusal { _ = try await draft(StoreFixture.boardPolicy()) }
      #expect(other?.kind == .idempotencyMismatch)
      // The same person for another operator: that is another draft, and not the first one over again.
      let both = BoardActor(principal: "user:dtnum", operator: "anfsi", subject: "anfsi")
      let another = try await refusal {
        _ = try await fixture.store.draft(
          text, by: both, idempotencyKey: "k", context: StoreFixture.context("dtnum"))
      }
      #expect(another?.kind == .idempotencyMismatch)
      func propose() async throws -> BoardRecord {
        try await fixture.store.act(
          .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: first.proposal.id,
          by: StoreFixture.actor("dtnum"),
          idempotencyKey: "p", context: StoreFixture.context("dtnum"))
      }
      let open = try await propose()
      try await fixture.vote(.for, on: first.proposal.id, "dtnum", "anfsi")
      #expect(try await propose().proposal == open.proposal)
    }
  }

  @Test func `what was voted and said is never changed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      for statement: PostgresQuery in [
        "UPDATE policy_votes SET choice = 'against'", "DELETE FROM policy_votes", "DELETE FROM policy_comments",
        "DELETE FROM policy_proposals",
      ] {
        await #expect(throws: PostgresError.self) {
          try await fixture.pool.withConnection { _ = try await $0.execute(statement) }
        }
      }
    }
  }
}
