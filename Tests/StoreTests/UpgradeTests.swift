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
