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
  /// How long whoever has the lock may say nothing before he is taken for stopped.
  var holderPatience: Duration = Campaign.longestSilence
  let health: HealthCheck
  let logger: Logger

  func run() async throws {
    ZoneObservations.beginCounting()
    let probe = BusProbe(topics: topics, health: health, logger: logger)
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.statusConsumer, name: "status consumer", probe: probe,
        patience: holderPatience, logger: logger
      ).run { try await consumeAllZones(probe) }
    }
  }

  /// One task per zone; a zone that is declared later gets one when its declaration is committed, and that of a zone that leaves ends.
  private func consumeAllZones(_ probe: BusProbe) async throws {
    let board = ZonesHealth(health)
    try await withThrowingTaskGroup(of: Void.self) { group in
      // Each rings once its zone has left.
      var running: [String: Bell] = [:]
      let listener = PostgresListener(
        configuration: database, channels: [GovernanceStore.offerChannel], logger: logger)
      for await _ in listener {
        let zones = try await declaredZones(isReading: !running.isEmpty)
        for (zone, hasLeft) in running where !zones.contains(zone) {
          hasLeft.ring()
          running[zone] = nil
        }
        // Where there is no zone yet, nothing is read that would show whether the bus answers.
        if zones.isEmpty { probe.start() } else { probe.stop() }
        for zone in zones where running[zone] == nil {
          let hasLeft = Bell()
          running[zone] = hasLeft
          group.addTask { await read(zone, until: hasLeft, telling: board) }
        }
      }
      group.cancelAll()
      try Task.checkCancellation()
    }
  }

  /// - Parameter isReading: whether zones are read, which go on while the database is asked again: what it does not answer says
  ///   nothing of them. Otherwise another instance may be better off.
  private func declaredZones(isReading: Bool) async throws -> Set<String> {
    var pause = Pause()
    while true {
      do {
        return Set(try await store.zones().map(\.spec.slug))
      } catch {
        try Task.checkCancellation()
        guard isReading else { throw error }
        logger.warning("It was not seen which zones there are: asked again", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }

  /// Reads a zone until it leaves: its topics may be deleted then, and are not to be made again.
  private func read(_ zone: String, until hasLeft: Bell, telling board: ZonesHealth) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await ZoneObservations(service: self, zone: zone, health: board).consume() }
      group.addTask { await hasLeft.wait() }
      await group.next()
      group.cancelAll()
    }
    // A turn that is over leaves the check to the next one.
    guard !Task.isCancelled else { return }
    board.drop(zone)
  }
}
