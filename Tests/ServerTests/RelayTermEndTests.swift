import Foundation
import Kafka
import KafkaMock
import Logging
import TestSupport
import Testing

@testable import Server

/// The end of a term in the middle of a transaction. The mock isolates no reader from one that stands open, but it hears how
/// each ends.
@Suite(.timeLimit(.minutes(3)))
struct RelayTermEndTests {
  private static let notEnoughReplicas: Int32 = 19
  private static let transactionRefused: Int32 = 53

  @Test func `a term that is cancelled gives up the transaction under way`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(60)) { fixture in
      let lines = LogLines()
      let relay = try fixture.relay(
        transactionalID: "relay", debug: "msg", logger: lines.logger(from: .debug))
      try await fixture.with(relay) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        try await fixture.mock.pushErrors(.produce, Array(repeating: Self.notEnoughReplicas, count: 10_000))
        try await fixture.place("alpha", cpu: 2)
        let isUnderWay = try await eventually { lines.contain("encountered error") }
        try #require(isUnderWay, "a record of the transaction is refused, and tried again")
        // Who ends the first transaction from now on succeeds, who ends the second one is refused.
        try await fixture.mock.pushErrors(.endTransaction, [0, Self.transactionRefused])
      }
      try await fixture.mock.clearErrors(.produce)
      let next = try await endOfTransaction(on: fixture)
      #expect(next?.rdKafkaCode == Self.transactionRefused, "nobody ended the relay's transaction")
    }
  }

  /// Ends a transaction of somebody else's.
  private func endOfTransaction(on fixture: ServerFixture) async throws -> KafkaError? {
    var bus = fixture.bus
    bus.transactionalID = "other"
    let producer = try KafkaProducer(configuration: bus, logger: KafkaBroker.quiet)
    let running = Task { try await producer.run() }
    var failure: KafkaError?
    try await producer.initTransactions(within: .seconds(20))
    try await producer.beginTransaction()
    _ = try await producer.send(KafkaMessage(topic: KafkaBroker.randomTopic("other"), key: "k", value: [1]))
    do {
      try await producer.commitTransaction(within: .seconds(20))
    } catch let error as KafkaError {
      failure = error
    }
    await producer.close(within: .seconds(5))
    _ = try? await running.value
    return failure
  }
}
