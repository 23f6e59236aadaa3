import Foundation
import Model
import Postgres
import TestSupport
import Testing

@testable import Store

struct SchemaTests {
  @Test func `migrating twice applies once`() async throws {
    let configuration = try await Self.empty()
    #expect(try await StoreMigrations.migrate(configuration, logger: quiet) == Self.versions)
    #expect(try await StoreMigrations.migrate(configuration, logger: quiet) == [])
  }

  @Test func `instances that migrate at once apply each file once`() async throws {
    let configuration = try await Self.empty()
    let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 { group.addTask { try await StoreMigrations.migrate(configuration, logger: quiet) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(applied.sorted() == Self.versions)
  }

  @Test func `a file that was changed after it was applied is refused`() async throws {
    let configuration = try await Self.empty()
    let text = String(decoding: PackageResources._001_foundation_sql, as: UTF8.self)
    let changed = PostgresMigration(version: 1, name: "foundation", sql: text + "\nCREATE TABLE extra (id bigint);")
    _ = try await PostgresMigrator([changed]).migrate(configuration, logger: quiet)
    await #expect(throws: PostgresError.self) {
      _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    }
  }

  @Test func `a fresh database is in its first epoch`() async throws {
    try await StoreFixture.run { fixture in
      let epoch = try await fixture.store.epoch()
      #expect(epoch == 1)
    }
  }

  @Test(arguments: [
    "placements": [
      "phase = 'elsewhere'", "replica = -1", "revision = -1", "epoch = 0", "not_before = now()", "removed_at = now()",
      "observed = '{}'", "observed_sequence = 1", "forgotten_at = now()", "phase = 'removed', forgotten_at = now()",
      "tombstone_at = now()",
    ],
    "reservations": [
      "state = 'elsewhere'", "cpu = -1", "memory = -1", "gpu = -1", "storage = -1", "pods = -1", "expires_at = now()",
      "released_at = now()", "state = 'released'", "confirmed_at = NULL", "state = 'pending', expires_at = now()",
      "state = 'pending', hold = (SELECT id FROM holds LIMIT 1)", "released_because = 'elsewhere'",
    ],
  ])
  func `a row that can not be is refused`(table: String, changes: [String]) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let held = try await fixture.reserve("beta")
      _ = try await fixture.confirm(held, .fresh())
      for change in changes {
        do {
          _ = try await fixture.pool.withConnection {
            try await $0.script("UPDATE \(table) SET \(change)")
          }
          Issue.record("\(change) was taken")
        } catch let error as PostgresError {
          #expect(error.sqlState == .checkViolation, "\(change): \(error)")
        }
      }
      // What may be so is taken, and so it is the values that were refused.
      try await fixture.pool.withConnection {
        try await $0.script(
          """
          UPDATE reservations SET state = 'released', released_at = now(), released_because = 'expired';
          UPDATE placements SET phase = 'removed', removed_at = now(), forgotten_at = now(), tombstone_at = now();
          """)
      }
    }
  }

  /// With many rows and fresh statistics, nothing that is asked often reads a whole table.
  @Test func `what is asked often uses its index`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.multiply()
      let key = PlacementKey(try await fixture.store.placements().items[0])
      let queries: [(PostgresQuery, [String])] = [
        (GovernanceStore.claim(term: 1, limit: 100, excluding: []), ["outbox_unpublished"]),
        (GovernanceStore.selectDueTombstones(limit: 100, excluding: []), ["placements_to_bury"]),
        (GovernanceStore.listPlacements(PlacementFilter(), after: key, limit: 101), ["placements_by_project"]),
        (
          GovernanceStore.listPlacements(PlacementFilter(project: "p7"), after: nil, limit: 101),
          ["placements_by_project"]
        ),
        (GovernanceStore.listPlacements(PlacementFilter(zone: "z7"), after: key, limit: 101), ["placements_by_zone"]),
        (
          GovernanceStore.listPlacements(PlacementFilter(cluster: "c7"), after: key, limit: 101),
          ["placements_by_cluster"]
        ),
        ("SELECT EXISTS (SELECT FROM reservations r WHERE \(ReservationStatements.isDue))", ["reservations_due"]),
        (ReservationStatements.placements(of: UUID()), ["reservations_by_hold"]),
        (MoveStatements.letGo(of: UUID(), in: "p7"), ["placements_by_project"]),
        (GovernanceStore.listResources(.project, after: "p5", limit: 101), ["resources_live"]),
        (GovernanceStore.selectResource(.project, "p5"), ["resources_live"]),
      ]
      for (query, indexes) in queries {
        let plan = try await fixture.plan(of: query)
        for index in indexes { #expect(plan.contains(index), "\(query.sql)\n\(plan)") }
        for table in ["outbox", "placements", "resources", "reservations"] {
          #expect(!plan.contains("Seq Scan on \(table)"), "\(query.sql)\n\(plan)")
        }
      }
    }
  }

  private static let versions = (try? StoreMigrations.migrator().versions) ?? []

  private static func empty() async throws -> PostgresConfiguration {
    try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
  }
}

extension StoreFixture {
  /// Copies the one placement, its outbox row and its project ten thousand times; all but a few are published.
  fileprivate func multiply() async throws {
    try await pool.withConnection { connection in
      try await connection.script(
        """
        INSERT INTO capacity_ledger (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
          SELECT 'c' || n, 0, 0, 0, 0, 0 FROM generate_series(1, 8) n;
        INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
          SELECT gen_random_uuid(), 'Project', 'p' || n, 1, '{}', '{}', '{}' FROM generate_series(1, 10000) n;
        INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica,
            zone, cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at,
            created_at)
          SELECT gen_random_uuid(), 'p' || n, gen_random_uuid(), 'mi', 'prod', gen_random_uuid(), 'prod', 0,
            'z' || n % 8, 'c' || n % 8 + 1, 'n' || n, 'usuel', 'own', 'active', '{}', 1, 1,
            (SELECT id FROM decisions LIMIT 1), now(), now() FROM generate_series(1, 10000) n;
        INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at)
          SELECT id, cluster, 'confirmed', 0, 0, 0, 0, 0, now() FROM placements
          ON CONFLICT DO NOTHING;
        INSERT INTO outbox (placement, epoch, revision, reason, published_at)
          SELECT id, 1, r, 'decided', CASE WHEN random() < 0.999 THEN now() END
          FROM placements, generate_series(1, 5) r;
        """, deadline: .now + .seconds(300))
      try await connection.script("ANALYZE", deadline: .now + .seconds(300))
    }
  }

  fileprivate func plan(of query: PostgresQuery) async throws -> String {
    // As on solid-state disks, where reading one page here and there is cheap.
    let rows = try await pool.withTransaction { connection in
      try await connection.execute("SET LOCAL random_page_cost = 1.1")
      return try await connection.query("EXPLAIN \(query)")
    }
    return try rows.map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
  }
}
