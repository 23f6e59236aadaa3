import Kafka
import KafkaMock
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ProducerTests {
  @Test func `a message is read back whole, with repeated, null and empty headers, a tombstone and an empty value`()
    async throws
  {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("roundtrip")
    let headers = [
      KafkaHeader("a", "x"), KafkaHeader("null", nil), KafkaHeader("empty", [UInt8]()), KafkaHeader("a", "y"),
    ]
    try await KafkaProducer.withProducer(configuration: broker.configuration(), logger: KafkaBroker.quiet) { producer in
      let first = try await producer.send(KafkaMessage(topic: topic, key: "clé", value: [1, 2, 3], headers: headers))
      #expect(first == KafkaDelivery(topic: topic, partition: 0, offset: 0))
      _ = try await producer.send(KafkaMessage(topic: topic, key: "k", value: nil))
      _ = try await producer.send(KafkaMessage(topic: topic, key: "k", value: []))
    }
    let records = try await contents(of: topic, broker.configuration())
    try #require(records.count == 3)
    #expect(records[0].headers == headers)
    #expect(records[0][header: "a"]?.string == "y")
    #expect(records[0].keyString == "clé")
    #expect(records[0].value == [1, 2, 3])
    #expect(records[0].timestampMilliseconds ?? 0 > 1_600_000_000_000)
    #expect(records[1].isTombstone && records[1].headers.isEmpty)
    #expect(records[2].value == [])
    #expect(records.map(\.offset) == [0, 1, 2])
  }

  @Test func `a message whose time is over is not sent, those in time are`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("late")
    let messages = ["1", "2"].map { KafkaMessage(topic: topic, key: "k", value: Array($0.utf8)) }
    try await KafkaProducer.withProducer(configuration: broker.configuration(), logger: KafkaBroker.quiet) { producer in
      for result in await producer.send(messages, notAfter: .now - .milliseconds(1)) {
        let error = #expect(throws: KafkaError.self) { try result.get() }
        #expect(error?.code == .timedOut && error?.mayHaveBeenWritten == false && error?.isRetriable == true)
      }
      #expect(producer.outstanding == 0)
      for result in await producer.send(messages, notAfter: .now + .seconds(60)) { _ = try result.get() }
    }
    #expect(try await contents(of: topic, broker.configuration()).map(\.value) == messages.map(\.value))
  }

  @Test func `a key falls into the partition where Java clients put it`() async throws {
    let broker = try KafkaBroker.shared()
    let topic = try await broker.createTopic("murmur", partitions: 4)
    let messages = ["foobar", "21", "abc", "zone/usuel"].map { KafkaMessage(topic: topic, key: $0, value: [1]) }
    let results = try await KafkaProducer.withProducer(
      configuration: broker.configuration(), logger: KafkaBroker.quiet
    ) { await $0.send(messages) }
    // Utils.toPositive(Utils.murmur2(key)) % 4, with murmur2 written out here from the Java client's definition.
    let expected = messages.map { Int32((murmur2($0.key) & 0x7fff_ffff) % 4) }
    let partitions = try results.map { try $0.get().partition }
    #expect(partitions == expected)
    #expect(murmur2(Array("foobar".utf8)) == UInt32(bitPattern: -790_332_482))
  }

  /// The library by itself looks for the partitions of a new topic once a second.
  @Test func `the first message of a topic is not kept waiting while others come through`() async throws {
    let broker = try KafkaBroker.shared()
    let warm = try await broker.createTopic("warm")
    try await KafkaProducer.withProducer(configuration: broker.configuration(), logger: KafkaBroker.quiet) { producer in
      for _ in 0..<5 {
        let cold = try await broker.createTopic("cold")
        _ = try await producer.send(KafkaMessage(topic: warm, key: "k", value: [1]))
        let isThere = NIOLockedValueBox(false)
        async let first: Void = {
          _ = try await producer.send(KafkaMessage(topic: cold, key: "k", value: [1]))
          isThere.withLockedValue { $0 = true }
        }()
        var others = 0
        while !isThere.withLockedValue({ $0 }), others < 100 {
          _ = try await producer.send(KafkaMessage(topic: warm, key: "k", value: [1]))
          others += 1
        }
        try await first
        #expect(others < 100, "a hundred messages overtook the first one of another topic")
      }
    }
  }

  @Test func `an empty key is refused before it reaches the broker`() async throws {
    let broker = try KafkaBroker.shared()
    let producer = try KafkaProducer(configuration: broker.configuration(), logger: KafkaBroker.quiet)
    let error = await #expect(throws: KafkaError.self) {
      try await producer.send(KafkaMessage(topic: "t", key: "", value: [1]))
    }
    #expect(error?.code == .invalidMessage)
    await producer.close(within: .seconds(2))
  }

  @Test func `a partition that does not exist and a value beyond the limit are typed errors`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer { producer in
      _ = try await producer.send(broker.message(0))
      let absent = KafkaMessage(topic: broker.topic, key: "k", value: [1], partition: 7)
      let huge = KafkaMessage(topic: broker.topic, key: "k", value: [UInt8](repeating: 0, count: 2_000_000))
      let results = await producer.send([absent, huge, broker.message(1)])
      #expect(kafkaError(results[0])?.code == .invalidMessage)
      #expect(kafkaError(results[1])?.code == .messageTooLarge)
      #expect(kafkaError(results[1])?.isRetriable == false)
      let last = try results[2].get()
      #expect(last.offset == 1)
    }
  }

  @Test func `retriable errors of the broker neither reorder nor repeat anything`() async throws {
    let broker = try await PrivateBroker()
    // NOT_LEADER, timeouts, a broken connection, too few replicas: what an outage looks like from here.
    try await broker.mock.pushErrors(.produce, [6, 7, -195, 19, 0, 6, -195, 7, 20, 0, 6])
    let count = 2000
    // Small batches, so that many are yet to come when one fails; one in flight, since the mock, unlike a broker, takes
    // whatever sequence numbers come: what overtakes a refused batch there is refused only by Kafka itself.
    let results = try await broker.withProducer {
      $0.properties["batch.num.messages"] = "20"
      $0.properties["max.in.flight"] = "1"
    } _: { producer in
      await producer.send((0..<count).map { broker.message($0) })
    }
    #expect(results.allSatisfy { kafkaError($0) == nil })
    let numbers = try await contents(of: broker.topic, broker.configuration).compactMap(number)
    let first = zip(numbers, 0..<count).first { $0 != $1 }
    #expect(first == nil, "the first number out of order, and what was expected there")
    #expect(numbers.count == count)
  }

  /// 46: the broker has had these sequence numbers before, and the library takes that for success. Here they come in one batch.
  @Test func `of a batch that had to be sent twice no place is told, of none of its messages`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.pushErrors(.produce, [46])
    let offsets = try await broker.withProducer {
      // Three go together as soon as they are there, however long that takes.
      $0.properties["batch.num.messages"] = "3"
      $0.linger = .seconds(20)
    } _: { producer in
      let twice = await producer.send((0..<3).map { broker.message($0) })
      let once = await producer.send((3..<6).map { broker.message($0) })
      return try (twice + once).map { try $0.get().offset }
    }
    // The mock has not kept the first three.
    #expect(offsets == [-1, -1, -1, 0, 1, 2])
  }

  @Test func `what is sent while the broker is down arrives once it is back`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer { producer in
      _ = try await producer.send(broker.message(0))
      try await broker.mock.setDown()
      async let results = producer.send((1...200).map { broker.message($0) })
      #expect(try await eventually { producer.outstanding == 200 })
      try await broker.mock.setUp()
      #expect(await results.allSatisfy { kafkaError($0) == nil })
    }
    let numbers = try await contents(of: broker.topic, broker.configuration).compactMap(number)
    #expect(numbers == Array(0...200))
  }

  @Test func `a broker that stays away ends a send with a retriable timeout`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setDown()
    try await broker.withProducer {
      $0.messageTimeout = .milliseconds(300)
    } _: { producer in
      let error = await #expect(throws: KafkaError.self) { try await producer.send(broker.message(0)) }
      #expect(error?.code == .timedOut)
      #expect(error?.isRetriable == true)
      #expect(error?.mayHaveBeenWritten == false)
      #expect(error?.name == "_MSG_TIMED_OUT")
    }
  }

  @Test func `thousands of concurrent sends pass through a queue of a hundred`() async throws {
    let broker = try await PrivateBroker(partitions: 3)
    let count = 5000
    try await broker.withProducer {
      $0.properties["queue.buffering.max.messages"] = "100"
    } _: { producer in
      let delivered = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<count {
          group.addTask { (try? await producer.send(broker.message(index, key: "\(index)"))) != nil }
        }
        var delivered = 0
        for await success in group {
          delivered += success ? 1 : 0
          #expect(producer.outstanding <= 100 + 64)
        }
        return delivered
      }
      #expect(delivered == count)
    }
    let numbers = try await contents(of: broker.topic, broker.configuration).compactMap(number)
    #expect(numbers.sorted() == Array(0..<count))
  }

  @Test func `cancelling sends that wait for room leaves the others unharmed`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setDown()
    try await broker.withProducer {
      $0.properties["queue.buffering.max.messages"] = "10"
    } _: { producer in
      let tasks = (0..<40).map { index in Task { try await producer.send(broker.message(index)) } }
      #expect(try await eventually { producer.outstanding == 10 })
      for task in tasks where tasks.firstIndex(of: task)?.isMultiple(of: 2) == true { task.cancel() }
      try await broker.mock.setUp()
      var cancelled = 0
      for (index, task) in tasks.enumerated() {
        switch await task.result {
        case .success: break
        case .failure(let error):
          #expect(error is CancellationError && index.isMultiple(of: 2), "\(error)")
          cancelled += 1
        }
      }
      #expect(cancelled >= 15)
      #expect(try await eventually { producer.outstanding == 0 })
    }
  }

  @Test func `a batch keeps its order even through a full queue`() async throws {
    let broker = try await PrivateBroker()
    try await broker.withProducer {
      $0.properties["queue.buffering.max.messages"] = "50"
    } _: { producer in
      let results = await producer.send((0..<1000).map { broker.message($0) })
      let offsets = try results.map { try $0.get().offset }
      #expect(offsets == Array(0..<1000))
    }
    let numbers = try await contents(of: broker.topic, broker.configuration).compactMap(number)
    #expect(numbers == Array(0..<1000))
  }

  private func murmur2(_ data: [UInt8]) -> UInt32 {
    let m: UInt32 = 0x5bd1_e995
    var h = 0x9747_b28c ^ UInt32(data.count)
    var index = 0
    while index + 4 <= data.count {
      var k = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[index + $1]) << UInt32(8 * $1) }
      k = k &* m
      k ^= k >> 24
      h = (h &* m) ^ (k &* m)
      index += 4
    }
    let rest = data.count - index
    if rest == 3 { h ^= UInt32(data[index + 2]) << 16 }
    if rest >= 2 { h ^= UInt32(data[index + 1]) << 8 }
    if rest >= 1 { h = (h ^ UInt32(data[index])) &* m }
    h = (h ^ (h >> 13)) &* m
    return h ^ (h >> 15)
  }
}
