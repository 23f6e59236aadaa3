import Board
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// The database itself keeps what was written, row by row, but for what the rules change.
struct AppendOnlyTests {
  private static let refused = [
    "UPDATE audit_entries SET body = 'x'", "UPDATE audit_entries SET body = 'x', digest = sha256('x')",
    "UPDATE audit_entries SET name = 'x'", "UPDATE audit_entries SET at = at - interval '1 second'",
    "UPDATE audit_entries SET principal = 'person:erased', erased_at = now(), person = NULL, salt = NULL",
    "UPDATE audit_entries SET person = 'oidc:eve'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
    "UPDATE policy_versions SET document = '{}'",
    "UPDATE policy_versions SET effective_at = effective_at - interval '1 second'",
    "UPDATE policy_versions SET principal = 'oidc:eve'",
    "UPDATE policy_versions SET principal = 'person:erased', document = '{}'", "DELETE FROM policy_versions",
    "UPDATE policy_origins SET origin = 'emergency'", "UPDATE policy_origins SET told_at = NULL",
    "DELETE FROM policy_origins", "TRUNCATE policy_origins",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{spec,complianceDays}', '77') WHERE state <> 'draft'",
    "UPDATE policy_proposals SET body = '{}' WHERE state = 'open'",
    "UPDATE policy_proposals SET state = 'draft' WHERE state = 'open'",
    "UPDATE policy_proposals SET state = 'withdrawn' WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{state}', '\"withdrawn\"') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{id}', to_jsonb(gen_random_uuid())) WHERE state = 'open'",
    "UPDATE policy_proposals SET state = 'open' WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{votes}', '[]') WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{result,for}', '9') WHERE state = 'ratified'",
    "UPDATE policy_proposals SET closes_at = now() WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{rules,quorum}', '1') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{rules,voters}', '[\"dtnum\"]') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{author}', '\"alize\"')",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{author}', '\"oidc:eve\"') WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{principal}', '\"oidc:eve\"') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{principal}', '\"oidc:eve\"') WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{votes,0,principal}', '\"oidc:eve\"') WHERE state = 'ratified'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{editors}', '[]') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{motive,fr}', '\"Non\"') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{base}', '1') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{kind}', '\"emergency\"') WHERE state = 'open'",
    "UPDATE policy_proposals SET body = jsonb_set(body, '{closesAt}', '\"2020-01-01T00:00:00Z\"') WHERE state = 'open'",
    "UPDATE policy_proposals SET closes_at = closes_at - interval '1 hour' WHERE state = 'open'",
    "UPDATE impact_results SET bytes = 'x'", "UPDATE impact_results SET summary = '{}'",
    "UPDATE impact_results SET digest = sha256('x')", "UPDATE impact_results SET named_at = NULL",
    "DELETE FROM impact_results",
    "TRUNCATE impact_results, impacts, impact_parts",
    "UPDATE impacts SET result = NULL, as_of = NULL", "UPDATE impacts SET as_of = as_of - interval '1 hour'",
    "UPDATE impacts SET follows = true", "UPDATE impacts SET follows = false WHERE follows",
    "UPDATE impacts SET state = 'waiting'", "UPDATE impacts SET subject = NULL",
    "UPDATE impacts SET document = '{}' WHERE follows", "UPDATE impacts SET requested_at = now() WHERE follows",
    "UPDATE impacts SET subject = 'proposal/x' WHERE follows",
    "UPDATE impacts SET subject = 'proposal/x' WHERE subject IS NULL", "UPDATE impacts SET principal = 'oidc:eve'",
    "DELETE FROM impacts", "DELETE FROM impacts WHERE follows", "TRUNCATE impacts",
    "UPDATE impact_parts SET bytes = 'x'",
    "DELETE FROM impact_parts", "TRUNCATE impact_parts",
    "UPDATE policy_proposals SET created_at = now()", "DELETE FROM policy_proposals",
  ]

  private static func fill(_ fixture: StoreFixture) async throws {
    try await fixture.board()
    _ = try await fixture.place("alpha")
    let id = try await fixture.propose(StoreFixture.boardPolicy(rules: ["nouvelle"])).proposal.id
    let claim = try #require(try await fixture.store.claimImpact(by: "test"))
    #expect(try await fixture.store.workOut(claim) { _ in })
    try await fixture.vote(.for, on: id, "dtnum", "anfsi")
    _ = try await fixture.propose(StoreFixture.boardPolicy(rules: ["nouvelle", "autre"]))
    _ = try await fixture.store.requestImpact(of: StoreFixture.boardPolicy(), context: someone)
  }

  @Test func `the question of a vote is asked where there is one, about its own text`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let actor = StoreFixture.actor("dtnum")
      let draft = try await fixture.store.draft(
        StoreFixture.boardPolicy(rules: ["nouvelle"]), by: actor, context: StoreFixture.context("dtnum"))
      let id = draft.proposal.id
      let plant: PostgresQuery = """
        INSERT INTO impacts (id, subject, document, principal, follows)
        SELECT gen_random_uuid(), 'proposal/' || id::text, body -> 'spec', 'local', true FROM policy_proposals
        WHERE id = \(id)
        """
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { _ = try await $0.query(plant) }
      }
      let open = try await fixture.store.act(
        .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: actor,
        context: StoreFixture.context("dtnum"))
      #expect(open.proposal.state == .open)
    }
  }

  @Test func `what was written is not changed, sealed or not`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      for isSealed in [false, true] {
        if isSealed { _ = try await fixture.store.sealAudit(limit: 1000) }
        for statement in Self.refused {
          let error = await #expect(throws: PostgresError.self, "\(statement), sealed: \(isSealed)") {
            try await fixture.pool.withConnection { try await $0.script(statement) }
          }
          // In the words of what guards it: a reference of others would refuse some of these as well.
          let words = String(describing: error)
          #expect(error?.sqlState?.category == "23" && words.contains("rows of "), "\(statement): \(words)")
        }
      }
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test func `an entry is sealed as it was written, once, and stays in its place`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      for change in ["body = 'x', digest = sha256('x')", "principal = 'x'", "name = 'x'"] {
        await #expect(throws: PostgresError.self, "\(change)") {
          try await fixture.pool.withConnection {
            try await $0.script(
              """
              UPDATE audit_entries SET position = 1, link = sha256('x'), previous_link = sha256('x'), sealed_at = now(), \(change)
              WHERE id = (SELECT min(id) FROM audit_entries)
              """)
          }
        }
      }
      _ = try await fixture.store.sealAudit(limit: 1000)
      for change in [
        "position = position + 1000", "link = sha256('x')", "position = NULL, link = NULL, sealed_at = NULL",
      ] {
        await #expect(throws: PostgresError.self, "\(change)") {
          try await fixture.pool.withConnection { try await $0.script("UPDATE audit_entries SET \(change)") }
        }
      }
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }
}
