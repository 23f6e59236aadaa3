import Events
import Foundation
import Kafka
import Logging
import TestSupport
import Testing

@testable import Server
@testable import Store

/// The relay with a transactional id: librdkafka's mock neither fences nor isolates.
@Suite(.enabled(if: KafkaBroker.hasReal, "not run: needs KAFKA_BOOTSTRAP_SERVERS"), .timeLimit(.minutes(3)))
struct RelayTransactionTests {
  @Test func `what is committed is seen by readers of committed data, and marked`() async throws {
    try await ServerFixture.runOnRealBroker { fixture, zone in
      try await fixture.with(try fixture.relay(transactionalID: "relay-\(zone)")) {
        for cpu in 1...3 {
          try await fixture.place("alpha", cpu: Int64(cpu))
          try await fixture.expectPublished()
        }
      }
      #expect(try await fixture.published(zone: zone).map(\.revision) == [1, 2, 3])
    }
  }

  /// Somebody takes the name over, as an instance elsewhere would that believes itself the leader.
  @Test func `a fenced relay steps down, believes nothing it sent, and publishes it as a new leader`() async throws {
    try await ServerFixture.runOnRealBroker { fixture, zone in
      let id = "relay-\(zone)"
      try await fixture.with(try fixture.relay(transactionalID: id)) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        #expect(try await fixture.store.relayLease()?.term == 1)
        var other = fixture.bus
        other.transactionalID = id
        try await KafkaProducer.withProducer(configuration: other, logger: KafkaBroker.quiet) { producer in
          try await producer.initTransactions(within: .seconds(60))
        }
        try await fixture.place("alpha", cpu: 2)
        try await fixture.expectPublished()
        #expect(try await fixture.store.relayLease()?.term == 2, "the fenced leader stepped down")
      }
      let states = try await fixture.published(zone: zone)
      expectOrdered(states)
      #expect(states.last?.revision == 2)
    }
  }

  /// An older leader that was cut off with a record under way: what it sent is never seen.
  @Test func `what a fenced producer had under way never reaches a reader`() async throws {
    try await ServerFixture.runOnRealBroker { fixture, zone in
      let id = "relay-\(zone)"
      try await fixture.topics.ensure(zones: [zone])
      var stale = fixture.bus
      stale.transactionalID = id
      let old = try KafkaProducer(configuration: stale, logger: KafkaBroker.quiet)
      let running = Task { try await old.run() }
      let transactions = RelayTransactions(producer: old, patience: .seconds(10), logger: KafkaBroker.quiet)
      try await transactions.begin()
      try await old.beginTransaction()
      let late = KafkaMessage(topic: Topics.desired(zone: zone), key: "late", value: [1])
      _ = try await old.send(late)
      try await fixture.with(try fixture.relay(transactionalID: id)) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
      }
      let error = await #expect(throws: KafkaError.self) { try await old.commitTransaction(within: .seconds(10)) }
      #expect(error?.code == .fenced && error?.isFatal == true, "\(error.map { "\($0)" } ?? "")")
      await old.close(within: .seconds(5))
      _ = try? await running.value
      let keys = try await fixture.records(of: Topics.desired(zone: zone)).map(\.keyString)
      #expect(!keys.contains("late") && keys.count == 1)
    }
  }
}
