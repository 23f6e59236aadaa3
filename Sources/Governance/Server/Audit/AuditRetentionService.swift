import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Erases the names of persons from the audit trail and from all else when the rule's time is over, in small steps.
struct AuditRetentionService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  /// How long names are kept.
  let retention: Duration
  let logger: Logger

  /// Nobody tells when an entry grows old: it looks once an hour, and between two steps lets others come.
  static let waits = WakingService.Waits(shortest: .milliseconds(200), longest: .seconds(3600))

  func run() async throws {
    try await WakingService(
      database: database, channels: [], waits: Self.waits,
      failure: "Names of persons could not be erased", logger: logger
    ) {
      let progress = try await store.eraseAuditNames(olderThan: retention)
      let rest = try await store.eraseStoredNames(olderThan: retention)
      Counter(label: "regie.audit.names_erased").increment(by: progress.names + rest.names)
      return progress.mayHaveMore || rest.mayHaveMore ? .zero : nil
    }.run()
  }
}
