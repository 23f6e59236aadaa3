import Kafka
import Logging
import TestSupport
import Testing

/// What the mock can not prove.
@Suite(.enabled(if: KafkaBroker.hasReal, "not run: needs KAFKA_BOOTSTRAP_SERVERS"), .timeLimit(.minutes(5)))
struct RealBrokerTests {
  @Test func `compaction keeps the last record of each key, and a snapshot of what is left completes`() async throws {
    let broker = try KafkaBroker.shared()
    let name = KafkaBroker.randomTopic("compacted")
    let admin = try KafkaAdmin(configuration: broker.configuration(), logger: KafkaBroker.quiet)
    let eager = ["min.cleanable.dirty.ratio": "0.01", "segment.ms": "100", "max.compaction.lag.ms": "100"]
    try await admin.createTopics([KafkaTopic(name, partitions: 1, compacted: true, config: eager)])
    let compacted = try await KafkaProducer.withProducer(
      configuration: broker.configuration(), logger: KafkaBroker.quiet
    ) { producer in
      try await eventually(within: .seconds(90)) {
        for round in 0..<20 {
          _ = try await producer.send(KafkaMessage(topic: name, key: "k\(round % 2)", value: Array("\(round)".utf8)))
        }
        let records = try await contents(of: name, broker.configuration())
        return (records.first?.offset ?? 0) > 0
      }
    }
    #expect(compacted)
    try await admin.deleteTopics([name])
    await admin.close(within: .seconds(5))
  }

  @Test func `a newer producer with the same transactional id fences the older one`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("fence")
    var configuration = broker.configuration()
    configuration.transactionalID = topic
    let older = try KafkaProducer(configuration: configuration, logger: KafkaBroker.quiet)
    let running = Task { try await older.run() }
    try await older.initTransactions(within: .seconds(30))
    try await older.beginTransaction()
    _ = try await older.send(KafkaMessage(topic: topic, key: "k", value: [1]))
    try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { newer in
      try await newer.initTransactions(within: .seconds(30))
      try await newer.beginTransaction()
      _ = try await newer.send(KafkaMessage(topic: topic, key: "k", value: [2]))
      try await newer.commitTransaction(within: .seconds(30))
    }
    let refused = await #expect(throws: KafkaError.self) { try await older.commitTransaction(within: .seconds(30)) }
    #expect(refused?.code == .fenced && refused?.isFatal == true)
    let ended = await #expect(throws: KafkaError.self) { try await running.value }
    #expect(ended?.isFatal == true)
    let values = try await contents(of: topic, broker.configuration()).map(\.value)
    #expect(values == [[2]])
  }

  @Test func `an aborted transaction is never seen, and the end of the partition still completes a snapshot`()
    async throws
  {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("abort")
    var configuration = broker.configuration()
    configuration.transactionalID = topic
    try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { producer in
      try await producer.initTransactions(within: .seconds(30))
      try await producer.beginTransaction()
      _ = try await producer.send(KafkaMessage(topic: topic, key: "k", value: [1]))
      try await producer.abortTransaction(within: .seconds(30))
    }
    #expect(try await contents(of: topic, broker.configuration()).isEmpty)
  }

  @Test func `a compacted topic refuses a replication the cluster can not give`() async throws {
    let broker = try KafkaBroker.shared()
    let admin = try KafkaAdmin(configuration: broker.configuration(), logger: KafkaBroker.quiet)
    let error = await #expect(throws: KafkaError.self) {
      try await admin.createTopics([KafkaTopic(KafkaBroker.randomTopic("many"), partitions: 1, replication: 30_000)])
    }
    #expect(error?.isRetriable == false)
    await admin.close(within: .seconds(5))
  }

  @Test func `asking about a topic does not create it`() async throws {
    let broker = try KafkaBroker.shared()
    let name = KafkaBroker.randomTopic("asked")
    let admin = try KafkaAdmin(configuration: broker.configuration(), logger: KafkaBroker.quiet)
    for _ in 0..<3 { #expect(try await admin.metadata(topic: name) == nil) }
    await admin.close(within: .seconds(5))
  }

  /// Needs a broker with ACLs, and a topic that the credentials given may not write to.
  @Test(.enabled(if: KafkaBroker.forbiddenTopic != nil, "not run: needs KAFKA_FORBIDDEN_TOPIC"))
  func `a topic that an ACL forbids is a typed error that is not tried again`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try #require(KafkaBroker.forbiddenTopic)
    try await KafkaProducer.withProducer(configuration: broker.configuration(), logger: KafkaBroker.quiet) { producer in
      let error = await #expect(throws: KafkaError.self) {
        try await producer.send(KafkaMessage(topic: topic, key: "k", value: [1]))
      }
      #expect(error?.code == .authorization && error?.isRetriable == false)
    }
  }
}
