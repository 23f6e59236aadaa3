import Kafka
import KafkaMock
import Logging
import TestSupport

/// A mock of a test's own, to break at will, and how to reach it.
struct PrivateBroker {
  let mock: MockBroker
  let topic = KafkaBroker.randomTopic("private")

  init(partitions: Int = 1) async throws {
    mock = try MockBroker()
    try await mock.createTopic(topic, partitions: partitions)
  }

  var configuration: KafkaConfiguration {
    var configuration = KafkaConfiguration(bootstrapServers: mock.bootstrapServers, clientID: "regie-tests")
    configuration.fetchWait = .milliseconds(10)
    configuration.properties["retry.backoff.ms"] = "20"
    configuration.properties["reconnect.backoff.ms"] = "20"
    configuration.properties["reconnect.backoff.max.ms"] = "100"
    configuration.closeTimeout = .seconds(2)
    return configuration
  }

  func withProducer<R>(
    _ adjust: (inout KafkaConfiguration) -> Void = { _ in }, _ body: (KafkaProducer) async throws -> R
  ) async throws -> R {
    var configuration = configuration
    adjust(&configuration)
    return try await KafkaProducer.withProducer(
      configuration: configuration, logger: KafkaBroker.quiet, body)
  }

  func consumer(start: KafkaConsumer.Start = .beginning) throws -> KafkaConsumer {
    try KafkaConsumer(configuration: configuration, topic: topic, start: start, logger: KafkaBroker.quiet)
  }

  func message(_ number: Int, key: String = "k", size: Int = 0) -> KafkaMessage {
    KafkaMessage(topic: topic, key: key, value: Array("\(number)".utf8) + [UInt8](repeating: 0x20, count: size))
  }
}

/// Everything a topic holds now, partition by partition in the order it was read.
func contents(of topic: String, _ configuration: KafkaConfiguration) async throws -> [KafkaRecord] {
  let consumer = try KafkaConsumer(configuration: configuration, topic: topic, logger: KafkaBroker.quiet)
  var tracker = try await consumer.snapshot()
  var records: [KafkaRecord] = []
  while !tracker.isComplete {
    for event in try await consumer.nextBatch(max: 500) {
      tracker.observe(event)
      if case .record(let record) = event { records.append(record) }
    }
  }
  await consumer.close(within: .seconds(5))
  return records
}

/// The number a test message carries.
func number(_ record: KafkaRecord) -> Int? {
  record.value.flatMap { Int(String(decoding: $0.prefix { $0 != 0x20 }, as: UTF8.self)) }
}

/// The Kafka error of a failed result.
func kafkaError<T>(_ result: Result<T, any Error>) -> KafkaError? {
  if case .failure(let error) = result { error as? KafkaError } else { nil }
}

/// Waits until a condition that nothing announces holds; gives up with `false` after a time that only a defect reaches.
func eventually(within limit: Duration = .seconds(30), _ condition: () async throws -> Bool) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    if .now > deadline { return false }
    try await Task.sleep(for: .milliseconds(5))
  }
  return true
}
