import Board
import Events
import Foundation
import Identity
import Model
import Postgres
import Testing
import Trail

@testable import Store

/// The rule of retention reaches all that names a person, in whatever table.
struct NameErasureTests {
  private static let ada = RequestContext(principal: "oidc:ada-lovelace", roles: ["governance-admin"])
  private static let year: Duration = .seconds(365 * 86_400)

  /// Where the database names persons: each place is filled below, and empty once the rule's time is over.
  private static let named: Set<String> = [
    "api_keys.created_by", "api_keys.revoked_by", "audit_entries.person", "decisions.principal",
    "derogation_requests.body", "holds.principal", "impacts.principal", "migrations.body", "migrations.principal",
    "moves.body", "network_flows.body", "policy_comments.principal", "policy_proposals.body",
    "policy_versions.principal", "policy_votes.principal", "resource_history.principal", "resource_history.spec",
    "resources.spec", "webhooks.created_by", "idempotency_keys.scope", "idempotency_keys.response",
  ]
  /// What keeps a name, and why.
  private static let exempt: [String: String] = [
    "resources.spec": "who speaks for an operator now",
    "idempotency_keys.scope": "forgotten within days, by a rule of its own",
    "idempotency_keys.response": "likewise",
  ]
  /// Columns that are called as if they named persons, and do not.
  private static let nameless: Set<String> = [
    // A pseudonym.
    "audit_entries.principal",
    // Instances of the program.
    "impacts.claimed_by", "relay_leases.holder",
    // A key.
    "webhooks.sealed_by",
    // Words, for facts and not for names.
    "policy_comments.body",
  ]

  /// One thing by a person in every place.
  private static func fill(_ fixture: StoreFixture) async throws {
    try await fixture.board()
    let actor = BoardActor(principal: ada.principal, operator: "dtnum", subject: "ada-lovelace")
    try await fixture.represent("dtnum", by: [.init(subject: "ada-lovelace"), .init(subject: "dtnum")])
    try await fixture.represent("anfsi", by: [.init(subject: "ada-lovelace")])
    try await fixture.represent("anfsi", by: [.init(subject: "anfsi")])
    _ = try await fixture.store.put(
      .operator(Resource("gone", OperatorSpec(displayName: "G", representatives: [.init(subject: "ada-lovelace")]))),
      context: ada)
    try await fixture.store.delete(.operator, "gone", context: ada)
    _ = try await fixture.store.put(.project(Offered.project("alpha")), context: ada)
    let waived = DerogationSpec(
      project: "alpha", rules: ["r"], motive: "m", requestedBy: "ada-lovelace", decision: .refused)
    _ = try await fixture.store.put(.derogation(Resource("gone", waived)), context: ada)
    try await fixture.store.delete(.derogation, "gone", context: ada)
    let draft = try await fixture.store.draft(
      StoreFixture.boardPolicy(rules: ["nouvelle"]), by: actor, idempotencyKey: "k", context: ada)
    let id = draft.proposal.id
    _ = try await fixture.store.act(
      .proposed(motive: StoreFixture.motive, effectiveAt: nil), on: id, by: actor, context: ada)
    _ = try await fixture.store.act(.commented("Bien"), on: id, by: actor, context: ada)
    try await fixture.vote(.for, on: id, "anfsi")
    _ = try await fixture.store.act(
      .voted(.for, reason: "Il le faut", withoutImpact: true), on: id, by: actor, context: ada)
    // And one who has only written in what another began.
    let other = try await fixture.store.draft(
      StoreFixture.boardPolicy(rules: ["autre"]), by: StoreFixture.actor("dtnum"),
      context: StoreFixture.context("dtnum"))
    _ = try await fixture.store.edit(
      draft: other.proposal.id, StoreFixture.boardPolicy(rules: ["mieux"]), by: actor, context: ada)
    _ = try await fixture.store.act(
      .discarded, on: other.proposal.id, by: StoreFixture.actor("dtnum"), context: StoreFixture.context("dtnum"))
    _ = try await fixture.store.decide(PlacementRequest(project: Offered.project("alpha")), context: ada)
    try await fixture.pool.withConnection { try await $0.script(rest) }
  }

