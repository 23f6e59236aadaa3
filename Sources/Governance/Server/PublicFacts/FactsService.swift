import Events
import Kafka
import Logging
import Metrics
import Postgres
import Reactor
import ServiceLifecycle
import Store
import Telemetry

/// Publishes what everybody may know of the board's work on `regie.events`, on the instance that holds the advisory
/// lock.
struct FactsService: Service {
  let store: GovernanceStore
  let database: PostgresConfiguration
  var bus: KafkaConfiguration
  let topics: ZoneTopics
  let signer: EventSigner
  /// Compares what was told with the database, before anything more is.
  let examiner: EventsExaminer
  let health: HealthCheck
  /// How long whoever has the lock may say nothing before he is taken for stopped.
  var holderPatience: Duration = Campaign.longestSilence
  let logger: Logger

  func run() async throws {
    // That it has grown is only seen of a series that was there before.
    Counter(label: "regie.facts.failures").increment(by: 0)
    await cancelWhenGracefulShutdown {
      await Campaign(
        store: store, database: database, lock: StoreLocks.publicFacts, name: "publisher of public facts",
        probe: BusProbe(topics: topics, health: health, logger: logger), patience: holderPatience, logger: logger
      ).run { try await publish() }
    }
  }

  /// One turn: a producer of its own, which is purged and closed with it.
  private func publish() async throws {
    let earlier = try await store.beginPublishingFacts(messageTimeout: bus.messageTimeout)
    let successor = waiting(out: earlier)
    let bell = Bell()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await ring(bell) }
      group.addTask {
        try await KafkaProducer.withProducer(configuration: bus.named("facts"), logger: logger) { producer in
          try await FactPublisher(service: successor, producer: producer, bell: bell).run()
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// This service as its publisher waits out those before it: for as long as they let facts wait, where that is longer.
  private func waiting(out earlier: Duration) -> FactsService {
    var copy = self
    copy.bus.messageTimeout = max(bus.messageTimeout, earlier)
    return copy
  }

  /// Wakes the publisher for each commit that wrote a fact, and after every reconnect.
  private func ring(_ bell: Bell) async {
    let listener = PostgresListener(
      configuration: database, channels: [GovernanceStore.factsChannel], logger: logger)
    for await _ in listener { bell.ring() }
  }
}
