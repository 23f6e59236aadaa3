import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Compares what quotas on clusters enforce with what the ledger holds: when a report or the ledger makes a difference of a
/// placement begin or end, when one has lasted, and once in a while, since an agent may be heard again. Only placements that
/// differ are looked at.
struct QuotaService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// How long a placement differs before that counts.
  var settling = GovernanceStore.quotaSettling
  let logger: Logger

  func run() async throws {
    try await WakingService(
      database: database, channels: [GovernanceStore.quotasChannel],
      waits: WakingService.Waits(shortest: .milliseconds(100), longest: .seconds(60)),
      failure: "Quotas on clusters could not be compared with the ledger", logger: logger
    ) {
      let check = try await store.checkQuotas(settling: settling)
      Gauge(label: "regie.capacity.quota_differences").record(check.differences.count)
      if check.ended > 0 {
        logger.notice("Quotas on clusters agree with the ledger again", metadata: ["differences": "\(check.ended)"])
      }
      return check.next
    }.run()
  }
}
