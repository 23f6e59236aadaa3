import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// How the database finds what every decision reads and writes.
struct CommitPlanTests {
  /// Tables that are known to be small: what was planned for them is what finds one row among many later.
  @Test func `a batch finds its rows by their keys, whatever the tables were like when it was planned`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for project in ["alpha", "beta"] { _ = try await fixture.place(project) }
      try await fixture.pool.withConnection { try await $0.script("ANALYZE") }
      let job = DecisionJob(
        ticket: 1, request: PlacementRequest(project: "alpha"), purpose: .place, key: nil, context: someone,
        deadline: nil)
      let reading = BatchTruth.Reading([job], arePlanned: true, ledger: .none) { "\($0)" }
      let demand = LedgerDemand(
        [
          PlacementPlan.Reservation(
            cluster: "nord-1", added: ResourceAmounts(cpu: 1), limit: ResourceAmounts(cpu: 10))
        ], heedsLimits: true)
      for query in reading.statements + demand.statements {
        let plan = try await fixture.pool.withTransaction { connection in
          _ = try await connection.query(GovernanceStore.plansByKey)
          return try await connection.query("EXPLAIN \(query)").map { try $0.decode(String.self, at: 0) }
            .joined(separator: "\n")
        }
        for table in [
          "resources", "placements", "reservations", "project_identities", "environment_identities", "capacity_ledger",
          "policy_versions",
        ] {
          #expect(!plan.contains("Seq Scan on \(table)"), "\(query.sql)\n\(plan)")
        }
      }
      // What the rows that are written are checked against, by a function of the schema's.
      let isByKey = try await fixture.pool.withConnection {
        try await $0.query(
          """
          SELECT coalesce('enable_seqscan=off' = ANY(proconfig), false) AS is FROM pg_proc
          WHERE proname = 'find_what_decisions_name'
          """)
      }
      #expect(try isByKey.first?.decode(Bool.self, "is") == true)
    }
  }

  /// On each way to a batch: with others, alone where it waits for its project, and all or nothing.
  @Test func `what a batch reads is planned once for a connection`() async throws {
    try await StoreFixture.run(maximum: 1) { fixture in
      try await fixture.offer()
      func job(_ name: String) -> DecisionJob {
        DecisionJob(
          ticket: 1, request: PlacementRequest(project: Offered.project(name)), purpose: .place, key: nil,
          context: someone, deadline: nil)
      }
      for round in 1...4 {
        for waits in [false, true] {
          let committed = await fixture.store.commit([job("p\(round)-\(waits)")], waits: waits)
          guard case .made? = try committed.settled[1]?.get() else {
            Issue.record("no decision was made")
            return
          }
        }
        _ = try await fixture.store.decideWhole([job("w\(round)")], key: nil)
      }
      let rows = try await fixture.pool.withConnection {
        try await $0.query(
          """
          SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements
          WHERE statement LIKE '%FOR UPDATE OF p, r%' OR statement LIKE '%AS numbers%'
          """)
      }
      #expect(rows.count == 3)
      for row in rows {
        let statement = try row.decode(String.self, "statement")
        #expect(try row.decode(Int64.self, "generic_plans") >= 3, "\(statement)")
        #expect(try row.decode(Int64.self, "custom_plans") == 0, "\(statement)")
      }
    }
  }

  @Test func `of what was decided on a project the last alone is read, however much that is`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for project in ["alpha", "beta"] { _ = try await fixture.place(project) }
      // All of one after all of the other: whoever went by number would read the one on the way to the other.
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          CREATE TEMP TABLE again AS SELECT d.* FROM decisions d, generate_series(1, 50);
          UPDATE again SET id = gen_random_uuid();
          INSERT INTO decisions OVERRIDING USER VALUE SELECT * FROM again ORDER BY project DESC;
          ANALYZE;
          """)
      }
      let query = GovernanceStore.latestPlaced(of: ["alpha", "beta"])
      let plan = try await fixture.pool.withTransaction { connection in
        _ = try await connection.query(GovernanceStore.plansByKey)
        let lines = try await connection.query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \(query)")
        return try lines.map { try $0.decode(String.self, at: 0) }
      }
      let rows = try await fixture.pool.withConnection { try await $0.query(query) }
      let found = try rows.map { try DecisionSummary(row: $0) }
      for project in ["alpha", "beta"] {
        let numbers = found.filter { $0.project == project }.map(\.number)
        let last = try await fixture.count("SELECT max(number) FROM decisions WHERE project = \(project)")
        #expect(numbers == [last], "\(project)")
        #expect(try await fixture.count("SELECT count(*) FROM decisions WHERE project = \(project)") == 51)
      }
      let readings = plan.filter { $0.contains(" on decisions d") }
      // Of each project; since version 18 the server writes a fraction.
      let areOneEach = readings.allSatisfy { $0.contains("rows=1 loops=2") || $0.contains("rows=1.00 loops=2") }
      #expect(readings.count == 1 && areOneEach, "\(plan.joined(separator: "\n"))")
      let arePassedBy = plan.contains { $0.contains("Rows Removed by Filter") }
      #expect(!arePassedBy, "\(plan.joined(separator: "\n"))")
    }
  }

  @Test func `what a batch settles for its transaction ends with it`() async throws {
    try await StoreFixture.run(maximum: 1) { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let settings = try await fixture.pool.withConnection {
        try await $0.query(
          """
          SELECT current_setting('plan_cache_mode') AS plans, current_setting('enable_seqscan') AS scans,
            (SELECT setting = reset_val FROM pg_settings WHERE name = 'jit') AS jit
          """)
      }
      let row = try #require(settings.first)
      #expect(try row.decode(String.self, "plans") == "auto" && row.decode(String.self, "scans") == "on")
      #expect(try row.decode(Bool.self, "jit"))
    }
  }

  /// Its row is not locked for it: whoever writes it wants the lock that decisions hold.
  @Test func `nobody changes a project while it is decided on`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let stored = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      let job = DecisionJob(
        ticket: 1, request: PlacementRequest(project: "alpha"), purpose: .place, key: nil, context: someone,
        deadline: nil)
      let (store, isPut) = (fixture.store, NIOLockedValueBox(false))
      try await withThrowingTaskGroup(of: Void.self) { group in
        let (asked, ask) = AsyncStream<Void>.makeStream()
        group.addTask {
          for await _ in asked {
            var next = Offered.project("alpha")
            next.metadata.labels["changed"] = "meanwhile"
            _ = try await store.put(.project(next), context: someone)
            isPut.withLockedValue { $0 = true }
          }
        }
        _ = try await store.decideWhole([job], key: nil) { _, _, _ in
          ask.yield()
          ask.finish()
          let waits = try await eventually {
            try await fixture.count(
              """
              SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
              """) == 1
          }
          #expect(waits)
          #expect(!isPut.withLockedValue { $0 })
          return []
        }
        try await group.waitForAll()
      }
      #expect(isPut.withLockedValue { $0 })
      let after = try await fixture.store.get(.project, "alpha")
      #expect(after.metadata.resourceVersion != stored.resource.metadata.resourceVersion)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
    }
  }

  @Test func `zones are silent by what was heard last, or by never having been heard`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.pool.withConnection { connection in
        try await connection.script(
          """
          INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec, deleted_at)
          SELECT gen_random_uuid(), 'Zone', name, 1, '{}', '{}', jsonb_build_object('slug', slug), deleted
          FROM (VALUES ('a-heard', 'h', NULL::timestamptz), ('b-silent', 's', NULL), ('c-unheard', 'u', NULL),
            ('d-new', 'n', NULL), ('e-gone', 'g', now()), ('f-back', 'k', NULL)) AS z (name, slug, deleted);
          DELETE FROM unheard_zones;
          INSERT INTO agents (zone, incarnation, sequence, status, stored_at, silent_milliseconds)
          SELECT zone, 1, 1, '{}', now(), silent
          FROM (VALUES ('h', 300000), ('s', 300001), ('g', 900000), ('k', 0)) AS a (zone, silent);
          INSERT INTO unheard_zones (zone, silent_milliseconds)
          VALUES ('u', 300001), ('n', 300000), ('k', 900000), ('nowhere', 900000)
          ON CONFLICT (zone) DO UPDATE SET silent_milliseconds = excluded.silent_milliseconds;
          """)
      }
      func silent(beyond limit: PostgresQuery) async throws -> [String] {
        let rows = try await fixture.pool.withConnection {
          try await $0.query("SELECT \(DecisionBasis.Head.silentZones(beyond: limit)) AS stale")
        }
        return try rows.only.decode("stale")
      }
      #expect(try await silent(beyond: "300") == ["b-silent", "c-unheard"])
      #expect(try await silent(beyond: "299") == ["a-heard", "b-silent", "c-unheard", "d-new"])
      // Without a policy there is no limit.
      #expect(try await silent(beyond: "NULL::bigint") == [])
      let rows = try await fixture.pool.withConnection { try await $0.query(DecisionBasis.Head.select) }
      #expect(try DecisionBasis.Head(row: rows.only).staleZones == ["b-silent", "c-unheard"])
    }
  }

  @Test func `identifiers are random ones of version 4`() {
    let minted = (0..<1000).map { _ in UUID.random() }
    #expect(Set(minted).count == minted.count)
    for id in minted { #expect(id.uuid.6 >> 4 == 4 && id.uuid.8 >> 6 == 2, "\(id)") }
    // Every other bit is sometimes set and sometimes not.
    for byte in 0..<16 {
      let bytes = minted.map { id in withUnsafeBytes(of: id.uuid) { $0[byte] } }
      let fixed: UInt8 = byte == 6 ? 0xF0 : byte == 8 ? 0xC0 : 0
      #expect(bytes.reduce(0, |) | fixed == 0xFF && bytes.reduce(0xFF, &) & ~fixed == 0, "byte \(byte)")
    }
  }
}
