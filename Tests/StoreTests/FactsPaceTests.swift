import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What agents measure all the time costs a version of the offer now and then only, and as much work as has changed.
struct FactsPaceTests {
  private func status(
    _ zone: String = "nord", _ sequence: Int64 = 1, cpu: [String: Int64] = [:], seconds: Int64 = 0
  ) -> AgentStatus {
    let at = Timestamp(microseconds: 1_795_000_000_000_000 + seconds * 1_000_000)
    return AgentStatus(
      zone: zone, incarnation: 1, sequence: sequence, version: "test", at: at, snapshotComplete: true,
      clusters: cpu.sorted { $0.key < $1.key }.map { name, cpu in
        .init(
          name: name, reachable: true, placements: 0,
          capacity: MeasuredCapacity(
            asOf: at, nodes: 1, amounts: ResourceAmounts(cpu: cpu, memory: 1 << 40, gpu: 9, pods: 5000)))
      })
  }

  @Test func `more waits for a minute, a little more for an hour, and what binds takes all along`() {
    let start = ContinuousClock.now
    var pace = FactsPace()
    func hear(_ zone: String, _ weight: FactsChange.Weight, after seconds: Int) -> [String] {
      pace.hear(status(zone), weight, at: start + .seconds(seconds)).map(\.zone)
    }
    #expect(hear("a", .nothing, after: 0) == [])
    #expect(hear("a", .rise, after: 0) == ["a"], "nothing was taken yet")
    #expect(hear("b", .rise, after: 1) == [])
    #expect(hear("a", .step, after: 2) == [])
    #expect(hear("c", .nothing, after: 59) == [])
    #expect(hear("c", .nothing, after: 60) == ["a", "b"], "any heartbeat is the occasion")
    #expect(hear("b", .step, after: 3_659) == [])
    #expect(hear("c", .urgent, after: 3_659) == ["b", "c"])
    #expect(hear("a", .rise, after: 3_660) == [])
    #expect(hear("a", .nothing, after: 3_661) == [], "it has gone down again")
    #expect(hear("b", .nothing, after: 9_000) == [])
    #expect(hear("b", .step, after: 9_001) == ["b"])
  }

