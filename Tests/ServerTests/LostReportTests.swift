import Events
import Foundation
import Kafka
import Model
import Postgres
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// Reports that were lost on their way: the centre notices by the agent's heartbeats, and asks by the zone's record.
@Suite(.timeLimit(.minutes(3)))
struct LostReportTests {
  private func heartbeat(_ book: DigestBook, offset: Int64, sequence: Int64) throws -> KafkaMessage {
    let status = AgentStatus(
      zone: "z0", incarnation: 1, sequence: sequence, version: "1", at: Timestamp(Date()), snapshotComplete: true,
      clusters: [],
      reports: ReportDigests(count: book.count, offsets: [offset, 0, 0, 0], buckets: book.buckets))
    let event = try BusCodec.event(agent: status, source: "/test", id: UUID().uuidString, time: Timestamp(Date()))
    return KafkaMessage(
      topic: Topics.observed(zone: "z0"), key: Topics.key(agentOf: "z0"), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  @Test func `what an agent has reported and nobody has read is asked for by the zone's record`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay(), try fixture.status()) {
        let (seen, lost) = (try await fixture.place("alpha"), try await fixture.place("beta"))
        try await fixture.expectPublished()
        try await fixture.send([try StatusConsumerTests.message(StatusConsumerTests.report(on: seen, sequence: 1))])
        try await StatusConsumerTests.expect(sequence: 1, of: seen, fixture)
        var book = DigestBook()
        book.setReport(seen.spec.id, incarnation: 1, sequence: 1)
        book.setReport(lost.spec.id, incarnation: 1, sequence: 2)
        var sequence: Int64 = 2
        let isAsked = try await eventually {
          sequence += 1
          // The topic was made anew and ends far before.
          try await fixture.send([try heartbeat(book, offset: 4_000, sequence: sequence)])
          return try await fixture.latestRecord()?.reportAgain != nil
        }
        #expect(isAsked)
        let request = try #require(try await fixture.latestRecord()?.reportAgain)
        #expect(request.incarnation == 1 && request.buckets == [DigestBook.bucket(of: lost.spec.id)])
        #expect(try await fixture.store.reportRequests() == ["z0": request])
        // The heartbeat is kept without its digests.
        let isKept = try await eventually { try await fixture.store.agents().first?.status.sequence ?? 0 > 2 }
        #expect(isKept)
        #expect(try await fixture.store.agents().first?.status.reports == nil)
      }
    }
  }

  /// Nothing is read meanwhile, though the bus holds more.
  @Test func `reports that the database takes long to ask for are not told as the bus's fault`() async throws {
    try await ServerFixture.run { fixture in
      let lost = try await fixture.place("alpha")
      var book = DigestBook()
      book.setReport(lost.spec.id, incarnation: 1, sequence: 1)
      let reported = book
      var patient = fixture.database
      // Else what waits for the table is given up after half a minute, and told as the database's fault.
      patient.statementTimeout = .seconds(600)
      try await PostgresPool.withPool(patient, logger: KafkaBroker.quiet) { pool in
        let service = StatusConsumerService(
          store: GovernanceStore(pool: pool, logger: KafkaBroker.quiet), database: patient, bus: fixture.bus,
          topics: fixture.topics,
          // As long a time between looks as a busy machine needs.
          silence: SilenceCount.Pace(interval: .milliseconds(500)), holderPatience: ServerFixture.patience,
          health: try fixture.telemetry.health.register("status", component: "test", role: .informative),
          logger: KafkaBroker.quiet)
        try await fixture.with(service) {
          try await fixture.pool.withTransaction { holder in
            // Else the database ends whoever says nothing for a quarter of a minute: to send may take long.
            try await holder.execute("SET LOCAL idle_in_transaction_session_timeout = '2min'")
            try await holder.execute("LOCK TABLE report_requests IN ACCESS EXCLUSIVE MODE")
            var sequence: Int64 = 1
            let waits = try await eventually {
              sequence += 1
              try await fixture.send([try heartbeat(reported, offset: 0, sequence: sequence)])
              let waiting = try await holder.query(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'report_requests'::regclass")
              return try waiting.first?.decode(Int64.self, at: 0) == 1
            }
            #expect(waits)
            sequence += 1
            try await fixture.send([try heartbeat(reported, offset: 0, sequence: sequence)])
            // More than three looks.
            try await Task.sleep(for: .seconds(4))
            #expect(fixture.healthStatus("status") == .pass)
          }
        }
      }
    }
  }
}

extension ServerFixture {
  fileprivate func latestRecord() async throws -> ZoneRecord? {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: Topics.desired(zone: "z0")).compactMap { record in
      guard case .zone = Topics.subject(ofKey: record.key ?? []) else { return nil }
      return try BusCodec.zoneRecord(
        key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
        data: record.value ?? [], zone: "z0", verifier: verifier)
    }.max { $0.sequence < $1.sequence }
  }
}