  /// What is not the board's, as the machines write it.
  private static let rest = """
    INSERT INTO holds (id, project, decision, principal, created_at, expires_at)
    SELECT gen_random_uuid(), 'alpha', id, principal, now(), now() + interval '1 hour' FROM decisions LIMIT 1;
    INSERT INTO api_keys (id, digest, name, roles, read_only, created_by, expires_at, revoked_by, revoked_at)
    VALUES ('0123456789abcdef', sha256('x'), 'n', '{console}', false, 'oidc:ada-lovelace', now() + interval '1 day',
      'oidc:ada-lovelace', now());
    INSERT INTO webhooks (id, operator, url, shown, events, secret, created_by)
    VALUES (gen_random_uuid(), 'dtnum', 'https://x', 'https://x', '{a}', sha256('x'), 'oidc:ada-lovelace');
    INSERT INTO derogation_requests (id, project, state, revision, body) VALUES (gen_random_uuid(), 'alpha',
      'declined', 1, '{"principal": "oidc:ada-lovelace", "notifiedBy": "oidc:ada-lovelace", "motive": "m",
        "cost": {"author": "ada-lovelace", "principal": "key:console"},
        "opinions": [{"principal": "key:console", "author": "ada-lovelace", "text": "t"}],
        "amount": 12345678901234567890.5}');
    INSERT INTO network_flows (id, project, environment, system, operators, state, revision, ground, body)
    VALUES (gen_random_uuid(), 'alpha', 'prod', 's', '{}', 'opened', 1, '{}',
      '{"tasks": [{"opened": {"principal": "oidc:ada-lovelace"}}, {"opened": {"principal": "key:console"}}]}');
    INSERT INTO migrations (id, motive, reason, state, revision, wish, plan, check_index, blocked, body, principal)
    VALUES (gen_random_uuid(), 'm', 'r', 'ended', 1, '{}', '{}', 'x', 0,
      '{"acts": {"planned": {"principal": "oidc:ada-lovelace"}}}', 'oidc:ada-lovelace');
    INSERT INTO moves (id, migration, ordinal, wave, project, environment, target_environment, replica, stage, quota,
      awaited, source, from_cluster, to_cluster, from_region, to_region, source_operator, target_operator, step,
      standing, revision, since, body)
    SELECT gen_random_uuid(), id, 0, 1, 'alpha', 'prod', 'prod-2', 0, 'prod', '{}', '{}', gen_random_uuid(), 'c', 'd',
      'r', 's', 'o', 'p', 'done', 'ended', 1, now(),
      '{"approvals": {"projectTeam": "oidc:ada-lovelace", "console": "key:a"}, "pausedBy": "oidc:ada-lovelace"}'
    FROM migrations;
    """

  private static let columns = """
    SELECT c.table_name AS place, c.column_name AS name, c.data_type AS type
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> 'schema_migrations'
    """

  /// All columns there are: the table, the column and its type.
  private static func columns(_ fixture: StoreFixture) async throws -> [(place: String, name: String, type: String)] {
    try await fixture.pool.withConnection {
      try await $0.query(PostgresQuery(unescaped: columns)).map {
        (try $0.decode("place"), try $0.decode("name"), try $0.decode("type"))
      }
    }
  }

  /// What a text says of moments is 400 days earlier.
  private static let earlier = """
    CREATE OR REPLACE FUNCTION earlier(said text) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      moment text;
    BEGIN
      FOR moment IN SELECT DISTINCT m[1] FROM regexp_matches(said, '(\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z)', 'g') AS m LOOP
        said := replace(said, moment, to_char((moment::timestamptz - interval '9600 hours') AT TIME ZONE 'UTC',
          'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
      END LOOP;
      RETURN said;
    END$$;
    UPDATE policy_proposals SET body = earlier(body::text)::jsonb;
    UPDATE audit_entries SET body = convert_to(earlier(convert_from(body, 'UTF8')), 'UTF8');
    UPDATE audit_entries SET digest = sha256(body);
    """

