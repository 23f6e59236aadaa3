import Kafka
import KafkaMock
import Logging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConsumerTests {
  @Test func `the snapshot of an empty topic is complete before anything is read`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("empty", partitions: 3)
    let consumer = try KafkaConsumer(configuration: broker.configuration(), topic: topic, logger: KafkaBroker.quiet)
    #expect(try await consumer.snapshot().isComplete)
    #expect(try await consumer.open() == [0, 1, 2])
    await consumer.close(within: .seconds(5))
  }

  @Test func `a snapshot holds every record and tombstone there was, partition by partition in order`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("snapshot", partitions: 3)
    let messages = (0..<300).map {
      KafkaMessage(topic: topic, key: "key-\($0 % 40)", value: $0 % 7 == 0 ? nil : Array("\($0)".utf8))
    }
    let results = try await KafkaProducer.withProducer(
      configuration: broker.configuration(), logger: KafkaBroker.quiet
    ) { await $0.send(messages) }
    #expect(results.allSatisfy { kafkaError($0) == nil })
    let records = try await contents(of: topic, broker.configuration())
    #expect(records.count == 300)
    #expect(records.count(where: \.isTombstone) == 43)
    for partition in Int32(0)..<3 {
      let offsets = records.filter { $0.partition == partition }.map(\.offset)
      #expect(offsets == Array(0..<Int64(offsets.count)))
    }
  }

  @Test func `reading begins where it is told to`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("start", partitions: 2)
    let configuration = broker.configuration()
    _ = try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { producer in
      await producer.send((0..<10).map { KafkaMessage(topic: topic, key: "k", value: [$0], partition: 0) })
    }
    let consumer = try KafkaConsumer(
      configuration: configuration, topic: topic, start: .offsets([0: 7]), logger: KafkaBroker.quiet)
    #expect(try await consumer.snapshot().missing == [0: 3])
    #expect(try await firstRecord(consumer)?.offset == 7)
    try await consumer.seek(partition: 0, to: .at(2))
    #expect(try await firstRecord(consumer)?.offset == 2)
    try await consumer.seek(partition: 0, to: .beginning)
    #expect(try await firstRecord(consumer)?.offset == 0)
    try await consumer.reassign(start: .offsets([0: 9]))
    #expect(try await firstRecord(consumer)?.offset == 9)
    #expect(try await consumer.watermarks() == [0: .init(low: 0, high: 10), 1: .init(low: 0, high: 0)])
    await consumer.close(within: .seconds(5))

    let absent = try KafkaConsumer(
      configuration: configuration, topic: topic, start: .offsets([5: 0]), logger: KafkaBroker.quiet)
    let error = await #expect(throws: KafkaError.self) { try await absent.open() }
    #expect(error?.code == .invalidMessage)
    await absent.close(within: .seconds(5))
  }

  @Test func `starting at the end shows only what comes after`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer { producer in
      _ = await producer.send((0..<5).map { broker.message($0) })
      let consumer = try broker.consumer(start: .end)
      #expect(try await consumer.snapshot().isComplete)
      #expect(try await consumer.next() == .endOfPartition(partition: 0, offset: 5))
      _ = try await producer.send(broker.message(5))
      #expect(try await firstRecord(consumer).flatMap(number) == 5)
      await consumer.close(within: .seconds(5))
    }
  }

  @Test func `a topic that is created late is waited for, one that never comes is named`() async throws {
    let broker = try await PrivateBroker()
    let late = KafkaBroker.randomTopic("late")
    try await broker.mock.createTopic(late, partitions: 1)
    try await broker.mock.setTopicError(late, 3)
    let consumer = try KafkaConsumer(configuration: broker.configuration, topic: late, logger: KafkaBroker.quiet)
    // Once the broker was reached in time: before that nobody knows.
    var error: KafkaError?
    #expect(
      try await eventually {
        do { _ = try await consumer.open(within: .milliseconds(300)) } catch let told as KafkaError { error = told }
        return error?.code == .unknownTopic
      })
    #expect(error?.message.contains(late) == true)
    // Whatever the deadline cuts short at its end: that it does not exist was said before. Where the machine stands
    // still for longer than one question may take, nobody has said it: it is waited for once more.
    try await broker.mock.setRoundTrip(milliseconds: 2000)
    var slow: KafkaError?
    for _ in 0..<5 where slow?.code != .unknownTopic {
      slow = await #expect(throws: KafkaError.self) { try await consumer.open(within: .seconds(7)) }
    }
    #expect(slow?.code == .unknownTopic)
    try await broker.mock.setRoundTrip(milliseconds: 0)
    async let event = consumer.next()
    try await broker.mock.setTopicError(late, 0)
    #expect(try await event == .endOfPartition(partition: 0, offset: 0))
    await consumer.close(within: .seconds(5))
  }

  @Test func `next is cancelled at once and nothing is lost by it`() async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    #expect(try await consumer.next() == .endOfPartition(partition: 0, offset: 0))
    let waiting = Task { try await consumer.next() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    try await broker.withProducer { _ = try await $0.send(broker.message(1)) }
    #expect(try await firstRecord(consumer)?.offset == 0)
    await consumer.close(within: .seconds(5))
  }

  @Test func `only one task reads, and closing lets it go`() async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    _ = try await consumer.next()
    // The probe has the one seat for an instant, too.
    let waiting = Task { () async throws -> KafkaConsumerEvent? in
      while true {
        do { return try await consumer.next() } catch let error as KafkaError where error.code == .busy {}
      }
    }
    var second: KafkaError?
    #expect(
      try await eventually {
        let probe = Task { try await consumer.nextBatch(max: 0) }
        do { _ = try await probe.value } catch let error as KafkaError { second = error }
        return second != nil
      })
    #expect(second?.code == .busy)
    await consumer.close(within: .seconds(5))
    #expect(try await waiting.value == nil)
    #expect(try await consumer.nextBatch(max: 5) == [])
    let error = await #expect(throws: KafkaError.self) { try await consumer.watermarks() }
    #expect(error?.code == .closed)
  }

  @Test func `closing with the broker down is bounded`() async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    _ = try await consumer.next()
    try await broker.mock.setDown()
    let start = ContinuousClock.now
    await consumer.close(within: .seconds(2))
    #expect(start.duration(to: .now) < .seconds(60))
  }

  @Test func `an outage is waited out without a word to the reader`() async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    #expect(try await consumer.next() == .endOfPartition(partition: 0, offset: 0))
    try await broker.withProducer { producer in
      _ = try await producer.send(broker.message(0))
      #expect(try await firstRecord(consumer).flatMap(number) == 0)
      try await broker.mock.setDown()
      async let sent = producer.send(broker.message(1))
      async let event = firstRecord(consumer)
      #expect(try await eventually { producer.outstanding == 1 })
      try await broker.mock.setUp()
      #expect(try await event.flatMap(number) == 1)
      _ = try await sent
    }
    await consumer.close(within: .seconds(5))
  }

  @Test func `a partition that wrapped round tells that history is lost, and goes on when told where`() async throws {
    let broker = try await PrivateBroker()
    // The mock keeps 5 MiB per partition.
    _ = try await broker.withProducer { producer in
      await producer.send((0..<120).map { broker.message($0, size: 60_000) })
    }
    let consumer = try broker.consumer(start: .offsets([0: 1]))
    let marks = try #require(try await consumer.watermarks()[0])
    #expect(marks.low > 1 && marks.high == 120)
    var tracker = try await consumer.snapshot()
    #expect(tracker.lost == [0])
    #expect(try await consumer.next() == .offsetOutOfRange(partition: 0, offset: 1))
    try await consumer.seek(partition: 0, to: .beginning)
    while !tracker.isComplete { for event in try await consumer.nextBatch(max: 10) { tracker.observe(event) } }
    #expect(tracker.lost.isEmpty)
    await consumer.close(within: .seconds(5))
  }

  @Test func `offsets are committed after processing and found again by the group`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("group")
    var configuration = broker.configuration()
    _ = try await KafkaProducer.withProducer(configuration: configuration, logger: KafkaBroker.quiet) { producer in
      await producer.send((0..<5).map { KafkaMessage(topic: topic, key: "k", value: [$0]) })
    }
    configuration.groupID = topic
    let first = try KafkaConsumer(configuration: configuration, topic: topic, logger: KafkaBroker.quiet)
    for _ in 0..<3 { if let record = try await firstRecord(first) { try first.storeOffset(after: record) } }
    try await first.commit(within: .seconds(20))
    try await first.commit(within: .seconds(20))
    await first.close(within: .seconds(5))
    let second = try KafkaConsumer(
      configuration: configuration, topic: topic, start: .committed, logger: KafkaBroker.quiet)
    #expect(try await firstRecord(second)?.offset == 3)
    await second.close(within: .seconds(5))
  }

  @Test func `without a group there is nothing to commit to`() async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    let error = await #expect(throws: KafkaError.self) { try await consumer.commit() }
    #expect(error?.code == .state)
    #expect(throws: KafkaError.self) { try broker.consumer(start: .committed) }
    await consumer.close(within: .seconds(5))
  }
}

/// The next record, past ends of partitions.
func firstRecord(_ consumer: KafkaConsumer) async throws -> KafkaRecord? {
  while let event = try await consumer.next() {
    if case .record(let record) = event { return record }
  }
  return nil
}
