import Kafka
import Logging
import Model
import Postgres
import Reactor
import ServiceLifecycle
import Store
import Telemetry

/// Takes in what agents observe: one consumer per zone, on the instance that holds the advisory lock.
struct StatusConsumerService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  let bus: KafkaConfiguration
  let topics: ZoneTopics
  var silence = SilenceCount.Pace()
  let health: HealthCheck
  let logger: Logger

  func run() async throws {
    ZoneObservations.beginCounting()
    let probe = BusProbe(topics: topics, health: health, logger: logger)
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.statusConsumer, name: "status consumer", probe: probe,
        logger: logger
      ).run { try await consumeAllZones(probe) }
    }
  }

  /// One task per zone; a zone that is declared later gets one when its declaration is committed.
  private func consumeAllZones(_ probe: BusProbe) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running: Set<String> = []
      let listener = PostgresListener(
        configuration: database, channels: [GovernanceStore.offerChannel], logger: logger)
      for await _ in listener {
        let zones = try await store.zones().map(\.spec.slug)
        // Where there is no zone yet, nothing is read that would show whether the bus answers.
        if zones.isEmpty, running.isEmpty { probe.start() } else { probe.stop() }
        for zone in zones where running.insert(zone).inserted {
          group.addTask { await ZoneObservations(service: self, zone: zone).consume() }
        }
      }
      group.cancelAll()
      try Task.checkCancellation()
    }
  }
}
