import Foundation
import Model
import Postgres
import Store
import Testing

struct IdempotencyTests {
  @Test func `the same key and request get the same stored answer`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.place("alpha", key: "k1")
      #expect(!first.isReplay)
      // The world moves on; the answer does not.
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      var again = try await fixture.store.decide(
        PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      #expect(again.isReplay)
      again.isReplay = false
      #expect(again == first)
    }
  }

  @Test func `the stored answer is given also when the project or the policy is gone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placed = try await fixture.place("alpha", key: "k1")
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let wish = PlacementRequest(project: "beta")
      let held = try await fixture.store.reserve(
        wish, ttl: .seconds(600), idempotencyKey: "k1", context: someone)
      let reservation = try #require(held.reservation)
      let cancelled = try await fixture.store.cancel(
        reservation: reservation.id, idempotencyKey: "k1", context: someone)
      let removed = try await fixture.store.remove(
        RemovalRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      let placement = try #require(removed.placements.first?.spec.id)
      let loss = try await fixture.store.declareLoss(
        of: placement, reason: "perdu", idempotencyKey: "k1", context: someone)
      // All that the answers were made on goes away.
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE resources SET deleted_at = clock_timestamp()")
      }
      var decidedAgain = try await fixture.store.decide(
        PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      #expect(decidedAgain.isReplay)
      decidedAgain.isReplay = false
      #expect(decidedAgain == placed)
      let heldAgain = try await fixture.store.reserve(
        wish, ttl: .seconds(600), idempotencyKey: "k1", context: someone)
      #expect(heldAgain.isReplay && heldAgain.reservation == reservation)
      let cancelledAgain = try await fixture.store.cancel(
        reservation: reservation.id, idempotencyKey: "k1", context: someone)
      #expect(cancelledAgain.isReplay && cancelledAgain.cancelledAt == cancelled.cancelledAt)
      let removedAgain = try await fixture.store.remove(
        RemovalRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      #expect(removedAgain.isReplay && removedAgain.placements == removed.placements)
      let lossAgain = try await fixture.store.declareLoss(
        of: placement, reason: "perdu", idempotencyKey: "k1", context: someone)
      #expect(lossAgain.isReplay && lossAgain.declaredAt == loss.declaredAt)
    }
  }

  @Test func `a key that came with another reservation is told before anything of the reservation`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      let console = ConfirmationRequest.fresh()
      try await fixture.confirm(reservation, console, key: "k1")
      let unknown = UUID()
      let error = try await refusal {
        _ = try await fixture.store.confirm(
          reservation: unknown, console, idempotencyKey: "k1", context: someone)
      }
      #expect(error?.kind == .idempotencyMismatch)
    }
  }

  @Test func `the same key with another request is refused and does nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", key: "k1")
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let error = try await refusal {
        _ = try await fixture.store.decide(PlacementRequest(project: "beta"), idempotencyKey: "k1", context: someone)
      }
      #expect(error?.kind == .idempotencyMismatch)
      #expect(try await fixture.count("SELECT count(*) FROM placements") == 1)
      let long = try await refusal {
        _ = try await fixture.store.decide(
          PlacementRequest(project: "beta"), idempotencyKey: String(repeating: "k", count: 256), context: someone)
      }
      #expect(long?.kind == .invalid)
    }
  }

  @Test func `a key belongs to who used it, and to what it was used for`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", key: "k1")
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      let other = RequestContext(principal: "test:other")
      _ = try await fixture.store.decide(PlacementRequest(project: "beta"), idempotencyKey: "k1", context: other)
      let removed = try await fixture.store.remove(
        RemovalRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      let again = try await fixture.store.remove(
        RemovalRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      #expect(again.isReplay && !removed.isReplay)
      #expect(again.placements == removed.placements)
    }
  }

  @Test func `a key whose request failed is free again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let error = try await refusal {
        _ = try await fixture.store.decide(PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
      }
      #expect(error?.kind == .notFound)
      let outcome = try await fixture.place("alpha", key: "k1")
      #expect(!outcome.isReplay)
    }
  }

  /// One that can be placed, and one that can not.
  @Test(arguments: [2, 1000] as [Int64])
  func `many requests with one key at once are one decision and one answer`(cpu: Int64) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let project = Offered.project("alpha", quota: Offered.quota(cpu: cpu))
      _ = try await fixture.store.put(.project(project), context: someone)
      let outcomes = try await withThrowingTaskGroup(of: DecisionOutcome.self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await fixture.store.decide(
              PlacementRequest(project: "alpha"), idempotencyKey: "k1", context: someone)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.filter { !$0.isReplay }.count == 1)
      #expect(Set(outcomes.map(\.decision)).count == 1)
      #expect(Set(outcomes.map(\.placements)).count == 1)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == (cpu == 2 ? 1 : 0))
    }
  }
}
