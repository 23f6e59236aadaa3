import Foundation
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

/// What a later migration does to a database that is in use.
struct UpgradeTests {
  @Test func `reservations come to a database in use, and the previous program works on beside them`() async throws {
    let configuration = try PostgresServer.configuration(try await PostgresServer.shared().freshDatabase().url)
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
    let configuration = try PostgresServer.configuration(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(Self.before(7)).migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      try await fixture.offer(clusters: ["c": Offered.large])
      try await pool.withConnection { try await $0.script(Self.decided + Self.placed("old")) }
      #expect(try await StoreMigrations.migrate(configuration, logger: quiet) == [7, 8, 9])
      // The previous program goes on, and this one beside it.
      try await pool.withConnection { try await $0.script(Self.placed("new")) }
      let outcome = try await fixture.place("alpha")
      #expect(outcome.placements.map(\.spec.cluster) == ["c"])
      #expect(try await fixture.store.placements().items.map(\.spec.project) == ["alpha", "new", "old"])
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.store.claimOutbox(term: try await fixture.term(), limit: 10).count == 3)
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
      for table in [
        "policy_versions", "offer_snapshots", "ledger_checkpoints", "decisions", "placements", "capacity_ledger",
        "project_identities",
      ] {
        for statement in ["DELETE FROM \(table)", "TRUNCATE \(table) CASCADE"] {
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
        parts.append(payload.split(separator: "\n"))
      }
      #expect(parts.map(\.count) == [100, 3])
      #expect(parts.joined().first == "p000" && parts.joined().last == "p102")
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
