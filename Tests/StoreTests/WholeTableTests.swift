import Events
import Foundation
import Identity
import Model
import Postgres
import Requests
import Store
import TestSupport
import Testing

/// What is asked of one thing is found by its key, however many others there are. Counted are rows of tables and entries of
/// indexes that the database has gone through.
struct WholeTableTests {
  @Test func `nothing that concerns one project, place or request reads a table of thousands`() async throws {
    try await StoreFixture.run { fixture in
      var thousands = try await Thousands(fixture)
      try await thousands.askOfPlaces()
      try await thousands.askOfProjects()
      try await thousands.askOfReservations()
      try await thousands.askOfRequests()
      try await thousands.askWhatIsDue()
      #expect(thousands.whole == [])
    }
  }
}

/// Thousands of everything, made of one of each.
private struct Thousands {
  private static let size: Int32 = 4000

  /// What was read from end to end, and what for.
  private(set) var whole: [String] = []
  private let fixture: StoreFixture

  init(_ fixture: StoreFixture) async throws {
    self.fixture = fixture
    try await fixture.offer()
    try await fixture.region("nord", "dtnum", ["chorus"])
    guard case .policy(var policy) = Offered.policy() else { throw CancellationError() }
    policy.spec.rules = [
      PolicySpec.Rule(
        id: "not-there", motive: LocalizedText(fr: "Non"), effect: .forbid,
        places: LabelSelector(matchLabels: ["region.name": "ailleurs"]))
    ]
    _ = try await fixture.store.put(.policy(policy), context: someone)
    _ = try await fixture.store.put(.project(Offered.project("gone")), context: someone)
    try await fixture.store.delete(.project, "gone", context: someone)
    _ = try await fixture.place("placed", key: "placed")
    _ = try await fixture.flow(of: "placed")
    _ = try await fixture.ask(["not-there"], project: "placed")
    try await fixture.multiply(Self.size)
  }

  mutating func askOfPlaces() async throws {
    try await ask("a cluster is declared again") { store in
      guard case .cluster(var next) = Offered.cluster("nord-1", Offered.large) else { throw CancellationError() }
      next.metadata.labels["declared"] = "again"
      _ = try await store.put(.cluster(next), context: someone)
    }
    try await ask("a cluster is declared first") {
      _ = try await $0.put(Offered.cluster("nord-2", Offered.large), context: someone)
    }
    try await ask("a zone is declared first") {
      let zone = ZoneSpec(region: "nord", sensitivity: .usuel, slug: "new", chain: "forge")
      _ = try await $0.put(.zone(Resource("nord-new", zone)), context: someone)
    }
    try await ask("the past of a cluster is read") { _ = try await $0.history(of: .cluster, "nord-1") }
  }

  mutating func askOfProjects() async throws {
    try await ask("a project is put") { _ = try await $0.put(.project(Offered.project("new")), context: someone) }
    try await ask("a project is placed") { _ = try await $0.decide(PlacementRequest(project: "new"), context: someone) }
    // Whose they are somebody has said before.
    for name in ["team", "twice", "kept", "given"] {
      _ = try await fixture.store.put(.project(Offered.project(name)), context: someone)
    }
    try await ask("a team's project is placed as it comes along") {
      _ = try await $0.decide(Self.team("team"), context: someone)
    }
    try await ask("a decision is asked for twice") { store in
      for _ in 1...2 { _ = try await store.decide(Self.team("twice"), idempotencyKey: "twice", context: someone) }
    }
    try await ask("a project is asked about") { _ = try await $0.basis(PlacementRequest(project: "placed")) }
    try await ask("what is known of a project that is gone is read") { _ = try await $0.standing(of: "gone") }
    let placement = try #require(try await fixture.store.placements(PlacementFilter(project: "placed")).items.first)
    try await ask("placements are read") { store in
      _ = try await store.placement(placement.spec.id)
      for filter in [PlacementFilter(project: "placed"), PlacementFilter(zone: "nord"), PlacementFilter()] {
        _ = try await store.placements(filter)
      }
    }
    let latest = try #require(try await fixture.store.latestDecision(project: "placed"))
    try await ask("decisions are read, and made again") { store in
      _ = try await store.replay(latest.summary.id)
      _ = try await store.latestDecision(project: "placed")
      _ = try await store.decisions(project: "placed")
    }
    let report = fixture.observe(placement, sequence: 1)
    try await ask("an agent reports") {
      _ = try await $0.apply([report], topic: "status", zone: "nord")
    }
    try await ask("findings are read, and judged") { store in
      _ = try await store.findings(FindingFilter(project: "placed"))
      _ = try await store.judge(projects: ["placed"])
    }
    try await ask("a project is deleted") { store in
      _ = try await store.put(.project(Offered.project("leaving")), context: someone)
      try await store.delete(.project, "leaving", context: someone)
    }
  }

