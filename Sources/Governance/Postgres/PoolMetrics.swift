internal import Metrics

/// The pool's figures. No label ever names a connection, a task or a statement.
struct PoolMetrics: Sendable {
  private let open = Gauge(label: "postgres_connections", dimensions: [("state", "open")])
  private let idle = Gauge(label: "postgres_connections", dimensions: [("state", "idle")])
  private let leased = Gauge(label: "postgres_connections", dimensions: [("state", "leased")])
  private let waiters = Gauge(label: "postgres_pool_waiters")
  private let acquireTime = Timer(label: "postgres_pool_acquire_seconds")
  private let openFailures = Counter(label: "postgres_connection_failures_total")
  private let conflicts = Counter(label: "postgres_transaction_retries_total")

  func record(_ statistics: PostgresPoolStatistics) {
    open.record(statistics.open)
    idle.record(statistics.idle)
    leased.record(statistics.leased)
    waiters.record(statistics.waiters)
  }

  func recordAcquire(_ duration: Duration) {
    acquireTime.recordSeconds(duration.inSeconds)
  }

  func countOpenFailure() {
    openFailures.increment()
  }

  func countTransactionRetry() {
    conflicts.increment()
  }
}
