import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Tells of derogations whose end is near, and ends those whose period is over. Decisions do not depend on it: whether a
/// derogation counts, the database's clock says.
struct RequestsService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  func run() async throws {
    // It wakes for each commit that changes a request.
    try await WakingService(
      database: database, channels: [GovernanceStore.requestsChannel],
      waits: WakingService.Waits(shortest: .milliseconds(100), longest: .seconds(60)),
      failure: "Derogations could not be looked after", logger: logger
    ) {
      let result = try await store.tendDerogations()
      Counter(label: "regie.derogations.tended").increment(by: result.changed.count)
      return result.next
    }.run()
  }
}