  mutating func askOfReservations() async throws {
    try await ask("room is reserved, and confirmed") { store in
      let outcome = try await store.reserve(Self.team("kept"), ttl: .seconds(600), context: someone)
      let reservation = try #require(outcome.reservation)
      _ = try await store.reservation(reservation.id)
      _ = try await store.confirm(reservation: reservation.id, .fresh(), context: someone)
    }
    try await ask("room is reserved, and given back") { store in
      let outcome = try await store.reserve(Self.team("given"), ttl: .seconds(600), context: someone)
      _ = try await store.cancel(reservation: try #require(outcome.reservation).id, context: someone)
    }
  }

  mutating func askOfRequests() async throws {
    let reach = DerogationReach.own(projects: ["placed"], organisations: ["mi"], usual: ["public"])
    let (pool, configuration) = (fixture.pool, fixture.configuration)
    try await ask("a derogation is asked for, and seen by its team") { store in
      let asking = StoreFixture(store: store, pool: pool, configuration: configuration)
      let record = try await asking.ask(["not-there"], project: "team")
      _ = try await store.derogationRequest(record.request.id, within: .own(projects: ["team"]))
    }
    try await ask("a team's derogations are listed") {
      _ = try await $0.derogationRequests(DerogationFilter(projects: ["placed"]), within: reach)
    }
    try await ask("a team's flows are listed") {
      for flow in try await $0.networkFlows(FlowFilter(project: "placed")).items {
        _ = try await $0.networkFlow(flow.flow.id)
      }
    }
    try await ask("a team's moves are listed") { store in
      _ = try await store.moves(MoveFilter(project: "placed"))
      _ = try await store.movedEnvironments(of: "placed")
    }
    try await ask("the trail is read, and sealed") { store in
      _ = try await store.auditEntries()
      _ = try await store.sealAudit(limit: 100)
    }
  }

  mutating func askWhatIsDue() async throws {
    try await ask("what is to be told is claimed") { store in
      let term = try await store.acquireRelayLease(holder: "test", backendPID: 1).term
      _ = try await store.claimOutbox(term: term, limit: 100)
      _ = try await store.dueTombstones(term: term, limit: 100)
      _ = try await store.claimFacts(limit: 100)
      _ = try await store.claimDelivery(lease: .seconds(10))
      _ = try await store.oldestUnpublishedAge()
      _ = try await store.recentlyAttempted(within: .seconds(10))
      _ = try await store.factsMayBeInFlight(within: .seconds(10))
    }
    try await ask("what is due is looked for") { store in
      _ = try await store.expireReservations()
      _ = try await store.republishDueRemovals()
      _ = try await store.dueMoves()
      _ = try await store.tendDerogations()
      _ = try await store.tendBoard()
      _ = try await store.tendWebhooks()
    }
    try await ask("what may be forgotten is looked for") { store in
      _ = try await store.forgetRemoved(olderThan: .seconds(86_400), limit: 100)
      _ = try await store.forgetKeys(olderThan: .seconds(864_000))
      _ = try await store.findingsToBury(limit: 100)
      _ = try await store.forgetFindings()
      _ = try await store.eraseAuditNames(olderThan: .seconds(864_000))
    }
  }

  private static func team(_ name: String) -> PlacementRequest {
    var request = PlacementRequest(project: Offered.project(name))
    request.keepsStanding = true
    return request
  }

  private mutating func ask(_ name: String, _ body: (GovernanceStore) async throws -> Void) async throws {
    for (table, rows) in try await fixture.rowsReadThrough({ try await body(GovernanceStore(pool: $0, logger: quiet)) })
      .sorted(by: { $0.key < $1.key })
    {
      if rows >= Self.size { whole.append("\(name): \(rows) rows of \(table)") }
    }
  }
}

extension StoreFixture {
  /// So many copies of one row of each table, fresh statistics, and a disk on which one page here and there is cheap to read.
  fileprivate func multiply(_ count: Int32) async throws {
    func copies(_ table: String, of condition: String = "true", _ changes: String) -> String {
      """
      INSERT INTO \(table) OVERRIDING SYSTEM VALUE
      SELECT (jsonb_populate_record(NULL::\(table), to_jsonb(s) || jsonb_build_object(\(changes)))).*
      FROM (SELECT * FROM \(table) WHERE \(condition) LIMIT 1) AS s, generate_series(1, \(count)) AS n;
      """
    }
    let (id, numbered) = ("gen_random_uuid()", "'id', 100000 + n")
    let (past, future) = ("now() - n * interval '1 minute'", "now() + n * interval '1 hour'")
    let ofProject = "'id', \(id), 'number', 100000 + n, 'project', 'p' || n"
    let copying = """
      \(copies("resources", of: "kind = 'Project' AND name = 'placed'", "'uid', \(id), 'name', 'p' || n"))
      \(copies("resources", of: "kind = 'Project' AND name = 'gone'", "'uid', \(id), 'name', 'g' || n"))
      \(copies("resource_history", "\(numbered), 'resource', \(id), 'name', 'c' || n"))
      \(copies("placements", of: "project = 'placed'",
        "'id', \(id), 'project', 'q' || n, 'project_id', \(id), 'environment_id', \(id), 'namespace', 'n' || n"))
      INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at)
      SELECT id, cluster, 'confirmed', 0, 0, 0, 0, 0, now() FROM placements ON CONFLICT DO NOTHING;
      INSERT INTO project_identities (project, project_id, from_console)
      SELECT project, project_id, false FROM placements ON CONFLICT DO NOTHING;
      INSERT INTO environment_identities (project, environment, environment_id, from_console)
      SELECT project, environment, environment_id, false FROM placements ON CONFLICT DO NOTHING;
      \(copies("outbox", "\(numbered), 'placement', \(id), 'published_at', \(past), 'attempted_at', \(past)"))
      \(copies("decisions", ofProject))
      INSERT INTO holds (id, project, decision, principal, created_at, expires_at, cancelled_at)
      SELECT \(id), project, id, 'test', now(), now() + interval '1 hour', now() FROM decisions;
      \(copies("idempotency_keys", "'key', 'k' || n"))
      \(copies("audit_entries", "\(numbered), 'position', 100000 + n, 'link', '\\x00', 'sealed_at', now()"))
      \(copies("public_facts",
        "\(numbered), 'key', 'k' || n, 'event', \(id), 'published_at', \(past), 'attempted_at', \(past)"))
      \(copies("network_flows", "\(ofProject), 'next_at', \(future), 'closing_at', \(future)"))
      \(copies("derogation_requests", "\(ofProject), 'next_at', \(future)"))
      INSERT INTO findings (id, placement, project, environment, replica, cluster, zone, region, operator,
        policy_version, judged_policy, rules, reasons, opened_at, due_on)
      SELECT \(id), id, project, environment, replica, cluster, zone, 'nord', 'dtnum', 1, 1, '{}', '[]', now(),
        current_date + 30 + (row_number() OVER ())::integer % 90
      FROM placements;
      INSERT INTO migrations (id, motive, reason, state, revision, wish, plan, check_index, blocked, body, principal)
      VALUES (\(id), 'departure', 'x', 'done', 1, '{}', '{}', 'x', 0, '{}', 'test');
      INSERT INTO moves (id, migration, ordinal, wave, project, environment, target_environment, replica, stage, quota,
        awaited, source, from_cluster, to_cluster, from_region, to_region, source_operator, target_operator, step,
        standing, revision, next_at, since, body)
      SELECT \(id), m.id, n, 1, 'p' || n, 'prod', 'prod-2', 0, 'prod', '{}', '{}', \(id), 'nord-1', 'nord-1', 'nord',
        'nord', 'dtnum', 'dtnum', 'completed', 'ended', 1, \(future), now(), '{}'
      FROM migrations m, generate_series(1, \(count)) AS n;
      INSERT INTO webhooks (id, operator, url, shown, events, secret, created_by)
      VALUES (\(id), 'dtnum', 'https://a.example', 'a.example', '{findingDue}', sha256('x'), 'test');
      INSERT INTO webhook_deliveries (id, webhook, event, body, state, at, settled_at)
      SELECT \(id), w.id, 'findingDue', 'x', 'delivered', now(), now() FROM webhooks w, generate_series(1, \(count));
      """
    // Elsewhere than in the fixture's own connections: what was read for it is told before anything is asked.
    _ = try await rowsReadThrough { pool in
      try await pool.withConnection {
        try await $0.script(
          "BEGIN; SET LOCAL session_replication_role = replica; \(copying) COMMIT", deadline: .now + .seconds(300))
        try await $0.script(
          """
          DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.1', current_database()); END $$;
          ANALYZE
          """, deadline: .now + .seconds(300))
      }
    }
  }

  /// How many rows of tables, or entries of their indexes, were gone through while something was done, by table.
  fileprivate func rowsReadThrough(_ body: (PostgresPool) async throws -> Void) async throws -> [String: Int64] {
    let before = try await rowsReadSoFar()
    var watched = configuration
    watched.applicationName = "watched"
    try await PostgresPool.withPool(watched, logger: quiet, body)
    // A connection says what it has read when it ends.
    let haveEnded = try await eventually {
      try await count(
        """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watched'
        """) == 0
    }
    try #require(haveEnded)
    return try await rowsReadSoFar().merging(before, uniquingKeysWith: -)
  }

  private func rowsReadSoFar() async throws -> [String: Int64] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT t.relname::text AS name,
          t.seq_tup_read + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid), 0)::bigint
            AS read
        FROM pg_stat_user_tables t
        """)
    }
    return try Dictionary(
      rows.map { (try $0.decode(String.self, "name"), try $0.decode(Int64.self, "read")) },
      uniquingKeysWith: { first, _ in first })
  }
}
