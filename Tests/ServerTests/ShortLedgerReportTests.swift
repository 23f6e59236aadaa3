import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import TestSupport
import Testing

@testable import Server
@testable import Store

/// Reports that give back more than the ledger holds.
@Suite(.timeLimit(.minutes(3)))
struct ShortLedgerReportTests {
  private static func heartbeat(_ book: DigestBook, sequence: Int64) throws -> KafkaMessage {
    let status = AgentStatus(
      zone: "z0", incarnation: 1, sequence: sequence, version: "1", at: Timestamp(Date()), snapshotComplete: true,
      clusters: [], reports: ReportDigests(count: book.count, offsets: [0, 0, 0, 0], buckets: book.buckets))
    let event = try BusCodec.event(agent: status, source: "/test", id: UUID().uuidString, time: Timestamp(Date()))
    return KafkaMessage(
      topic: Topics.observed(zone: "z0"), key: Topics.key(agentOf: "z0"), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  private static func say(committed cpu: Int64, _ fixture: ServerFixture) async throws {
    _ = try await fixture.count(
      "UPDATE capacity_ledger SET committed_cpu = \(cpu), version = version + 1 RETURNING 1::bigint")
  }

  @Test func `a removal is asked for again until the ledger is mended, and holds up nothing`() async throws {
    try await ServerFixture.run { fixture in
      let (going, staying) = (try await fixture.place("alpha"), try await fixture.place("beta"))
      let order = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements.first
      let removal = try #require(order)
      try await Self.say(committed: 0, fixture)
      try await fixture.with(try fixture.status()) {
        try await fixture.send([
          try StatusConsumerTests.message(StatusConsumerTests.report(on: removal, sequence: 1)),
          try StatusConsumerTests.message(StatusConsumerTests.report(on: staying, sequence: 2)),
        ])
        try await StatusConsumerTests.expect(sequence: 2, of: staying, fixture)
        var book = DigestBook()
        book.setReport(going.spec.id, incarnation: 1, sequence: 1)
        book.setReport(staying.spec.id, incarnation: 1, sequence: 2)
        var sequence: Int64 = 2
        let isAsked = try await eventually {
          sequence += 1
          try await fixture.send([try Self.heartbeat(book, sequence: sequence)])
          return try await fixture.store.reportRequests()["z0"] != nil
        }
        #expect(isAsked)
        #expect(
          try await fixture.store.reportRequests()["z0"]?.buckets == [DigestBook.bucket(of: going.spec.id)])
        #expect(try await fixture.store.placement(going.spec.id).removedAt == nil)
        try await Self.say(committed: 2000, fixture)
        // The agent's answer.
        sequence += 1
        try await fixture.send([
          try StatusConsumerTests.message(StatusConsumerTests.report(on: removal, sequence: sequence))
        ])
        let isStored = try await eventually {
          try await fixture.store.placement(going.spec.id).removedAt != nil
        }
        #expect(isStored)
        #expect(try await fixture.store.capacity().map(\.committed.cpu) == [1000])
      }
    }
  }
}
