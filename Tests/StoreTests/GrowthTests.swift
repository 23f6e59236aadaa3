import Postgres
import Testing

@testable import Store

/// What is asked every minute, of tables that years have filled.
struct GrowthTests {
  @Test func `days of capacity are entered at today, and not gone through`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.script(
        """
        INSERT INTO capacity_days (day, cluster, resource, zone, region, operator, published, declared, promisable,
          committed, reserved)
        SELECT current_date - d, 'c' || c, r, 'nord', 'nord', 'dtnum', true, 0, 0, 0, 0
        FROM generate_series(1, 200) AS d, generate_series(1, 20) AS c,
          unnest(ARRAY['cpu', 'memory', 'gpu', 'storage', 'pods']) AS r
        ORDER BY 1;
        ANALYZE;
        """)
      for query in [GovernanceStore.selectUnrecorded, GovernanceStore.deleteCapacity(olderThan: 1100, limit: 1000)] {
        let plan = try await fixture.lines(explaining: query)
        let isEntered = plan.contains { $0.contains("Index Cond: (") && $0.contains(")::date") }
        #expect(isEntered, "\(plan.joined(separator: "\n"))")
        // Read anew for each row it would stand beside the rows that it is compared with.
        let isReadAnew = plan.contains { $0.contains("clock_timestamp") }
        #expect(!isReadAnew, "\(plan.joined(separator: "\n"))")
      }
    }
  }

  @Test func `which meanings of the offer were replaced long ago is looked for once, and not for each`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.script(
        """
        INSERT INTO offer_documents (digest, document) SELECT 'd' || n, '{}' FROM generate_series(1, 2000) AS n;
        ANALYZE;
        """)
      let plan = try await fixture.lines(
        explaining: GovernanceStore.selectReplacedOffers(before: 3600, limit: 1000), isRun: true)
      let readings = plan.filter { $0.contains(" on offer_documents e") }
      // Before all that it is asked of: kept and gone through for each, it would be read once too, but after these.
      let isFirst = plan.first { $0.contains(" on offer_documents ") } == readings.first
      let isOnce = readings.count == 1 && readings.allSatisfy { $0.contains(" loops=1)") }
      #expect(isFirst && isOnce, "\(plan.joined(separator: "\n"))")
    }
  }
}

extension StoreFixture {
  /// How the database goes about a query, with pages that are as cheap to find as on solid-state disks.
  ///
  /// - Parameter isRun: whether it is run as well, and what was read is counted.
  fileprivate func lines(explaining query: PostgresQuery, isRun: Bool = false) async throws -> [String] {
    let explain: PostgresQuery = isRun ? "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)" : "EXPLAIN"
    let rows = try await pool.withTransaction { connection in
      try await connection.execute("SET LOCAL random_page_cost = 1.1")
      return try await connection.query("\(explain) \(query)")
    }
    return try rows.map { try $0.decode(String.self, at: 0) }
  }
}
