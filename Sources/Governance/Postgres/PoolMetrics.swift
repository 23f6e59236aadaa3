internal import Metrics

/// The pool's figures. No label ever names a connection, a task or a statement.
struct PoolMetrics: Sendable {
  private let open: Gauge
  private let idle: Gauge
  private let leased: Gauge
  private let waiters: Gauge
  private let acquireTime: Timer
  private let openFailures: Counter
  private let conflicts: Counter

  init(factory: any MetricsFactory = MetricsSystem.factory) {
    open = Gauge(label: "postgres_connections", dimensions: [("state", "open")], factory: factory)
    idle = Gauge(label: "postgres_connections", dimensions: [("state", "idle")], factory: factory)
    leased = Gauge(label: "postgres_connections", dimensions: [("state", "leased")], factory: factory)
    waiters = Gauge(label: "postgres_pool_waiters", dimensions: [], factory: factory)
    acquireTime = Timer(label: "postgres_pool_acquire_seconds", dimensions: [], factory: factory)
    openFailures = Counter(label: "postgres_connection_failures_total", dimensions: [], factory: factory)
    conflicts = Counter(label: "postgres_transaction_retries_total", dimensions: [], factory: factory)
  }

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
