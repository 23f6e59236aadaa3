import Foundation
import Logging
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import Server

/// Services that every instance runs, and that do a thing once.
struct CapacityServiceTests {
  @Test(.timeLimit(.minutes(3)))
  func `several instances write a day and a public offer once, and tell of a ledger that does not agree`() async throws
  {
    try await ServerFixture.run { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          let capacity = CapacityService(store: fixture.store, logger: KafkaBroker.quiet)
          let offer = OfferService(store: fixture.store, database: fixture.database, logger: KafkaBroker.quiet)
          group.addTask { try await capacity.run() }
          group.addTask { try await offer.run() }
        }
        func count(_ query: PostgresQuery) async throws -> Int64 {
          try await fixture.pool.withConnection { try await $0.query(query) }.first?.decode(Int64.self, at: 0) ?? -1
        }
        func eventually(_ query: PostgresQuery, _ wanted: Int64) async throws {
          while try await count(query) != wanted { try await Task.sleep(for: .milliseconds(10)) }
        }
        let clusters = try await count("SELECT count(*) FROM resources WHERE kind = 'Cluster' AND deleted_at IS NULL")
        #expect(clusters > 0)
        try await eventually("SELECT count(*) FROM capacity_days", clusters * 5)
        try await eventually("SELECT count(*) FROM offer_documents", 1)
        // The offer's own notification wakes them: nothing else would within the minute.
        _ = try await fixture.store.put(
          .operator(Resource("nouveau", OperatorSpec(displayName: "Nouveau"))), context: someone)
        try await eventually("SELECT count(*) FROM offer_documents", 2)
        #expect(try await fixture.store.publishOffer() == false)
        #expect(try await count("SELECT count(*) FROM public_facts WHERE key = 'offer/current'") == 2)
        group.cancelAll()
      }
    }
  }
}