  /// Puts everything 400 days into the past, what proposals and the trail say of moments included, and seals the trail.
  static func age(_ fixture: StoreFixture) async throws {
    // Triggers keep what was from being changed, which is not what is tried here.
    var script = "SET session_replication_role = replica; \(earlier)"
    let moments = Dictionary(
      grouping: try await columns(fixture).filter { $0.type == "timestamp with time zone" }, by: \.place)
    for (place, columns) in moments {
      let changes = columns.map { "\"\($0.name)\" = \"\($0.name)\" - interval '9600 hours'" }.joined(separator: ", ")
      script += "UPDATE \(place) SET \(changes);"
    }
    let aging = script + "SET session_replication_role = origin;"
    try await fixture.pool.withConnection { try await $0.script(aging) }
    // What is sealed holds its moment.
    _ = try await fixture.store.sealAudit(limit: 1000)
  }

  /// The columns, of whatever table and type, in which a text stands somewhere.
  private static func places(of text: String, in fixture: StoreFixture) async throws -> Set<String> {
    var found: Set<String> = []
    let columns = try await columns(fixture)
    #expect(columns.count > 250)
    for (place, name, type) in columns {
      let value = type == "bytea" ? "encode(\"\(name)\", 'escape')" : "\"\(name)\"::text"
      let query = "SELECT count(*) FROM \(place) WHERE position('\(text)' IN \(value)) > 0"
      if try await fixture.count(PostgresQuery(unescaped: query)) > 0 { found.insert("\(place).\(name)") }
    }
    return found
  }

  private static func erase(_ fixture: StoreFixture) async throws -> Int {
    var names = 0
    while true {
      let trail = try await fixture.store.eraseAuditNames(olderThan: year, limit: 5)
      let rest = try await fixture.store.eraseStoredNames(olderThan: year, limit: 2)
      names += rest.names
      if !trail.mayHaveMore && !rest.mayHaveMore { return names }
    }
  }

