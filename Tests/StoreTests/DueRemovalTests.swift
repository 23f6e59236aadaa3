import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// Removals whose moment has come are said again, once.
struct DueRemovalTests {
  private func publish(_ fixture: StoreFixture) async throws {
    _ = try await fixture.pool.withConnection {
      try await $0.execute(
        "UPDATE outbox SET attempts = 1, attempted_at = clock_timestamp(), published_at = clock_timestamp()")
    }
  }

  private func wait(_ interval: PostgresQuery, _ fixture: StoreFixture) async throws {
    _ = try await fixture.pool.withConnection {
      try await $0.pipeline([
        "UPDATE outbox SET attempted_at = attempted_at - \(interval), published_at = published_at - \(interval)",
        "UPDATE placements SET not_before = not_before - \(interval)",
      ])
    }
  }

  @Test func `a removal is published once more when its moment has passed, and no more after that`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      _ = try await fixture.place("beta")
      let removed = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let placement = try #require(removed.first)
      try await publish(fixture)
      _ = try await fixture.pool.withConnection {
        try await $0.execute(
          "UPDATE placements SET not_before = clock_timestamp() + interval '1 hour' WHERE phase = 'removed'")
      }
      #expect(try await fixture.store.republishDueRemovals() == 0)
      try await wait("interval '59 minutes'", fixture)
      #expect(try await fixture.store.republishDueRemovals() == 0)
      try await wait("interval '1 minute'", fixture)
      #expect(try await fixture.store.republishDueRemovals() == 1)
      #expect(try await fixture.store.republishDueRemovals() == 0, "it waits to be published")
      try await publish(fixture)
      #expect(try await fixture.store.republishDueRemovals() == 0, "it was")
      #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1)
      // A newer revision has a moment of its own; what was removed has none.
      try await wait("interval '2 hours'", fixture)
      _ = try await fixture.store.apply([fixture.observe(placement, sequence: 1)], topic: "t", zone: "nord")
      #expect(try await fixture.store.republishDueRemovals() == 0)
    }
  }
}
