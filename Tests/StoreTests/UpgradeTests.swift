import Foundation
import Model
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a later migration does to a database that is in use.
struct UpgradeTests {
  @Test func `reservations come to a database in use, and the previous program works on beside them`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    let first = PostgresMigration(
      version: 1, name: "foundation", sql: String(decoding: PackageResources._001_foundation_sql, as: UTF8.self))
    _ = try await PostgresMigrator([first]).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { try await $0.script(Self.ground + Self.placed("old")) }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 2)
      // As the previous program writes it, which knows nothing of holds.
      try await pool.withConnection { try await $0.script(Self.placed("new")) }
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      let placements = try await fixture.store.placements().items
      #expect(placements.map(\.spec.project) == ["new", "old"])
      #expect(placements.allSatisfy { $0.reservation == nil && !$0.isUnconfirmed })
      #expect(try await fixture.store.expireReservations() == ExpiryResult(expired: [], next: nil))
      #expect(try await fixture.ledgerAddsUp())
      // What it has decided is named as ever, though not explained.
      let decision = try #require(try await fixture.store.decisions().items.first)
      #expect(try await fixture.store.summary(ofDecision: decision.id) == decision)
      let refused = try await refusal { _ = try await fixture.store.explanation(of: decision.id) }
      #expect(refused?.kind == .conflict)
    }
  }

  @Test func `what the previous schema holds is decided on beside what comes after it`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(Self.before(7)).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      // This program puts the offer, and asks for what comes later.
      try await pool.withConnection {
        try await $0.script(
          """
          ALTER TABLE resources ADD verdicts jsonb;
          ALTER TABLE epoch ADD policies_told bigint NOT NULL DEFAULT 0;
          ALTER TABLE offer_state ADD limits_policy bigint, ADD limits_day date;
          CREATE TABLE policy_origins (version bigint, origin text, proposal uuid, told_at timestamptz);
          ALTER TABLE audit_entries ADD person text, ADD salt bytea, ADD erased_at timestamptz;
          CREATE TABLE public_facts (id bigint GENERATED ALWAYS AS IDENTITY, event uuid, type text, key text,
            revision bigint, data bytea, at timestamptz, traceparent text, UNIQUE (key, revision));
          """)
      }
      try await fixture.offer(clusters: ["c": Offered.large])
      try await pool.withConnection {
        try await $0.script(
          """
          ALTER TABLE resources DROP verdicts;
          ALTER TABLE epoch DROP policies_told;
          ALTER TABLE offer_state DROP limits_policy, DROP limits_day;
          DROP TABLE policy_origins, public_facts;
          ALTER TABLE audit_entries DROP person, DROP salt, DROP erased_at;
          """)
      }
      try await pool.withConnection { try await $0.script(Self.decided + Self.placed("old")) }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 7)
      // The previous program goes on, and this one beside it.
      try await pool.withConnection { try await $0.script(Self.placed("new")) }
      let outcome = try await fixture.place("alpha")
      #expect(outcome.placements.map(\.spec.cluster) == ["c"])
      #expect(try await fixture.store.placements().items.map(\.spec.project) == ["alpha", "new", "old"])
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.store.claimOutbox(term: try await fixture.term(), limit: 10).count == 3)
    }
  }

  @Test func `decisions of the previous program are written at full speed while the schema moves on under them`()
    async throws
  {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(Self.before(7)).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection { try await $0.script(Self.ground) }
      let written = try await withThrowingTaskGroup(of: Int.self) { group in
        let isDone = NIOLockedValueBox(false)
        let started = NIOLockedValueBox(0)
        for writer in 0..<6 {
          group.addTask {
            var (count, more) = (0, 3)
            // A few more after the schema has moved.
            while more > 0 {
              if isDone.withLockedValue({ $0 }) { more -= 1 }
              try await pool.withTransaction { try await $0.script(Self.decision("w\(writer)-\(count)")) }
              count += 1
              if count == 1 { started.withLockedValue { $0 += 1 } }
            }
            return count
          }
        }
        #expect(try await eventually { started.withLockedValue { $0 } == 6 })
        #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 7)
        isDone.withLockedValue { $0 = true }
        return try await group.reduce(0, +)
      }
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      #expect(try await fixture.count("SELECT count(*) FROM decisions WHERE project <> 'p'") == Int64(written))
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what decisions name must be there, and stays`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      for missing in ["policy_version = 7", "snapshot_digest = sha256('x')", "ledger_checkpoint = sha256('x')"] {
        let column = missing.prefix { $0 != " " }
        let error = await #expect(throws: PostgresError.self, "\(missing)") {
          try await fixture.pool.withConnection { connection in
            try await connection.script(
              """
              CREATE TEMP TABLE again AS SELECT * FROM decisions;
              UPDATE again SET id = gen_random_uuid(), number = number + 1, \(missing);
              INSERT INTO decisions OVERRIDING SYSTEM VALUE SELECT * FROM again;
              """)
          }
        }
        #expect(error?.sqlState == .foreignKeyViolation, "\(column)")
        #expect(error?.table == "decisions")
      }
      for change in ["snapshot_digest = sha256('x')", "policy_version = 7"] {
        let error = await #expect(throws: PostgresError.self, "\(change)") {
          try await fixture.pool.withConnection { try await $0.script("UPDATE decisions SET \(change)") }
        }
        #expect(error?.sqlState == .foreignKeyViolation && error?.table == "decisions", "\(change)")
      }
      for (table, key) in [
        ("policy_versions", "version"), ("offer_snapshots", "digest"), ("ledger_checkpoints", "digest"),
        ("decisions", "id"), ("placements", "id"), ("capacity_ledger", "cluster"), ("project_identities", "project"),
      ] {
        for statement in [
          "DELETE FROM \(table)", "TRUNCATE \(table) CASCADE", "UPDATE \(table) SET \(key) = \(key)",
        ] {
          let error = await #expect(throws: PostgresError.self, "\(statement)") {
            try await fixture.pool.withConnection { try await $0.script(statement) }
          }
          #expect(error?.sqlState == .foreignKeyViolation, "\(statement)")
        }
      }
    }
  }

  @Test func `whoever places something tells which projects hold more, in parts of a hundred`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let listener = PostgresListener(
        configuration: fixture.configuration, channels: ["regie_projects"], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica,
              zone, cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at)
            SELECT gen_random_uuid(), 'p' || lpad((n / 2)::text, 3, '0'), project_id, organisation, environment,
              environment_id, stage, n, zone, cluster, 'n' || n, sensitivity, mode, phase, quota, revision, epoch,
              decision, decided_at, created_at
            FROM placements, generate_series(0, 205) AS n;
          """)
      }
      var parts: [[Substring]] = []
      while parts.count < 2, case .notification(_, let payload)? = await events.next() {
        let lines = payload.split(separator: "\n")
        #expect(lines.last?.first == "#")
        parts.append(lines.dropLast())
      }
      #expect(parts.map(\.count) == [100, 3])
      #expect(parts.joined().first == "p000" && parts.joined().last == "p102")
    }
  }

  @Test(arguments: [(1, [1]), (100, [100]), (101, [100, 1])])
  func `projects that have changed are told in as few words as hold them`(count: Int, parts: [Int]) async throws {
    try await StoreFixture.run { fixture in
      let names = (0..<count).map { String(repeating: "n", count: 60) + String(1000 + $0).suffix(3) }
      let told = try await fixture.told(on: "regie_projects") {
        "SELECT announce_projects(\(names))"
      }
      #expect(told.map { $0.count - 1 } == parts)
      #expect(told.flatMap { $0.dropLast().map(String.init) } == names)
      #expect(told.allSatisfy { $0.last?.first == "#" })
    }
  }

  @Test(arguments: [(1, [1]), (40, [40]), (41, [40, 1])])
  func `what is promised of clusters is told in as few words as hold it`(count: Int, parts: [Int]) async throws {
    try await StoreFixture.run { fixture in
      let names = (0..<count).map { String(repeating: "c", count: 60) + String(1000 + $0).suffix(3) }
      let told = try await fixture.told(on: "regie_ledger") {
        """
        INSERT INTO capacity_ledger (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods,
          committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods)
        SELECT name, 0, 0, 0, 0, 0, \(Int64.max), \(Int64.max), \(Int64.max), \(Int64.max), \(Int64.max)
        FROM unnest(\(names)) AS n (name)
        """
      }
      #expect(told.map(\.count) == parts)
      #expect(told.joined().map { String($0.split(separator: " ")[0]) } == names)
      #expect(told.joined().allSatisfy { $0.hasSuffix(" \(Int64.max)") && $0.split(separator: " ").count == 7 })
    }
  }

  @Test func `the ports of stored flows are brought into their order`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    let earlier = StoreMigrations.all.filter { $0.version < 40 }
    _ = try await PostgresMigrator(earlier).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection {
        try await $0.script(
          """
          INSERT INTO network_flows (id, project, environment, system, operators, state, revision, ground, body)
          SELECT gen_random_uuid(), 'p', 'prod', 'chorus', '{}', 'opened', 1, '{}',
            jsonb_build_object('wish', jsonb_build_object('ports', ports), 'state', 'opened')
          FROM (VALUES ('[443, 80, 8080]'::jsonb), ('[80, 443]'), ('[22]')) AS p (ports);
          """)
      }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 40)
      let ports = try await pool.withConnection {
        try await $0.query(
          "SELECT (body #> '{wish,ports}')::text AS ports FROM network_flows WHERE body ->> 'state' = 'opened' ORDER BY number"
        ).map { try $0.decode(String.self, "ports") }
      }
      #expect(ports == ["[80, 443, 8080]", "[80, 443]", "[22]"])
    }
  }

  @Test func `whose a stored result was is known of the questions that are answered anew`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    let earlier = StoreMigrations.all.filter { $0.version < 57 }
    _ = try await PostgresMigrator(earlier).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await pool.withConnection {
        try await $0.script(
          """
          INSERT INTO impact_results (digest, summary, bytes) VALUES (sha256('a'), '{}', 'a'), (sha256('b'), '{}', 'b');
          INSERT INTO impacts (id, subject, document, principal, follows, state, result, as_of)
          SELECT gen_random_uuid(), subject, '{}', 'p', subject IS NOT NULL, 'done', sha256(name::bytea), now()
          FROM (VALUES ('s', 'a'), ('t', 'a'), (NULL, 'a'), (NULL, 'b')) AS q (subject, name);
          """)
      }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet).first == 57)
      let known = try await pool.withConnection {
        try await $0.query(
          """
          SELECT ARRAY(SELECT i.subject FROM impacts i WHERE i.id = ANY (r.questions) ORDER BY 1) AS subjects
          FROM impact_results r ORDER BY bytes
          """
        ).map { try $0.decode([String].self, "subjects") }
      }
      #expect(known == [["s", "t"], []])
    }
  }

  /// The migrations that came before one.
  private static func before(_ version: Int) -> [PostgresMigration] {
    let files = [
      ("foundation", PackageResources._001_foundation_sql), ("reservations", PackageResources._002_reservations_sql),
      ("audit_chain", PackageResources._003_audit_chain_sql), ("world", PackageResources._004_world_sql),
      ("checks", PackageResources._005_checks_sql), ("cluster_facts", PackageResources._006_cluster_facts_sql),
    ]
    return files.prefix(version - 1).enumerated().map { number, file in
      PostgresMigration(version: number + 1, name: file.0, sql: String(decoding: file.1, as: UTF8.self))
    }
  }

  /// A decision as the previous program has stored it.
  private static let decided = """
    INSERT INTO offer_snapshots (digest, bytes) VALUES (sha256('x'), 'x');
    INSERT INTO ledger_checkpoints (digest, bytes) VALUES (sha256('y'), 'y');
    INSERT INTO decisions (id, project, placed, engine_version, policy_version, snapshot_digest, attempts, inputs,
        decision, epoch, principal, decided_at, day, stale_zones, ledger_checkpoint, ledger_delta)
      SELECT gen_random_uuid(), 'p', true, 'e', version, sha256('x'), 1, '', '', 1, 'test', now(), '2026-01-01', '{}',
        sha256('y'), '' FROM policy_versions;
    """

  /// A decision as the previous program writes one, in its order.
  private static func decision(_ project: String) -> String {
    """
    INSERT INTO idempotency_keys (scope, key, request_digest) VALUES ('test', '\(project)', sha256('x'));
    SELECT o.version, p.version, e.epoch, EXISTS (SELECT FROM reservations WHERE state = 'pending')
      FROM offer_state o, policy_versions p, epoch e;
    SELECT pg_advisory_xact_lock_shared(1);
    SELECT FROM placements p JOIN reservations r ON r.placement = p.id WHERE p.project = '\(project)' FOR UPDATE OF p, r;
    INSERT INTO project_identities (project, project_id, from_console) VALUES ('\(project)', gen_random_uuid(), false);
    INSERT INTO environment_identities (project, environment, environment_id, from_console)
      VALUES ('\(project)', 'prod', gen_random_uuid(), false);
    INSERT INTO decisions (id, project, placed, engine_version, policy_version, snapshot_digest, attempts, inputs,
        decision, epoch, principal, decided_at)
      VALUES (gen_random_uuid(), '\(project)', true, 'e', 1, sha256('x'), 1, '', '', 1, 'test', now());
    INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica, zone,
        cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at)
      SELECT gen_random_uuid(), '\(project)', gen_random_uuid(), 'mi', 'prod', gen_random_uuid(), 'prod', 0, 'z', 'c',
        '\(project)', 'usuel', 'own', 'active', '{}', 1, 1, id, now(), now() FROM decisions WHERE project = '\(project)';
    INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at)
      SELECT id, 'c', 'confirmed', 1, 1, 1, 1, 1, now() FROM placements WHERE project = '\(project)';
    INSERT INTO outbox (placement, epoch, revision, reason)
      SELECT id, 1, 1, 'decided' FROM placements WHERE project = '\(project)';
    INSERT INTO audit_entries (at, principal, action, kind, name, body, digest)
      VALUES (now(), 'test', 'decided', 'Project', '\(project)', '', sha256(''));
    UPDATE idempotency_keys SET response = '' WHERE scope = 'test' AND key = '\(project)';
    UPDATE capacity_ledger SET version = version + 1, committed_cpu = committed_cpu + 1,
      committed_memory = committed_memory + 1, committed_gpu = committed_gpu + 1,
      committed_storage = committed_storage + 1, committed_pods = committed_pods + 1 WHERE cluster = 'c';
    """
  }

  private static let ground = """
    INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
      VALUES (gen_random_uuid(), 'Policy', 'regie', 1, '{}', '{}', '{}');
    INSERT INTO policy_versions (version, resource, effective_at, document, principal)
      SELECT 1, uid, now(), '{}', 'test' FROM resources;
    INSERT INTO offer_snapshots (digest, bytes) VALUES (sha256('x'), 'x');
    INSERT INTO decisions (id, project, placed, engine_version, policy_version, snapshot_digest, attempts, inputs,
        decision, epoch, principal, decided_at)
      VALUES (gen_random_uuid(), 'p', true, 'e', 1, sha256('x'), 1, '', '', 1, 'test', now());
    INSERT INTO capacity_ledger (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
      VALUES ('c', 100, 100, 100, 100, 100);
    """

  private static func placed(_ project: String) -> String {
    """
    INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica, zone,
        cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at)
      SELECT gen_random_uuid(), '\(project)', gen_random_uuid(), 'mi', 'prod', gen_random_uuid(), 'prod', 0, 'z', 'c',
        '\(project)', 'usuel', 'own', 'active', '{}', 1, 1, id, now(), now() FROM decisions;
    INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at)
      SELECT id, 'c', 'confirmed', 1, 1, 1, 1, 1, now() FROM placements WHERE project = '\(project)';
    UPDATE capacity_ledger SET committed_cpu = committed_cpu + 1, committed_memory = committed_memory + 1,
      committed_gpu = committed_gpu + 1, committed_storage = committed_storage + 1, committed_pods = committed_pods + 1;
    INSERT INTO outbox (placement, epoch, revision, reason)
      SELECT id, 1, 1, 'decided' FROM placements WHERE project = '\(project)';
    """
  }
}

extension StoreFixture {
  /// A relay's lease.
  fileprivate func term() async throws -> Int64 {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        INSERT INTO relay_leases (name, holder, term, backend_pid, acquired_at, renewed_at)
        VALUES ('relay', 'test', 1, 1, now(), now()) RETURNING term
        """
      )[0].decode("term")
    }
  }
}

extension StoreFixture {
  /// The lines of each notification that a statement gives.
  fileprivate func told(on channel: String, by statement: () -> PostgresQuery) async throws -> [[Substring]] {
    let listener = PostgresListener(configuration: configuration, channels: [channel], logger: quiet)
    var events = listener.makeAsyncIterator()
    #expect(await events.next() == .connected)
    let query = statement()
    _ = try await pool.withConnection { try await $0.pipeline([query, "SELECT pg_notify(\(channel), 'the end')"]) }
    var told: [[Substring]] = []
    while case .notification(_, let payload)? = await events.next(), payload != "the end" {
      told.append(payload.split(separator: "\n"))
    }
    return told
  }
}
