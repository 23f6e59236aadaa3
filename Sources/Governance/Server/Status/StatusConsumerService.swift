import Events
import Foundation
import Kafka
import Logging
import Metrics
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
  let health: HealthCheck
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.statusConsumer, name: "status consumer", logger: logger
      ).run { try await consumeAllZones() }
    }
  }

  /// One task per zone; a zone that is declared later gets one when its declaration is committed.
  private func consumeAllZones() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running: Set<String> = []
      let listener = PostgresListener(
        configuration: database, channels: [GovernanceStore.offerChannel], logger: logger)
      for await _ in listener {
        for zone in try await store.zones().map(\.spec.slug) where running.insert(zone).inserted {
          group.addTask { await ZoneObservations(service: self, zone: zone).consume() }
        }
      }
      group.cancelAll()
      try Task.checkCancellation()
    }
  }
}

/// One zone's observed topic, from the offset stored in Postgres on.
struct ZoneObservations: Sendable {
  let service: StatusConsumerService
  let zone: String

  private var topic: String { Topics.observed(zone: zone) }

  func consume() async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        try await consumeOnce(&pause)
      } catch is CancellationError {
        return
      } catch {
        service.health.degraded("le bus ne donne pas les observations de la zone \(zone) (\(error))")
        service.logger.warning("Observations are read again", metadata: ["zone": "\(zone)", "error": "\(error)"])
        await pause.wait()
      }
    }
  }

  private func consumeOnce(_ pause: inout Pause) async throws {
    try await service.topics.ensure(zones: [zone])
    let offsets = try await service.store.offsets(topic: topic)
    let consumer = try KafkaConsumer(
      configuration: service.bus.named("status-\(zone)"), topic: topic, start: .offsets(offsets), logger: service.logger)
    do {
      _ = try await consumer.open()
      while true {
        let events = try await consumer.nextBatch(max: 500)
        if events.isEmpty { break }
        try await take(events, from: consumer)
        service.health.pass()
        pause.reset()
      }
    } catch {
      await Task { await consumer.close(within: .seconds(5)) }.value
      throw error
    }
    await consumer.close(within: .seconds(5))
  }

  private func take(_ events: [KafkaConsumerEvent], from consumer: KafkaConsumer) async throws {
    var batch: [ObservationRecord] = []
    for event in events {
      switch event {
      case .record(let record): batch.append(observation(record))
      case .endOfPartition: continue
      case .offsetOutOfRange(let partition, let offset):
        // Observations are whole states: what is still there is enough, and agents report anew.
        service.logger.warning(
          "Observations were dropped by the bus before they were read",
          metadata: ["zone": "\(zone)", "partition": "\(partition)", "offset": "\(offset)"])
        try await consumer.seek(partition: partition, to: .beginning)
      }
    }
    guard !batch.isEmpty else { return }
    let result = try await service.store.apply(batch, topic: topic, zone: zone)
    Counter(label: "regie.status.applied").increment(by: result.applied.count)
    Counter(label: "regie.status.ignored").increment(by: result.stale + result.foreign)
  }

  private func observation(_ record: KafkaRecord) -> ObservationRecord {
    guard let value = record.value, let key = record.key else {
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: nil)
    }
    do {
      let observation = try BusCodec.observation(
        key: key, headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: value, zone: zone)
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: observation)
    } catch {
      Counter(label: "regie.status.refused", dimensions: [("reason", error.reason.rawValue)]).increment()
      service.logger.warning(
        "An observation was refused",
        metadata: ["zone": "\(zone)", "offset": "\(record.offset)", "error": "\(error)"])
      return ObservationRecord(partition: record.partition, offset: record.offset, observation: nil)
    }
  }
}