  @Test func `after the rule's time no table holds the name, in whatever column, but for what is said to`() async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      #expect(try await Self.places(of: "ada-lovelace", in: fixture) == Self.named)
      #expect(try await Self.erase(fixture) == 0, "nothing is old")
      #expect(try await Self.places(of: "ada-lovelace", in: fixture) == Self.named)
      try await Self.age(fixture)
      #expect(try await Self.erase(fixture) > 15)
      #expect(try await Self.places(of: "ada-lovelace", in: fixture) == Set(Self.exempt.keys))
      #expect(try await Self.erase(fixture) == 0, "nothing is left to do")
      // What was decided, said and voted is as it was.
      let votes = try await fixture.pool.withConnection {
        try await $0.query("SELECT operator, choice, reason, principal FROM policy_votes ORDER BY id").map {
          "\(try $0.decode(String.self, "operator")) \(try $0.decode(String.self, "choice"))"
            + " \(try $0.decode(String?.self, "reason") ?? "-") \(try $0.decode(String.self, "principal"))"
        }
      }
      #expect(votes == ["anfsi for - person:erased", "dtnum for Il le faut person:erased"])
      let decisions = try await fixture.store.decisions(limit: 10).items
      #expect(decisions.map(\.principal) == ["person:erased"])
      for decision in decisions { #expect(try await fixture.store.replay(decision.id).verdict == .equal) }
      _ = try await fixture.store.sealAudit(limit: 1000)
      #expect(try await fixture.store.verifyAudit().findings == [])
      // Keys are no persons, and numbers are what they were.
      #expect(
        try await Self.places(of: "key:console", in: fixture) == ["network_flows.body", "derogation_requests.body"])
      #expect(try await Self.places(of: "12345678901234567890.5", in: fixture) == ["derogation_requests.body"])
      let ratified = try await fixture.store.proposals(in: [.ratified]).items.first
      #expect(ratified?.proposal.principal == "person:erased" && ratified?.proposal.votes.count == 2)
      #expect(ratified?.proposal.spec.rules.map(\.id) == ["nouvelle"])
    }
  }

  @Test func `what is called as if it named a person is on one of the lists`() async throws {
    try await StoreFixture.run { fixture in
      let suspect = try await Self.columns(fixture).filter { column in
        ["text", "jsonb"].contains(column.type)
          && (column.name == "body" || ["principal", "person", "_by", "holder"].contains { column.name.hasSuffix($0) })
      }
      #expect(Set(suspect.map { "\($0.place).\($0.name)" }).subtracting(Self.named).subtracting(Self.nameless) == [])
      #expect(Set(Self.exempt.keys).isSubset(of: Self.named))
    }
  }

  @Test func `of votes, keys and versions nothing goes but a name`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      for change in [
        "UPDATE policy_votes SET choice = 'against'", "UPDATE policy_votes SET principal = 'oidc:eve'",
        "UPDATE policy_votes SET principal = 'person:erased', choice = 'against'", "DELETE FROM policy_votes",
        "UPDATE policy_comments SET body = 'x'", "DELETE FROM policy_comments",
        "UPDATE api_keys SET created_by = 'oidc:eve'", "UPDATE api_keys SET revoked_by = 'oidc:eve'",
        "UPDATE api_keys SET revoked_at = NULL, revoked_by = NULL", "UPDATE api_keys SET roles = '{auditor}'",
        "UPDATE resource_history SET spec = '{}'", "UPDATE resource_history SET principal = 'oidc:eve'",
        "UPDATE resource_history SET spec = jsonb_set(spec, '{displayName}', '\"x\"') WHERE kind = 'Operator'",
      ] {
        await #expect(throws: PostgresError.self, "\(change)") {
          try await fixture.pool.withConnection { try await $0.script(change) }
        }
      }
    }
  }

  @Test func `who has asked, or has written a proposal, is known until it is decided, however long that takes`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      try await fixture.tamper(
        """
        UPDATE derogation_requests SET state = 'examined';
        UPDATE policy_proposals SET state = 'open', body = jsonb_set(body, '{state}', '"open"'), closes_at = now();
        """)
      try await Self.age(fixture)
      _ = try await Self.erase(fixture)
      let kept: Set<String> = ["derogation_requests.body", "policy_proposals.body"]
      #expect(try await Self.places(of: "ada-lovelace", in: fixture) == kept.union(Self.exempt.keys))
      let decided = """
        UPDATE derogation_requests SET state = 'declined';
        UPDATE policy_proposals SET state = 'rejected', body = jsonb_set(body, '{state}', '"rejected"');
        """
      try await fixture.pool.withConnection { try await $0.script(decided) }
      _ = try await Self.erase(fixture)
      #expect(try await Self.places(of: "ada-lovelace", in: fixture) == Set(Self.exempt.keys))
    }
  }

  @Test func `a derogation that was refused or is over loses its name, one that holds or is not decided keeps it`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      let (past, future) = (CalendarDay("2020-01-01"), CalendarDay("2999-01-01"))
      let spans: [(String, DerogationSpec.Decision?, CalendarDay?)] = [
        ("refused", .refused, nil), ("over", .granted, past), ("holds", .granted, future), ("always", .granted, nil),
        ("asked", nil, nil),
      ]
      for (name, decision, end) in spans {
        let spec = DerogationSpec(
          project: "alpha", rules: ["r"], motive: "m", requestedBy: "ada-lovelace", validUntil: end,
          decision: decision)
        _ = try await fixture.store.put(.derogation(Resource(name, spec)), context: someone)
      }
      func named() async throws -> [String] {
        try await fixture.pool.withConnection {
          try await $0.query(
            "SELECT name FROM resources WHERE spec ->> 'requestedBy' = 'ada-lovelace' ORDER BY name"
          ).map { try $0.decode(String.self, "name") }
        }
      }
      let before = try await fixture.store.get(.derogation, "over").metadata.resourceVersion
      _ = try await fixture.store.eraseStoredNames(olderThan: Self.year)
      #expect(try await named() == ["always", "asked", "holds", "over", "refused"], "nothing is old")
      try await Self.age(fixture)
      _ = try await Self.erase(fixture)
      #expect(try await named() == ["always", "asked", "holds"])
      guard case .derogation(let over) = try await fixture.store.get(.derogation, "over") else { return }
      #expect(over.spec.requestedBy == nil && over.spec.motive == "m" && over.spec.validUntil == past)
      #expect(over.metadata.resourceVersion != before)
    }
  }

  @Test func `while the database waits to be recovered no name goes`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.fill(fixture)
      try await Self.age(fixture)
      try await fixture.store.suspend(because: "the bus is ahead", comparedIn: 1)
      #expect(try await fixture.store.eraseStoredNames(olderThan: Self.year).names == 0)
    }
  }
}
