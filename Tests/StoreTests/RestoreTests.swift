import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// A database that was restored under a living process: numbers come again, and stand for something else.
struct RestoreTests {
  @Test func `an offer is not taken for another one whose number it has in another life of the database`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      try await fixture.restore(renaming: "nord-1", to: "autre-1", offerVersion: "version", epoch: "epoch + 1")
      let basis = try await fixture.store.basis(PlacementRequest(project: Offered.project("beta")))
      #expect(basis.engine.clusters == ["autre-1"])
      #expect(basis.epoch == 2)
      let outcome = try await fixture.place("beta")
      #expect(outcome.placements.map(\.spec.cluster) == ["autre-1"])
      try await fixture.expectReplay(of: outcome)
    }
  }

  @Test func `once a lower number was read, the higher one of before is forgotten`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      try await fixture.restore(renaming: "nord-1", to: "autre-1", offerVersion: "version - 1", epoch: "epoch")
      #expect(try await fixture.clusters() == ["autre-1"])
      // It has the number again that stood for the offer of before.
      _ = try await fixture.store.put(Offered.cluster("autre-2", Offered.large), context: someone)
      #expect(try await fixture.clusters() == ["autre-1", "autre-2"])
    }
  }
}

extension RestoreTests {
  @Test func `a row that has the number it had in what was lost is read anew`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      _ = try await fixture.place("alpha")
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          UPDATE resources SET spec = jsonb_set(spec, '{stages}', '["dev"]') WHERE kind = 'Cluster';
          UPDATE offer_state SET version = version - 1;
          """)
      }
      let basis = try await fixture.store.basis(PlacementRequest(project: Offered.project("beta")))
      #expect(basis.engine.offer.clusters.map(\.spec.stages) == [["dev"]])
    }
  }
}

extension RestoreTests {
  @Test func `what was known before the connection was lost is read anew, though all numbers are the same`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      try await fixture.withWorld {
        _ = try await fixture.place("alpha")
        try await fixture.pool.withConnection { connection in
          try await connection.script(
            """
            UPDATE resources SET spec = jsonb_set(spec, '{stages}', '["dev"]') WHERE kind = 'Cluster'
            """)
          // Once that is committed: what is read anew before would be what was, and nobody tells of it.
          try await connection.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE '%/listener'
            """)
        }
        let isNew = try await eventually {
          guard fixture.store.isWorldLive else { return false }
          let basis = try await fixture.store.basis(PlacementRequest(project: Offered.project("beta")))
          return basis.engine.offer.clusters.map(\.spec.stages) == [["dev"]]
        }
        #expect(isNew)
      }
    }
  }
}

extension StoreFixture {
  /// What a restore leaves: other contents, and numbers of before.
  fileprivate func restore(
    renaming cluster: String, to other: String, offerVersion: String, epoch: String
  ) async throws {
    try await pool.withConnection { connection in
      try await connection.script(
        """
        UPDATE resources SET name = '\(other)' WHERE kind = 'Cluster' AND name = '\(cluster)';
        INSERT INTO capacity_ledger (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
          SELECT '\(other)', limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods FROM capacity_ledger
          WHERE cluster = '\(cluster)';
        UPDATE offer_state SET version = \(offerVersion);
        UPDATE epoch SET epoch = \(epoch);
        """)
    }
  }

  fileprivate func clusters() async throws -> [String] {
    try await store.basis(PlacementRequest(project: Offered.project("beta"))).engine.clusters
  }

  fileprivate func expectReplay(of outcome: DecisionOutcome) async throws {
    #expect(try await store.replay(outcome.decision.id).verdict == .equal)
  }
}
