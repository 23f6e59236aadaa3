import Events
import Foundation
import Kafka
import KafkaMock
import Logging
import Store
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
      let relay = try relay(of: fixture, telling: lines)
      try await fixture.with(relay) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        let before = Self.refusals(in: lines)
        try await fixture.mock.pushErrors(.produce, Array(repeating: Self.notEnoughReplicas, count: 10_000))
        try await fixture.place("alpha", cpu: 2)
        let isUnderWay = try await eventually { Self.refusals(in: lines) > before }
        try #require(isUnderWay, "a record of the transaction is refused, and tried again")
        // Who ends the first transaction from now on succeeds, who ends the second one is refused.
        try await fixture.mock.pushErrors(.endTransaction, [0, Self.transactionRefused])
      }
      try await fixture.mock.clearErrors(.produce)
      let next = try await endOfTransaction(on: fixture)
      #expect(next?.rdKafkaCode == Self.transactionRefused, "nobody ended the relay's transaction")
    }
  }

  /// The client library begins no transaction beside one whose end is open. Nothing waits to be published that would show it.
  @Test func `a zone's record whose transaction can not be ended ends the term, and the next leader sends it`()
    async throws
  {
    try await ServerFixture.run(messageTimeout: .seconds(3)) { fixture in
      let lines = LogLines()
      let relay = try relay(of: fixture, telling: lines)
      try await fixture.with(relay) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        let isCovered = try await eventually { try await fixture.zoneRecords().last?.count == 1 }
        try #require(isCovered)
        let before = Self.refusals(in: lines)
        try await fixture.mock.pushErrors(.produce, Array(repeating: Self.notEnoughReplicas, count: 10_000))
        try await fixture.store.requestReports(zone: "z0", incarnation: 1, buckets: [7])
        let isUnderWay = try await eventually { Self.refusals(in: lines) > before }
        try #require(isUnderWay, "the record is refused, and tried again")
        try await fixture.mock.setDown()
        let isOver = try await eventually { try await fixture.store.relayLease()?.term ?? 0 > 1 }
        #expect(isOver, "the leader goes on with a producer that begins no transaction")
        try await fixture.mock.clearErrors(.produce)
        try await fixture.mock.setUp()
        let isSent = try await eventually {
          try await fixture.zoneRecords().last?.reportAgain?.buckets == [7]
        }
        #expect(isSent)
      }
    }
  }

  /// How often a batch was refused so far: a topic that is only just being made refuses some, too.
  private static func refusals(in lines: LogLines) -> Int {
    lines.all.count { $0.description.contains("encountered error") }
  }

  /// A relay with transactions, which tells the lines of every record that is refused.
  private func relay(of fixture: ServerFixture, telling lines: LogLines) throws -> RelayService {
    try fixture.relay(transactionalID: "relay", debug: "msg", logger: lines.logger(from: .debug))
  }

  /// Ends a transaction of somebody else's.
  private func endOfTransaction(on fixture: ServerFixture) async throws -> KafkaError? {
    var bus = fixture.bus
    bus.transactionalID = "other"
    let producer = try KafkaProducer(configuration: bus, logger: KafkaBroker.quiet)
    let running = Task { try await producer.run() }
    var failure: KafkaError?
    try await producer.initTransactions(within: .seconds(60))
    try await producer.beginTransaction()
    _ = try await producer.send(KafkaMessage(topic: KafkaBroker.randomTopic("other"), key: "k", value: [1]))
    do {
      try await producer.commitTransaction(within: .seconds(60))
    } catch let error as KafkaError {
      failure = error
    }
    await producer.close(within: .seconds(5))
    _ = try? await running.value
    return failure
  }
}
