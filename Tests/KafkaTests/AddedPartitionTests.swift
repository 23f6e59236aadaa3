import KafkaMock
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Kafka

/// Partitions that somebody adds to a topic while it is read. The mock can not add any: here the consumer is made to
/// take itself for one that has found fewer than there are.
@Suite(.timeLimit(.minutes(2))) struct AddedPartitionTests {
  private func with(_ body: (PrivateBroker, KafkaConsumer) async throws -> Void) async throws {
    let broker = try await PrivateBroker(partitions: 3)
    var configuration = broker.configuration
    // Statistics would wake a reader as well.
    configuration.statisticsInterval = .zero
    let consumer = try KafkaConsumer(configuration: configuration, topic: broker.topic, logger: KafkaBroker.quiet)
    #expect(try await consumer.open() == [0, 1, 2])
    try await body(broker, consumer)
    await consumer.close(within: .seconds(5))
  }

  @Test func `whoever reads is told at each look where partitions end that there are more, until all are read`()
    async throws
  {
    try await with { _, consumer in
      consumer.state.withLockedValue { $0.assign([0, 1]) }
      for _ in 0..<2 {
        #expect(try await consumer.watermarks().keys.sorted() == [0, 1])
        let error = await #expect(throws: KafkaError.self) { try await consumer.next() }
        #expect(error?.code == .partitionCount)
        #expect(error?.message.contains("has 3 partitions by now, of which 2 are read") == true)
        #expect(try await consumer.next() != nil, "it is told once")
      }
      try await consumer.reassign(start: .beginning)
      #expect(try await consumer.watermarks().keys.sorted() == [0, 1, 2])
      #expect(try await consumer.next() != nil)
    }
  }

  @Test func `a reader that waits for what may lie elsewhere is woken`() async throws {
    try await with { _, consumer in
      for _ in 0..<3 { #expect(try await consumer.next() != nil) }
      consumer.state.withLockedValue { $0.assign([0]) }
      let reading = Task { try await consumer.next() }
      // For it to wait; where it does not yet the test asks less, and never too much.
      try await Task.sleep(for: .milliseconds(500))
      _ = try await consumer.watermarks()
      // Whoever is not woken would wait for ever.
      let watchdog = Task {
        try await Task.sleep(for: .seconds(20))
        reading.cancel()
      }
      let error = await #expect(throws: KafkaError.self) { try await reading.value }
      watchdog.cancel()
      #expect(error?.code == .partitionCount)
    }
  }

  @Test func `of a topic that has more partitions than are read nobody has a snapshot`() async throws {
    try await with { _, consumer in
      let whole = try await consumer.snapshot()
      #expect(whole.isComplete)
      consumer.state.withLockedValue { $0.assign([2]) }
      let error = await #expect(throws: KafkaError.self) { try await consumer.snapshot() }
      #expect(error?.code == .partitionCount)
    }
  }

  /// 29: the topic is forbidden to us.
  @Test func `where nobody says which partitions there are, it is told all the same where they end`() async throws {
    try await with { broker, consumer in
      _ = try await consumer.watermarks()
      try await broker.mock.setTopicError(broker.topic, 29)
      #expect(try await consumer.watermarks().count == 3)
    }
  }

  @Test func `only what is not read is news, as little as brokers may know`() async throws {
    try await with { _, consumer in
      let known: [[Int32]?] = [nil, [], [0, 1], [0, 1, 2]]
      for partitions in known {
        let growth = consumer.state.withLockedValue { $0.growth(of: "t", to: partitions) }
        #expect(growth == nil)
      }
      let more: [[Int32]] = [[0, 1, 2, 3], [3]]
      for partitions in more {
        let growth = consumer.state.withLockedValue { $0.growth(of: "t", to: partitions) }
        #expect(growth?.code == .partitionCount)
      }
    }
  }
}
