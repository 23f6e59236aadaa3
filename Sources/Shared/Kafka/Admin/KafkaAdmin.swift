internal import CRdKafka
public import Logging
internal import NIOConcurrencyHelpers

/// Creates, finds and deletes topics.
public final class KafkaAdmin: Sendable {
  let observer: ClientObserver
  private let state: NIOLockedValueBox<KafkaHandle?>

  /// Makes the client; it connects in the background.
  ///
  /// - Throws: ``KafkaError`` with code `configuration`, naming the property at fault.
  public init(configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
    observer = ClientObserver(configuration, logger: logger)
    state = NIOLockedValueBox(try KafkaHandle(configuration, role: .admin))
  }

  /// A topic's partitions, or `nil` when it does not exist. Asking does not create it, save with the mock.
  public func metadata(topic: String, within limit: Duration = .seconds(10)) async throws -> KafkaTopicMetadata? {
    let deadline = ContinuousClock.now + limit
    var pause = Backoff()
    while true {
      do {
        return try await offloading { (handle) throws(KafkaError) in
          let left = ContinuousClock.now.duration(to: deadline)
          return try handle.metadata(topic: topic, within: max(left, .milliseconds(1)))
        }
      } catch {
        guard error.isRetriable, .now < deadline else { throw error }
      }
      try await pause.sleep(until: deadline)
    }
  }

  /// The names of all topics that this client may know of, in their order.
  public func topics(within limit: Duration = .seconds(10)) async throws -> [String] {
    try await offloading { (handle) throws(KafkaError) in try handle.topics(within: limit) }
  }

  /// Waits until a topic exists.
  func awaitTopic(_ topic: String, within limit: Duration) async throws -> KafkaTopicMetadata {
    guard let handle = state.withLockedValue({ $0 }) else { throw KafkaError.closed("admin client") }
    defer { drain(handle) }
    return try await handle.awaitTopic(topic, within: limit)
  }

  /// Frees the client. Returns within the time given, whatever the broker does.
  public func close(within limit: Duration) async {
    let destroyed = state.withLockedValue { handle in
      defer { handle = nil }
      return handle?.destroyed
    }
    guard let destroyed else { return }
    let deadline = ContinuousClock.now + limit
    if await !Task(operation: { await destroyed.wait(until: deadline) }).value {
      observer.logger.error("Kafka: librdkafka did not let the admin client go in time; it is left behind")
    }
    observer.metrics.end()
  }

  /// Runs a blocking call off the cooperative pool, then takes note of what the library had to say meanwhile.
  func offloading<Result: Sendable>(
    _ work: @escaping @Sendable (KafkaHandle) throws(KafkaError) -> Result
  ) async throws(KafkaError) -> Result {
    guard let handle = state.withLockedValue({ $0 }) else { throw .closed("admin client") }
    defer { drain(handle) }
    return try await handle.offloading(work)
  }

  private func drain(_ handle: KafkaHandle) {
    while let event = handle.pollEvent() {
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
        observer.note(KafkaError(rdKafka: rd_kafka_event_error(event)))
      }
      observer.observe(event)
      rd_kafka_event_destroy(event)
    }
  }
}
