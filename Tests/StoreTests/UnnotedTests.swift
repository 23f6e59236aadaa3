import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// What a new leader of the relay reads, when most of what there ever was is forgotten.
struct UnnotedTests {
  @Test func `what is forgotten is not gone through to find what is not noted`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica,
              zone, cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at,
              created_at, removed_at, forgotten_at, tombstone_at)
            SELECT gen_random_uuid(), 'p' || n, gen_random_uuid(), 'mi', 'prod', gen_random_uuid(), 'prod', 0, 'nord',
              'nord-1', 'n' || n, 'usuel', 'own', 'removed', '{}', 1, 1, (SELECT id FROM decisions LIMIT 1), now(), now(),
              now(), now(), now() FROM generate_series(1, 10000) n;
          ANALYZE;
          """, deadline: .now + .seconds(300))
      }
      let lines = try await fixture.pool.withConnection { connection in
        try await connection.query("EXPLAIN \(GovernanceStore.republishUnnoted(limit: 2000))").map {
          try $0.decode(String.self, at: 0)
        }
      }
      let plan = lines.joined(separator: "\n")
      #expect(!plan.contains("Seq Scan on placements"), "\(plan)")
      for index in ["placements_namespace", "placements_to_forget"] { #expect(plan.contains(index), "\(plan)") }
    }
  }

  /// As an earlier version leaves it: published, and not noted.
  @Test(arguments: [
    ("phase = phase", 1), ("phase = 'removed', removed_at = now()", 1),
    ("phase = 'removed', removed_at = now(), forgotten_at = now()", 0), ("revision = 0", 0),
  ])
  func `what is not noted is asked for, be it removed, unless it is forgotten or only reserved`(
    change: String, count: Int
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          UPDATE outbox SET attempts = 1, published_at = now();
          UPDATE placements SET \(change);
          """)
      }
      #expect(try await fixture.store.requestRepublicationOfUnnoted(deadline: .now + .seconds(60)) == count)
    }
  }

  @Test func `what is not noted is asked for in parts, each of which lets go of what it has locked`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for name in ["alpha", "beta", "gamma"] { _ = try await fixture.place(name) }
      let publish = "UPDATE outbox SET attempts = 1, published_at = now()"
      let parts: PostgresQuery = """
        SELECT count(DISTINCT xmin::text) * 10 + count(*) FROM outbox WHERE published_at IS NULL
        """
      try await fixture.pool.withConnection { try await $0.script(publish) }
      #expect(try await fixture.store.requestRepublicationOfUnnoted(part: 2) == 3)
      #expect(try await fixture.count(parts) == 23, "three states, in two parts")
      try await fixture.pool.withConnection { try await $0.script(publish) }
      let error = await #expect(throws: PostgresError.self) {
        _ = try await fixture.store.requestRepublicationOfUnnoted(deadline: .now, part: 2)
      }
      #expect(error?.isRetriable == true)
      #expect(try await fixture.count(parts) == 12, "what was asked for stays so")
      #expect(try await fixture.store.requestRepublicationOfUnnoted(deadline: .now + .seconds(60)) == 1)
    }
  }

  @Test func `of a zone the database tells what the topic holds, forgotten or not, and nothing else`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var placed: [PlacementRecord] = []
      for project in ["alpha", "beta", "gamma"] {
        let outcome = try await fixture.place(project)
        placed += outcome.placements
      }
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          UPDATE placements SET phase = 'removed', removed_at = now(), forgotten_at = now() WHERE project <> 'alpha'
          """)
      }
      var evidence = BusEvidence(zone: "nord")
      for placement in placed where placement.spec.project != "gamma" {
        let state = placement.desiredState()
        evidence.desired[placement.spec.id] = BusEvidence.Seen(
          state: state, content: ContentDigest(of: try BusCodec.encode(state)), partition: 0, offset: 0)
      }
      let account = try await fixture.store.account(of: "nord", beside: evidence)
      #expect(placed.count == 3)
      #expect(Set(account.versions.keys) == Set(evidence.desired.keys))
    }
  }
}