  @Test func `of a thousand clusters one that has shrunk writes one limit, in one statement and one version`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: [:])
      let names = (0..<1000).map { "c\($0)" }
      guard case .cluster(var sample) = Offered.cluster("c", Offered.large) else { return }
      sample.spec.capacitySource = .measured
      let spec = try PostgresJSON(model: sample.spec)
      try await fixture.pool.withConnection { connection in
        try await connection.execute(
          """
          INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
          SELECT gen_random_uuid(), 'Cluster', name, 1, '{}', '{}', \(spec) FROM unnest(\(names)) AS n (name)
          """)
      }
      let before = Dictionary(uniqueKeysWithValues: names.map { ($0, Int64(32_000)) })
      try await fixture.store.takeFacts(of: [status(cpu: before)], zone: "nord")
      #expect(try await fixture.count("SELECT count(*) FROM capacity_ledger WHERE limit_cpu = 32000") == 1000)
      let version = try await fixture.count("SELECT version FROM offer_state")
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          CREATE TABLE written (what text);
          CREATE FUNCTION count_written() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN INSERT INTO written VALUES (TG_TABLE_NAME || TG_LEVEL); RETURN NEW; END$$;
          CREATE TRIGGER limit_row BEFORE INSERT ON capacity_ledger FOR EACH ROW EXECUTE FUNCTION count_written();
          CREATE TRIGGER limits BEFORE INSERT ON capacity_ledger FOR EACH STATEMENT EXECUTE FUNCTION count_written();
          CREATE TRIGGER fact_row BEFORE INSERT ON cluster_facts FOR EACH ROW EXECUTE FUNCTION count_written();
          CREATE TRIGGER facts BEFORE INSERT ON cluster_facts FOR EACH STATEMENT EXECUTE FUNCTION count_written();
          """)
      }
      var after = before
      after["c7"] = 16_000
      let start = ContinuousClock.now
      try await fixture.store.takeFacts(of: [status("nord", 2, cpu: after)], zone: "nord", at: start)
      let written = try await fixture.pool.withConnection { connection in
        try await connection.query("SELECT what FROM written ORDER BY what").map { try $0.decode(String.self, "what") }
      }
      #expect(
        written == ["capacity_ledgerROW", "capacity_ledgerSTATEMENT", "cluster_factsROW", "cluster_factsSTATEMENT"])
      #expect(try await fixture.count("SELECT version FROM offer_state") == version + 1)
      #expect(try await fixture.count("SELECT limit_cpu FROM capacity_ledger WHERE cluster = 'c7'") == 16_000)
      // More than is declared is no more.
      after["c8"] = 64_000
      after["c9"] = 100_000
      try await fixture.store.takeFacts(of: [status("nord", 3, cpu: after)], zone: "nord", at: start + .seconds(30))
      #expect(try await fixture.count("SELECT version FROM offer_state") == version + 1)
      try await fixture.store.takeFacts(of: [status("nord", 4, cpu: after)], zone: "nord", at: start + .seconds(60))
      #expect(try await fixture.count("SELECT version FROM offer_state") == version + 2)
      after["c9"] = 200_000
      try await fixture.store.takeFacts(of: [status("nord", 5, cpu: after)], zone: "nord", at: start + .seconds(7200))
      #expect(try await fixture.count("SELECT version FROM offer_state") == version + 2)
      #expect(try await fixture.count("SELECT limit_cpu FROM capacity_ledger WHERE cluster = 'c9'") == 64_000)
    }
  }

  @Test func `what changes nothing of the offer waits for no decision`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.pool.withTransaction { connection in
        try await connection.pipeline([StoreLocks.shareOffer()])
        // Of a cluster whose operator declares: how much was measured is kept, and does not count.
        try await fixture.store.takeFacts(of: [status(cpu: ["nord-1": 8_000])], zone: "nord")
        try await fixture.store.takeFacts(of: [status("nord", 2, cpu: ["nord-1": 9_000])], zone: "nord")
      }
      #expect(try await fixture.count("SELECT (capacity -> 'amounts' ->> 'cpu')::bigint FROM cluster_facts") == 9_000)
    }
  }

  @Test func `what another zone's heartbeat takes along is not written over by what changes nothing of the offer`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .cluster(var cluster) = Offered.cluster("nord-1", Offered.large) else { return }
      cluster.spec.capacitySource = .measured
      _ = try await fixture.store.put(.cluster(cluster), context: someone)
      try await fixture.store.takeFacts(of: [status(cpu: ["nord-1": 8_000])], zone: "nord")
      // So long ago that it is written down that it still holds.
      try await fixture.tamper(
        """
        UPDATE cluster_facts SET capacity = capacity - 'heardAt',
          stored_at = clock_timestamp() - interval '1000 seconds'
        """)
      let later = status("nord", 2, cpu: ["nord-1": 9_000], seconds: 1_000)
      try await fixture.pool.withConnection { other in
        try await other.script(
          """
          BEGIN; SELECT pg_advisory_xact_lock(\(StoreLocks.offer));
          UPDATE cluster_facts SET capacity = jsonb_set(capacity, '{amounts,cpu}', '9000')
          """)
        async let aside: Void = fixture.store.takeFacts(of: [later], zone: "nord")
        let waits = try await eventually { try await fixture.waiting() == 1 }
        #expect(waits)
        try await other.script("COMMIT")
        try await aside
      }
      #expect(try await fixture.count("SELECT (capacity -> 'amounts' ->> 'cpu')::bigint FROM cluster_facts") == 9_000)
      let heard = try await fixture.count("SELECT count(*) FROM cluster_facts WHERE capacity ? 'heardAt'")
      #expect(heard == 1, "it was written all the same")
    }
  }
}
