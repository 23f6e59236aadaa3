import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Closes votes at their deadline, and tells of versions whose date has come. Nothing depends on it but what people are told:
/// which version is in force, and whether a vote is over, the database's clock says.
struct BoardService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  func run() async throws {
    // It wakes for each commit that sets a deadline or a date.
    try await WakingService(
      database: database, channels: [GovernanceStore.boardChannel],
      waits: WakingService.Waits(shortest: .milliseconds(100), longest: .seconds(60)),
      failure: "The board's votes and dates could not be looked after", logger: logger
    ) {
      let result = try await store.tendBoard()
      Counter(label: "regie.board.closed").increment(by: result.closed.count)
      return result.next
    }.run()
  }
}
