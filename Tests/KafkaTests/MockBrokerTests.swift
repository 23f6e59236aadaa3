import Kafka
import KafkaMock
import Logging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct MockBrokerTests {
  @Test func `run serves topics until it is cancelled`() async throws {
    let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
    let running = Task {
      try await MockBroker.run(brokers: 2, topics: [("t", 3)]) { continuation.yield($0) }
    }
    let servers = try #require(await addresses.first { _ in true })
    #expect(servers.split(separator: ",").count == 2)
    let admin = try KafkaAdmin(
      configuration: KafkaConfiguration(bootstrapServers: servers), logger: KafkaBroker.quiet)
    #expect(try await admin.metadata(topic: "t")?.partitions == [0, 1, 2])
    await admin.close(within: .seconds(5))
    running.cancel()
    try await running.value
  }

  @Test func `run passes on the failure of whoever is told`() async {
    struct Refusal: Error {}
    await #expect(throws: Refusal.self) { try await MockBroker.run { _ in throw Refusal() } }
  }

  @Test func `a stopped broker refuses, by name`() async throws {
    let broker = try MockBroker()
    await broker.stop()
    await broker.stop()
    let error = await #expect(throws: MockBrokerError.self) { try await broker.setDown() }
    #expect(error?.description == "mock broker: taking broker 1 down: it is stopped")
  }

  @Test func `what can not be is refused`() async throws {
    #expect(throws: MockBrokerError.self) { try MockBroker(brokers: 0) }
    let broker = try MockBroker()
    await #expect(throws: MockBrokerError.self) { try await broker.setDown(broker: 9) }
    try await broker.createTopic("t", partitions: 1)
    await #expect(throws: MockBrokerError.self) { try await broker.createTopic("t", partitions: 1) }
  }
}
