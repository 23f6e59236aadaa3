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

/// The bus is told to forget findings that ended long ago.
@Suite(.timeLimit(.minutes(3)))
struct EndedFindingTests {
  /// A finding that has ended so many days ago, or has not, and what the bus is told of it.
  private func find(_ fixture: ServerFixture, endedDaysAgo days: Int?) async throws -> UUID {
    let (id, placement) = (UUID(), UUID())
    let resolution = days == nil ? nil : "policy"
    let fact = FindingFact(
      epoch: 1, finding: id, placement: placement, policyVersion: 1, openedAt: Timestamp(microseconds: 1),
      dueOn: try #require(CalendarDay("2026-01-01")), resolvedAt: days == nil ? nil : Timestamp(microseconds: 2),
      resolution: resolution)
    try await fixture.pool.withConnection { connection in
      _ = try await connection.pipeline([
        """
        INSERT INTO findings (id, placement, project, environment, replica, cluster, zone, region, operator,
          policy_version, judged_policy, rules, reasons, opened_at, due_on, resolved_at, resolution)
        SELECT \(id), \(placement), 'p', 'prod', 0, 'c', 'z0', 'r', 'o', 1, 1, '{}', '[]',
          clock_timestamp() - interval '90 days', '2026-01-01',
          clock_timestamp() - \(days.map(Int64.init)) * interval '1 day', \(resolution)
        """,
        """
        INSERT INTO public_facts (event, type, key, revision, data, at)
        VALUES (gen_random_uuid(), \(FindingFact.type), \(fact.key), \(fact.revision), \(try BusCodec.encode(fact)),
          clock_timestamp())
        """,
      ])
    }
    return id
  }

  private func records(_ fixture: ServerFixture, of id: UUID) async throws -> [Bool] {
    let key = GovernanceStore.findingKey(id)
    return try await fixture.records(of: Topics.events).filter { $0.key?.elementsEqual(key.utf8) == true }.map(
      \.isTombstone)
  }

  @Test func `what ended a month ago has a tombstone behind its end, once; what did not, or is open, has none`()
    async throws
  {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let (old, young, open) = (
        try await find(fixture, endedDaysAgo: 31), try await find(fixture, endedDaysAgo: 29),
        try await find(fixture, endedDaysAgo: nil)
      )
      try await fixture.with(try fixture.facts()) {
        // Told is not yet noted: a publisher that is stopped in between tells it again, as it should.
        let isNoted = try await eventually {
          try await fixture.count("SELECT count(*) FROM findings WHERE tombstone_at IS NOT NULL") == 1
        }
        #expect(isNoted)
      }
      #expect(try await records(fixture, of: old) == [false, true])
      #expect(
        try await fixture.count(
          "SELECT count(*) FROM public_facts WHERE key = \(GovernanceStore.findingKey(old))") == 0)
      // The next publisher has nothing to add.
      try await fixture.with(try fixture.facts("b")) {
        let isWell = try await eventually { fixture.healthStatus("facts-b") == .pass }
        #expect(isWell)
      }
      #expect(try await records(fixture, of: old) == [false, true])
      #expect(try await records(fixture, of: young) == [false])
      #expect(try await records(fixture, of: open) == [false])
    }
  }
}
