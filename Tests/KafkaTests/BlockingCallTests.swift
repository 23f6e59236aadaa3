import Kafka
import KafkaMock
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// The library's blocking calls, beside each other.
struct BlockingCallTests {
  /// More clients than there are processors ask brokers that do not answer; a purge must not stand in line behind them.
  @Test func `clients that wait for their brokers keep no other client waiting`() async throws {
    let broker = try await PrivateBroker()
    try await broker.mock.setDown()
    let answered = NIOLockedValueBox(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<24 {
        group.addTask {
          let admin = try KafkaAdmin(configuration: broker.configuration, logger: KafkaBroker.quiet)
          // Far longer than a purge takes, also where a machine stands still. The broker does not come back to end it:
          // that would end the process if one of so many that knock at its port had come to sit there.
          _ = try? await admin.metadata(topic: broker.topic, within: .seconds(45))
          answered.withLockedValue { $0 += 1 }
          await admin.close(within: .seconds(5))
        }
      }
      let producer = try KafkaProducer(configuration: broker.configuration, logger: KafkaBroker.quiet)
      group.addTask { try await producer.run() }
      async let sent = producer.send([broker.message(1)])
      #expect(try await eventually { producer.outstanding == 1 })
      try await producer.purge()
      #expect(answered.withLockedValue { $0 } == 0, "the purge came before the first of them gave up")
      let result = await sent
      #expect(result.first.flatMap { kafkaError($0) }?.code == .purged)
      await producer.close(within: .seconds(2))
      try await group.waitForAll()
    }
  }
}
