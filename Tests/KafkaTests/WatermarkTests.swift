import Kafka
import KafkaMock
import TestSupport
import Testing

/// Questions for the ends of a topic to a broker that does not answer. The limits are no timings but the bounds themselves, with
/// room for a busy machine: what they are far from is the minute that the broker takes.
@Suite(.timeLimit(.minutes(3))) struct WatermarkTests {
  private func withSilentBroker(_ body: (KafkaConsumer) async throws -> Void) async throws {
    let broker = try await PrivateBroker()
    let consumer = try broker.consumer()
    _ = try await consumer.next()
    try await broker.mock.setRoundTrip(milliseconds: 60_000)
    try await body(consumer)
    await consumer.close(within: .seconds(5))
  }

  @Test func `a cancelled snapshot ends long before its time is over`() async throws {
    try await withSilentBroker { consumer in
      let asking = Task { try await consumer.snapshot(within: .seconds(120)) }
      // For the question to be on its way; where it is not the test asks less, and never too much.
      try await Task.sleep(for: .milliseconds(500))
      let start = ContinuousClock.now
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      #expect(start.duration(to: .now) < .seconds(50))
    }
  }

  @Test func `a question ends with its deadline`() async throws {
    try await withSilentBroker { consumer in
      let start = ContinuousClock.now
      let error = await #expect(throws: KafkaError.self) { try await consumer.watermarks(within: .seconds(1)) }
      #expect(error?.code == .timedOut)
      #expect(start.duration(to: .now) < .seconds(50))
    }
  }
}
