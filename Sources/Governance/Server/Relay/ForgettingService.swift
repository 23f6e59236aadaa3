import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Marks placements whose removal was observed long ago as forgotten, in small steps; the relay's leader tells the bus. Every
/// instance runs one; what one works on the others pass by.
struct ForgettingService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// How long ago the removal was observed, at least.
  let retention: Duration
  let logger: Logger

  /// How many are forgotten at a time.
  static let step = 500

  /// A removal that is observed while it sleeps is not due before the retention is over.
  private var waits: WakingService.Waits {
    WakingService.Waits(shortest: .milliseconds(200), longest: min(.seconds(600), max(.seconds(1), retention)))
  }

  func run() async throws {
    try await WakingService(
      database: database, channels: [], waits: waits, failure: "Removed placements could not be forgotten",
      logger: logger
    ) {
      let result = try await store.forgetRemoved(olderThan: retention, limit: Self.step)
      Counter(label: "regie.placements.forgotten").increment(by: result.forgotten)
      return result.forgotten < Self.step ? result.next : .zero
    }.run()
  }
}
