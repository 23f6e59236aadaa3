import Logging
import Metrics
import Postgres
import ServiceLifecycle
import Store

/// Gives the capacity of reservations back when their time has run out.
struct ReservationExpiryService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let logger: Logger

  static let waits = WakingService.Waits(shortest: .milliseconds(100), longest: .seconds(60))

  func run() async throws {
    // It wakes for each commit that reserved something, which may end before all else.
    try await WakingService(
      database: database, channels: [GovernanceStore.reservationChannel], waits: Self.waits,
      failure: "Expired reservations could not be released", logger: logger
    ) {
      let result = try await store.expireReservations()
      Counter(label: "regie.reservations.expired").increment(by: result.expired.count)
      for (cluster, reservations) in result.kept.sorted(by: { $0.key < $1.key }) {
        logger.error(
          "The ledger of a cluster holds less than reservations that have expired: they stay until it is mended",
          metadata: ["cluster": "\(cluster)", "reservations": "\(reservations.count)"])
      }
      return result.next
    }.run()
  }
}
