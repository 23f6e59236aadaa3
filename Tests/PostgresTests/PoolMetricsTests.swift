import Metrics
import MetricsTestKit
import TestSupport
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2)))
struct PoolMetricsTests {
  @Test func `the pool's figures are told, without any label that names one connection`() async throws {
    let metrics = TestMetrics()
    let pool = PostgresPool(
      configuration: try await freshConfiguration(), logger: quiet, metrics: PoolMetrics(factory: metrics))
    async let running: Void = pool.run()
    try await pool.withConnection { _ in
      let leased = try metrics.expectGauge("postgres_connections", [("state", "leased")])
      #expect(leased.lastValue == 1)
    }
    #expect(try metrics.expectGauge("postgres_connections", [("state", "leased")]).lastValue == 0)
    #expect(try metrics.expectGauge("postgres_connections", [("state", "open")]).lastValue == 1)
    #expect(try metrics.expectGauge("postgres_pool_waiters").lastValue == 0)
    #expect(try metrics.expectTimer("postgres_pool_acquire_seconds").values.count == 1)
    await #expect(throws: PostgresError.self) {
      try await pool.withTransaction(retries: 2) { connection in
        try await connection.script("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
      }
    }
    #expect(try metrics.expectCounter("postgres_transaction_retries_total").totalValue == 2)
    pool.handle(.shutDown)
    try await running
    #expect(try metrics.expectGauge("postgres_connections", [("state", "open")]).lastValue == 0)
  }

  /// Each figure must be told after the one it replaces: one told late would stand until the pool is used again.
  @Test func `the figures are those of the end, whoever uses the pool at once`() async throws {
    let metrics = TestMetrics()
    var configuration = try await freshConfiguration()
    configuration.maximumConnections = 4
    let pool = PostgresPool(configuration: configuration, logger: quiet, metrics: PoolMetrics(factory: metrics))
    async let running: Void = pool.run()
    for _ in 0..<300 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { try await pool.withConnection { _ in } } }
        try await group.waitForAll()
      }
      try #require(try metrics.expectGauge("postgres_connections", [("state", "leased")]).lastValue == 0)
      try #require(try metrics.expectGauge("postgres_pool_waiters").lastValue == 0)
    }
    pool.handle(.shutDown)
    try await running
  }
}
