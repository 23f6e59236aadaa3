import CRdKafka
import KafkaMock
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct ProducerLifeTests {
  /// How many sends wait for room, by a copy of what the producer knows.
  private func waiting(for producer: KafkaProducer) -> Int {
    var state = producer.state.withLockedValue { $0 }
    return state.dismissWaiters().count
  }

  @Test func `a purge takes back what is queued and in flight, and tells which may be written`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer {
      $0.properties["queue.buffering.max.messages"] = "20"
    } _: { producer in
      _ = try await producer.send(broker.message(0))
      try await broker.mock.setRoundTrip(milliseconds: 30_000)
      let tasks = (1...30).map { index in Task { try await producer.send(broker.message(index)) } }
      // A send that begins during a purge may escape it.
      #expect(try await eventually { producer.outstanding == 20 && waiting(for: producer) == 10 })
      try await producer.purge()
      for task in tasks {
        let error = await #expect(throws: KafkaError.self) { try await task.value }
        #expect(error?.code == .purged)
        #expect(error?.mayHaveBeenWritten == (error?.name == "_PURGE_INFLIGHT"))
      }
      #expect(producer.outstanding == 0)
    }
  }

  @Test func `cancelling run purges and closes`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setDown()
    let producer = try KafkaProducer(configuration: broker.configuration, logger: KafkaBroker.quiet)
    let running = Task { try await producer.run() }
    let sending = Task { try await producer.send(broker.message(0)) }
    #expect(try await eventually { producer.outstanding == 1 })
    running.cancel()
    try await running.value
    let error = await #expect(throws: KafkaError.self) { try await sending.value }
    #expect(error?.code == .purged)
    let after = await #expect(throws: KafkaError.self) { try await producer.send(broker.message(1)) }
    #expect(after?.code == .closed)
  }

  @Test func `a graceful shutdown delivers what is held`() async throws {
    let broker = try await PrivateBroker()
    var configuration = broker.configuration
    configuration.closeTimeout = .seconds(30)
    let producer = try KafkaProducer(configuration: configuration, logger: KafkaBroker.quiet)
    try await broker.mock.setRoundTrip(milliseconds: 1000)
    let group = ServiceGroup(services: [producer], logger: KafkaBroker.quiet)
    async let serving: Void = group.run()
    let sending = Task { await producer.send((0..<50).map { broker.message($0) }) }
    #expect(try await eventually { producer.outstanding == 50 })
    await group.triggerGracefulShutdown()
    try await serving
    #expect(await sending.value.allSatisfy { kafkaError($0) == nil })
    #expect(try await contents(of: broker.topic, broker.configuration).count == 50)
  }

  @Test func `closing with the broker down is bounded and fails what is held`() async throws {
    let broker = try await PrivateBroker()
    let producer = try KafkaProducer(configuration: broker.configuration, logger: KafkaBroker.quiet)
    async let running: Void = producer.run()
    _ = try await producer.send(broker.message(0))
    try await broker.mock.setDown()
    let sending = Task { await producer.send((1...10).map { broker.message($0) }) }
    #expect(try await eventually { producer.outstanding == 10 })
    let start = ContinuousClock.now
    await producer.close(within: .seconds(1))
    // Not a timing but the bound itself, with room for a busy machine; message.timeout.ms would be 30 s.
    #expect(start.duration(to: .now) < .seconds(25))
    try await running
    #expect(await sending.value.allSatisfy { kafkaError($0)?.code == .purged })
    #expect(producer.state.withLockedValue { $0.phase } == .closed)
  }

  @Test func `a producer that never ran closes, and will not run again`() async throws {
    let broker = try await PrivateBroker()
    let producer = try KafkaProducer(configuration: broker.configuration, logger: KafkaBroker.quiet)
    let sending = Task { try await producer.send(broker.message(0)) }
    #expect(try await eventually { producer.outstanding == 1 })
    await producer.close(within: .seconds(30))
    #expect(try await sending.value.offset == 0)
    let error = await #expect(throws: KafkaError.self) { try await producer.run() }
    #expect(error?.code == .closed)
    await producer.close(within: .seconds(1))
  }

  @Test func `only one run at a time`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer { producer in
      _ = try await producer.send(broker.message(0))
      let error = await #expect(throws: KafkaError.self) { try await producer.run() }
      #expect(error?.code == .busy)
    }
  }

  @Test func `a fatal error ends run, fails what waits and every later send`() async throws {
    let broker = try await PrivateBroker()
    let producer = try KafkaProducer(configuration: broker.configuration, logger: KafkaBroker.quiet)
    let running = Task { try await producer.run() }
    _ = try await producer.send(broker.message(0))
    try await broker.mock.setDown()
    let sending = Task { try await producer.send(broker.message(1)) }
    #expect(try await eventually { producer.outstanding == 1 })
    do {
      let handle = try #require(producer.state.withLockedValue { $0.handleWhileItLasts })
      _ = rd_kafka_test_fatal_error(handle.client, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, "a test's doing")
    }
    let error = await #expect(throws: KafkaError.self) { try await running.value }
    #expect(error?.code == .fenced)
    #expect(error?.isFatal == true)
    #expect(producer.fatalError == error)
    await #expect(throws: KafkaError.self) { try await sending.value }
    let later = await #expect(throws: KafkaError.self) { try await producer.send(broker.message(2)) }
    #expect(later == error)
  }

  @Test func `a transaction is begun, committed and aborted`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("transaction")
    var configuration = broker.configuration()
    configuration.transactionalID = topic
    try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { producer in
      try await producer.initTransactions(within: .seconds(20))
      try await producer.beginTransaction()
      _ = try await producer.send(KafkaMessage(topic: topic, key: "k", value: [1]))
      try await producer.commitTransaction(within: .seconds(20))
      try await producer.beginTransaction()
      try await producer.abortTransaction(within: .seconds(20))
      let error = await #expect(throws: KafkaError.self) {
        try await producer.commitTransaction(within: .seconds(5))
      }
      #expect(error?.code == .state)
    }
  }

  @Test func `transactions need an id`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer { producer in
      let error = await #expect(throws: KafkaError.self) { try await producer.beginTransaction() }
      #expect(error?.code == .state)
    }
  }
}
