import Board
import Events
import Foundation
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// What was decided is compared with what the trail tells of it.
struct PolicyVerificationTests {
  private static let text = StoreFixture.boardPolicy(rules: ["nouvelle"])

  /// A proposal that became version 3, in which two had a hand, with a vote that was changed.
  private static func decide(_ fixture: StoreFixture) async throws {
    try await fixture.board()
    _ = try await fixture.place("alpha")
    let (actor, context) = (StoreFixture.actor("dtnum"), StoreFixture.context("dtnum"))
    let other = BoardActor(principal: "user:ada", operator: "dtnum", subject: "dtnum")
    let id = try await fixture.store.draft(nil, by: actor, context: context).proposal.id
    _ = try await fixture.store.edit(draft: id, text, by: other, context: RequestContext(principal: "user:ada"))
    _ = try await fixture.store.act(
      .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: actor, context: context)
    let claim = try #require(try await fixture.store.claimImpact(by: "test"))
    #expect(try await fixture.store.workOut(claim) { _ in })
    _ = try await fixture.store.act(
      .commented("À voir"), on: id, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
    try await fixture.vote(.against, on: id, "anfsi")
    try await fixture.vote(.for, on: id, "dtnum", "anfsi")
  }

  /// Every way in which what is before the board goes on or ends.
  private static func history(_ fixture: StoreFixture) async throws {
    try await decide(fixture)
    let later = Timestamp(Date(timeIntervalSinceNow: 30 * 86_400))
    let dated = try await fixture.propose(
      StoreFixture.boardPolicy(rules: ["nouvelle", "tardive"]), effectiveAt: later
    ).proposal.id
    try await fixture.vote(.for, on: dated, "dtnum", "alize")
    let emergency = try await fixture.propose(
      StoreFixture.boardPolicy(rules: ["nouvelle", "urgence"]), kind: .emergency, base: 3
    ).proposal.id
    try await fixture.vote(.for, on: emergency, "alize")
    _ = try await propose("b", amends: try await propose("a", fixture).id, fixture)
    let (actor, context) = (StoreFixture.actor("dtnum"), StoreFixture.context("dtnum"))
    _ = try await fixture.store.act(
      .withdrawn(reason: "Plus tard"), on: try await propose("c", fixture).id, by: actor, context: context)
    try await fixture.vote(.against, on: try await propose("d", fixture).id, "dtnum", "anfsi", "alize")
    let silent = try await propose("e", fixture)
    try await fixture.vote(.for, on: silent.id, "anfsi")
    try await elapse(silent, fixture)
    #expect(try await fixture.store.tendBoard().closed == [silent.id])
    let discarded = try await fixture.store.draft(nil, by: actor, context: context).proposal.id
    _ = try await fixture.store.act(.discarded, on: discarded, by: actor, context: context)
    _ = try await fixture.store.draft(nil, by: StoreFixture.actor("alize"), context: StoreFixture.context("alize"))
    let states = try await fixture.store.proposals(in: Proposal.State.allCases).items.map(\.proposal.state)
    #expect(Set(states) == Set(Proposal.State.allCases))
  }

  private static func propose(_ rule: String, amends: UUID? = nil, _ fixture: StoreFixture) async throws -> Proposal {
    let record = try await fixture.propose(StoreFixture.boardPolicy(rules: [rule]), base: 7, amends: amends)
    return record.proposal
  }

  /// The deadline of a vote is over, by what the trail says as well.
  private static func elapse(_ proposal: Proposal, _ fixture: StoreFixture) async throws {
    let (closesAt, now) = (try #require(proposal.closesAt), Timestamp(Date()))
    try await fixture.tamper(
      """
      UPDATE policy_proposals SET closes_at = '\(now)', body = replace(body::text, '\(closesAt)', '\(now)')::jsonb
      WHERE id = '\(proposal.id)';
      UPDATE audit_entries SET body = convert_to(replace(convert_from(body, 'UTF8'), '\(closesAt)', '\(now)'), 'UTF8')
      WHERE name = lower('\(proposal.id)');
      UPDATE audit_entries SET digest = sha256(body)
      """)
  }

  @Test func `what the board has decided, in whatever way, is what the trail tells of`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.history(fixture)
      #expect(try await fixture.store.policyVersions().items.count == 7)
      let waiting = try await fixture.store.verifyAudit()
      #expect(waiting.isSound && waiting.entries == 0, "\(waiting.findings)")
      _ = try await fixture.store.sealAudit(limit: 12)
      #expect(try await fixture.store.verifyAudit().findings == [])
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().findings == [])
    }
  }

  enum Side: CaseIterable {
    case trail, tables
  }

  @Test(arguments: [Side.allCases, Side.allCases.reversed()])
  func `names that go from the trail, from the tables and from both are compared with nothing`(
    order: [Side]
  ) async throws {
    try await StoreFixture.run { fixture in
      try await Self.history(fixture)
      try await NameErasureTests.age(fixture)
      #expect(try await fixture.store.verifyAudit().findings == [])
      for side in order {
        let erased =
          switch side {
          case .trail: try await fixture.store.eraseAuditNames(olderThan: .zero, limit: 1000)
          case .tables: try await fixture.store.eraseStoredNames(olderThan: .zero, limit: 1000)
          }
        #expect(erased.names > 20 && !erased.mayHaveMore, "\(side)")
        #expect(try await fixture.store.verifyAudit().findings == [], "\(side)")
      }
    }
  }

  private static let anotherResult = """
    INSERT INTO impact_results (digest, summary, bytes, in_parts)
    SELECT sha256('x'), summary, 'x', false FROM impact_results
    """

  static let tamperings: [(String, [AuditFinding.Kind])] = [
    (
      "UPDATE policy_versions SET document = jsonb_set(document, '{complianceDays}', '77') WHERE version = 3",
      [.version]
    ),
    (
      "UPDATE policy_versions SET document = jsonb_set(document, '{complianceDays}', '77') WHERE version = 2",
      [.version]
    ),
    ("UPDATE policy_versions SET document = '{\"rules\": 3}' WHERE version = 2", [.version]),
    ("UPDATE policy_versions SET document = '{\"rules\": 3}' WHERE version = 3", [.version]),
    ("UPDATE policy_versions SET effective_at = effective_at - interval '1 hour' WHERE version = 3", [.version]),
    ("UPDATE policy_versions SET effective_at = '2099-01-01' WHERE version = 2", [.version]),
    ("UPDATE policy_versions SET effective_at = effective_at - interval '1 second' WHERE version = 1", [.version]),
    ("UPDATE policy_origins SET origin = 'carried'", [.version]),
    ("UPDATE policy_origins SET proposal = gen_random_uuid()", [.version]),
    ("UPDATE policy_versions SET principal = 'oidc:eve' WHERE version = 3", [.version]),
    ("UPDATE policy_versions SET principal = 'oidc:eve' WHERE version = 2", [.version]),
    ("DELETE FROM policy_origins", [.version]),
    ("DELETE FROM policy_versions WHERE version = 3", [.version]),
    ("DELETE FROM policy_versions WHERE version = 2", [.version]),
    ("DELETE FROM policy_versions WHERE version = 1", [.version, .version]),
    ("UPDATE policy_votes SET choice = 'abstain' WHERE operator = 'dtnum'", [.vote]),
    ("UPDATE policy_votes SET reason = 'contrainte' WHERE operator = 'dtnum'", [.vote]),
    ("UPDATE policy_votes SET at = at - interval '1 hour'", [.vote]),
    ("DELETE FROM policy_votes WHERE choice = 'against'", [.vote]),
    ("UPDATE policy_votes SET principal = 'oidc:eve' WHERE operator = 'dtnum'", [.vote]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{votes,0,principal}', '\"oidc:eve\"')", [.vote]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{motive,fr}', '\"Non\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{result,against}', '1')", [.proposal]),
    ("UPDATE policy_comments SET body = 'Rien'", [.proposal]),
    ("UPDATE policy_comments SET operator = 'dtnum'", [.proposal]),
    ("DELETE FROM policy_comments", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{effectiveAt}', '\"2020-01-01T00:00:00Z\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{votes,0,choice}', '\"against\"')", [.vote]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{votes}', '[]')", [.vote]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{spec,complianceDays}', '77')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{rules,quorum}', '1')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{rules,voters}', '[\"dtnum\"]')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{author}', '\"alize\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{closesAt}', '\"2020-01-01T00:00:00Z\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{base}', '1')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{kind}', '\"emergency\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{rejection}', '\"votes\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{withdrawal}', '\"x\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{restores}', '1')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{amends}', to_jsonb(id))", [.proposal]),
    ("UPDATE policy_proposals SET state = 'rejected'", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{state}', '\"rejected\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{id}', to_jsonb(gen_random_uuid()))", [.proposal]),
    ("UPDATE policy_proposals SET closes_at = closes_at + interval '1 hour'", [.proposal]),
    ("UPDATE policy_proposals SET body = '{}'", [.proposal, .vote]),
    ("DELETE FROM policy_proposals", [.proposal]),
    ("UPDATE impact_results SET bytes = 'x'", [.impact]),
    ("UPDATE impact_results SET bytes = 'x', digest = sha256('x')", [.impact]),
    ("UPDATE impact_results SET summary = jsonb_set(summary, '{nonCompliant}', '9')", [.impact]),
    ("UPDATE impact_parts SET bytes = '[]'", [.impact]),
    ("UPDATE impact_parts SET bytes = convert_to('[' || repeat('{},', items - 1) || '{}]', 'UTF8')", [.impact]),
    ("DELETE FROM impact_parts", [.impact]),
    ("DELETE FROM impact_results", [.impact]),
    ("\(anotherResult); UPDATE impacts SET result = sha256('x')", [.impact]),
    ("UPDATE impacts SET as_of = as_of - interval '1 hour'", [.impact]),
    ("UPDATE impacts SET result = NULL, as_of = NULL", [.impact]),
    ("UPDATE impacts SET document = jsonb_set(document, '{complianceDays}', '77')", [.impact]),
    ("UPDATE impacts SET document = '{\"rules\": 3}'", [.impact]),
    ("UPDATE impacts SET policy_version = 1", [.impact]),
    ("UPDATE impacts SET offer_version = offer_version + 1", [.impact]),
    ("UPDATE impacts SET snapshot_digest = sha256('x')", [.impact]),
    ("UPDATE impacts SET day = day - 1", [.impact]),
    ("UPDATE impacts SET effective_at = now()", [.impact]),
    ("UPDATE impacts SET subject = NULL", [.impact]),
    ("DELETE FROM impacts", [.impact]),
    (
      """
      DROP INDEX impacts_of_proposals; INSERT INTO impacts (id, subject, document, principal, follows)
      SELECT gen_random_uuid(), subject, document, principal, false FROM impacts
      """, [.impact]
    ),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{principal}', '\"oidc:eve\"')", [.proposal]),
    (
      "UPDATE policy_proposals SET body = jsonb_set(body, '{editors}', '[{\"principal\": \"oidc:eve\"}]')", [.proposal]
    ),
    ("UPDATE policy_proposals SET body = body - 'editors'", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{closedAt}', '\"2020-01-01T00:00:00Z\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = body - 'closedAt'", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{proposedAt}', '\"2020-01-01T00:00:00Z\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{createdAt}', '\"2020-01-01T00:00:00Z\"')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{version}', '2')", [.proposal]),
    ("UPDATE policy_proposals SET body = jsonb_set(body, '{amendedBy}', to_jsonb(id))", [.proposal]),
  ]

  @Test(arguments: tamperings)
  func `what somebody with all rights changes of versions and votes is reported`(
    sql: String, kinds: [AuditFinding.Kind]
  ) async throws {
    try await StoreFixture.run { fixture in
      try await Self.decide(fixture)
      _ = try await fixture.store.sealAudit(limit: 1000)
      try await fixture.tamper(sql)
      let verification = try await fixture.store.verifyAudit()
      #expect(!verification.isSound && verification.findings.map(\.kind) == kinds, "\(verification.findings)")
    }
  }

  @Test(arguments: [
    ("{rules,quorum}", "1"), ("{rules,voters}", "[\"anfsi\", \"dtnum\"]"), ("{author}", "\"anfsi\""), ("{base}", "1"),
  ])
  func `what is changed while it is voted on is reported, also where the next act tells of it as it is by then`(
    path: String, value: String
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(Self.text).proposal.id
      try await fixture.tamper("UPDATE policy_proposals SET body = jsonb_set(body, '\(path)', '\(value)')")
      try await fixture.vote(.for, on: id, "dtnum")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.proposal])
    }
  }

  @Test func `an act that an instance of the version before has told makes no other proposal of it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(Self.text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      // It does not tell the rules.
      try await Self.forget("rules", where: "action = 'voted'", fixture)
      #expect(try await fixture.store.verifyAudit().findings == [])
      // And what was put to the vote is still what the row is compared with.
      try await fixture.tamper("UPDATE policy_proposals SET body = jsonb_set(body, '{rules,quorum}', '1')")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.proposal])
    }
  }

  @Test
  func `since when a version is in force that an earlier program has told of is compared with the entry's moment`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await Self.forget("effectiveAt", where: "kind = 'Policy'", fixture)
      try await fixture.tamper("UPDATE policy_versions SET effective_at = effective_at + interval '1 second'")
      #expect(try await fixture.store.verifyAudit().findings == [])
      for shift in ["2 minutes", "-1 hour"] {
        try await fixture.tamper(
          "UPDATE policy_versions SET effective_at = effective_at + interval '\(shift)' WHERE version = 2")
        #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.version], "\(shift)")
      }
    }
  }

  @Test
  func `a question about another text that takes the place of a vote's own is reported, before its end and after`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(Self.text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      let harmless = """
        INSERT INTO impacts (id, subject, document, principal, follows)
        SELECT gen_random_uuid(), 'proposal/\(id.uuidString.lowercased())', document, 'local', true
        FROM policy_versions WHERE version = 2
        """
      // The database takes no second one.
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { try await $0.script(harmless) }
      }
      try await fixture.tamper("DROP INDEX impacts_of_proposals; \(harmless)")
      while let claim = try await fixture.store.claimImpact(by: "test") {
        #expect(try await fixture.store.workOut(claim) { _ in })
      }
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.impact])
      try await fixture.vote(.for, on: id, "anfsi")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.impact])
    }
  }

  /// Takes a field out of what entries tell, as an earlier program did not tell it.
  private static func forget(_ field: String, where condition: String, _ fixture: StoreFixture) async throws {
    let body = "convert_to((convert_from(body, 'UTF8')::jsonb #- '{detail,\(field)}')::text, 'UTF8')"
    try await fixture.tamper(
      "UPDATE audit_entries SET body = \(body), digest = sha256(\(body)) WHERE \(condition)")
  }

  @Test func `a vote that an instance of the version before has ended says nothing of its impact`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      _ = try await fixture.place("alpha")
      let id = try await fixture.propose(Self.text).proposal.id
      try await fixture.vote(.for, on: id, "dtnum")
      let claim = try #require(try await fixture.store.claimImpact(by: "test"))
      #expect(try await fixture.store.workOut(claim) { _ in })
      try await fixture.vote(.for, on: id, "anfsi")
      let last = "id > (SELECT min(id) FROM audit_entries WHERE action = 'voted')"
      try await Self.forget("rules", where: "action IN ('voted', 'ratified') AND \(last)", fixture)
      #expect(try await fixture.store.verifyAudit().findings == [])
    }
  }

  @Test func `who else has written in what an earlier program has kept is not looked for`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.decide(fixture)
      try await Self.forget("before", where: "action IN ('edited', 'proposed')", fixture)
      try await fixture.tamper("UPDATE policy_proposals SET body = body - 'editors'")
      #expect(try await fixture.store.verifyAudit().findings == [])
      try await fixture.tamper("UPDATE policy_proposals SET body = jsonb_set(body, '{principal}', '\"oidc:eve\"')")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.proposal])
    }
  }

  @Test func `of what another vote has written anew, whose proposal it was is compared, as far as it is told`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.history(fixture)
      let (carried, emergency) = (try await fixture.store.policyVersion(7), try await fixture.store.policyVersion(5))
      #expect(carried.origin == .carried && carried.carries == 4 && emergency.origin == .emergency)
      let swap = "UPDATE policy_origins SET proposal = (SELECT proposal FROM policy_origins WHERE version = 5)"
      try await fixture.tamper("\(swap) WHERE version = 7")
      #expect(try await fixture.store.verifyAudit().findings.map(\.subject) == ["7"])
      // An earlier program has told the version, and not whose proposal it was.
      try await Self.forget("versions,2,proposal", where: "action IN ('voted', 'ratified')", fixture)
      #expect(try await fixture.store.verifyAudit().findings == [])
      // It is known of what a vote has written of its own.
      try await fixture.tamper("\(swap) WHERE version = 4")
      #expect(try await fixture.store.verifyAudit().findings.map(\.subject) == ["4"])
    }
  }

  @Test func `a question that is gone before anybody has voted is missed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let id = try await fixture.propose(Self.text).proposal.id
      try await fixture.tamper("DELETE FROM impacts")
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.impact])
    }
  }

  @Test func `each act says what was before and after, by state and digest`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let actor = StoreFixture.actor("dtnum")
      let id = try await fixture.store.draft(nil, by: actor, context: someone).proposal.id
      _ = try await fixture.store.edit(draft: id, Self.text, by: actor, context: someone)
      _ = try await fixture.store.act(
        .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: actor, context: someone)
      try await fixture.vote(.against, on: id, "anfsi")
      try await fixture.vote(.for, on: id, "dtnum", "anfsi")
      let (old, new) = (
        try BoardDetail.digest(of: StoreFixture.boardPolicy()), try BoardDetail.digest(of: Self.text)
      )
      let rows = try await fixture.pool.withConnection {
        try await $0.query(
          """
          SELECT action, d ->> 'digest' AS digest, d ->> 'state' AS state, d #>> '{before,digest}' AS digest_before,
            coalesce(d #>> '{before,state}', d #>> '{before,version}') AS before, d #>> '{before,vote,choice}' AS vote
          FROM audit_entries, LATERAL (SELECT convert_from(body, 'UTF8')::jsonb -> 'detail' AS d) b
          WHERE kind IN ('PolicyProposal', 'PolicyVersion') ORDER BY id
          """
        ).map { row in
          try ["action", "digest", "state", "digest_before", "before", "vote"].map { name in
            let text = try row.decode(String?.self, name)
            return text == old ? "old" : text == new ? "new" : text ?? "-"
          }.joined(separator: " ")
        }
      }
      #expect(
        rows == [
          "drafted old draft - - -", "edited new draft old draft -", "proposed new open new draft -",
          "voted new open new open -", "voted new open new open -", "voted new ratified new open against",
          "ratified new ratified new open against", "effective new - old 2 -",
        ])
      #expect(try await fixture.store.policyVersion(3).digest == new)
      #expect(try await fixture.store.policyVersion(2).digest == old)
      #expect(try await fixture.store.proposal(id).digest() == new)
    }
  }
}
