import CRdKafka
import KafkaMock
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Kafka

/// What a reader is told of errors.
@Suite(.timeLimit(.minutes(2))) struct ConsumerErrorTests {
  /// How much waits in the consumer's queue.
  private func waiting(_ consumer: KafkaConsumer) throws -> Int {
    let handle = try #require(consumer.state.withLockedValue { $0.handle })
    return Int(rd_kafka_queue_length(handle.events))
  }

  private func fail(_ consumer: KafkaConsumer) throws {
    let handle = try #require(consumer.state.withLockedValue { $0.handle })
    _ = rd_kafka_test_fatal_error(handle.client, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "a test's doing")
  }

  @Test func `an error behind events is thrown by the call after, once`() async throws {
    let broker = try await PrivateBroker()
    var configuration = broker.configuration
    // Statistics would stand in the queue as well.
    configuration.statisticsInterval = .zero
    let consumer = try KafkaConsumer(configuration: configuration, topic: broker.topic, logger: KafkaBroker.quiet)
    #expect(try await consumer.next() == .endOfPartition(partition: 0, offset: 0))
    let before = try waiting(consumer)
    try await broker.withProducer { _ = try await $0.send(broker.message(1)) }
    #expect(try await eventually { try waiting(consumer) > before }, "the record is in the queue")
    try fail(consumer)
    let batch = try await consumer.nextBatch(max: 10)
    guard case .record(let record)? = batch.first else { throw Unexpected(batch: batch) }
    #expect(number(record) == 1)
    let error = await #expect(throws: KafkaError.self) { try await consumer.nextBatch(max: 10) }
    #expect(error?.name == "FENCED_INSTANCE_ID")
    let left = consumer.state.withLockedValue { $0.takeFailure() }
    #expect(left == nil, "it is told once")
    await consumer.close(within: .seconds(5))
  }

  private struct Unexpected: Error {
    let batch: [KafkaConsumerEvent]
  }
}
