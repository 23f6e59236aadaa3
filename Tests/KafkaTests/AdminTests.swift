import KafkaMock
import Logging
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct AdminTests {
  private func withAdmin<R>(_ configuration: KafkaConfiguration, _ body: (KafkaAdmin) async throws -> R) async throws
    -> R
  {
    let admin = try KafkaAdmin(configuration: configuration, logger: KafkaBroker.quiet)
    do {
      let result = try await body(admin)
      await admin.close(within: .seconds(5))
      return result
    } catch {
      await admin.close(within: .seconds(5))
      throw error
    }
  }

  @Test func `a topic that is there already is fine`() async throws {
    let broker = try KafkaBroker.shared()
    let name = try await broker.createTopic("there", partitions: 2)
    try await withAdmin(broker.configuration()) { admin in
      try await admin.createTopics([KafkaTopic(name, partitions: 2)])
      try await admin.ensureTopics([KafkaTopic(name, partitions: 2, compacted: true)])
      #expect(try await admin.metadata(topic: name) == KafkaTopicMetadata(name: name, partitions: [0, 1]))
    }
  }

  @Test func `another number of partitions is told, unless any will do`() async throws {
    let broker = try KafkaBroker.shared()
    let name = try await broker.createTopic("count", partitions: 2)
    try await withAdmin(broker.configuration()) { admin in
      for call in [admin.createTopics, admin.ensureTopics] {
        let error = await #expect(throws: KafkaError.self) {
          try await call([KafkaTopic(name, partitions: 3)], .seconds(20), false)
        }
        #expect(error?.code == .partitionCount)
        #expect(error?.message.contains("has 2 partition(s), wanted 3") == true)
        try await call([KafkaTopic(name, partitions: 3)], .seconds(20), true)
      }
    }
  }

  @Test func `a missing topic is created, or the broker creates it itself`() async throws {
    let broker = try KafkaBroker.shared()
    let name = KafkaBroker.randomTopic("missing")
    try await withAdmin(broker.configuration()) { admin in
      try await admin.ensureTopics([KafkaTopic(name, partitions: 4, compacted: true)])
      #expect(try await admin.metadata(topic: name)?.partitions == [0, 1, 2, 3])
    }
  }

  @Test func `a broker without admin API and without the topic is a typed error, in time`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setTopicError(broker.topic, 3)
    try await withAdmin(broker.configuration) { admin in
      let unknown = try await admin.metadata(topic: broker.topic)
      #expect(unknown == nil)
      let wanted = [KafkaTopic(broker.topic, partitions: 1)]
      let ensured = await #expect(throws: KafkaError.self) {
        try await admin.ensureTopics(wanted, within: .seconds(15))
      }
      #expect(ensured?.code == .unknownTopic)
      let created = await #expect(throws: KafkaError.self) {
        try await admin.createTopics(wanted, within: .milliseconds(500))
      }
      #expect(created?.code == .timedOut || created?.code == .unsupported)
      await #expect(throws: KafkaError.self) {
        try await admin.deleteTopics([broker.topic], within: .milliseconds(300))
      }
    }
  }

  @Test func `somebody else's creation ends the wait for a topic`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setTopicError(broker.topic, 3)
    try await withAdmin(broker.configuration) { admin in
      async let ensured: Void = admin.ensureTopics([KafkaTopic(broker.topic, partitions: 1)], within: .seconds(60))
      try await broker.mock.setTopicError(broker.topic, 0)
      try await ensured
    }
  }

  @Test func `a broker that is away ends in a retriable error within the deadline, and closing is bounded`()
    async throws
  {
    let broker = try await PrivateBroker()
    try await broker.mock.setDown()
    let start = ContinuousClock.now
    try await withAdmin(broker.configuration) { admin in
      let error = await #expect(throws: KafkaError.self) {
        try await admin.metadata(topic: broker.topic, within: .milliseconds(400))
      }
      #expect(error?.isRetriable == true)
    }
    #expect(start.duration(to: .now) < .seconds(60))
  }

  @Test func `a closed client says so`() async throws {
    let broker = try await PrivateBroker()
    let admin = try KafkaAdmin(configuration: broker.configuration, logger: KafkaBroker.quiet)
    await admin.close(within: .seconds(5))
    await admin.close(within: .seconds(5))
    let error = await #expect(throws: KafkaError.self) { try await admin.metadata(topic: broker.topic) }
    #expect(error?.code == .closed)
  }

  @Test func `compaction is a setting that a given one overrides`() {
    #expect(KafkaTopic("t", partitions: 1, compacted: true).effectiveConfig == ["cleanup.policy": "compact"])
    let both = KafkaTopic("t", partitions: 1, compacted: true, config: ["cleanup.policy": "compact,delete", "a": "b"])
    #expect(both.effectiveConfig == ["cleanup.policy": "compact,delete", "a": "b"])
  }
}
