import Logging
import Postgres
import ServiceLifecycle
import Store

/// Forgets old questions about impacts. Every instance runs one; what one has forgotten is nothing to the others.
struct ImpactRetentionService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  /// So often it looks; nothing tells it, since nothing but time makes a question old.
  private static let interval: Duration = .seconds(600)

  /// How many are forgotten at a time.
  private static let step = 1000

  func run() async throws {
    try await WakingService(
      database: database, channels: [], waits: WakingService.Waits(shortest: .seconds(1), longest: Self.interval),
      failure: "Old impacts could not be forgotten", logger: logger
    ) {
      let gone = try await store.forgetImpacts(limit: Self.step)
      return max(gone.questions, gone.results) < Self.step ? nil : .zero
    }.run()
  }
}
