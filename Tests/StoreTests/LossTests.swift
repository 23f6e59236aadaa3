import Foundation
import Model
import Postgres
import Store
import Testing
import Trail

/// A person declares that a removal can not be observed any more.
struct LossTests {
  @Test func `a declared loss gives back once what a removal would have`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("beta", quota: Offered.full())
      _ = try await fixture.place("alpha", quota: Offered.full())
      let removed = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let placement = try #require(removed.first)
      let loss = try await fixture.store.declareLoss(
        of: placement.spec.id, reason: "le centre a brûlé", idempotencyKey: "k1", context: someone)
      #expect(loss.released == ResourceAmounts(Offered.full()))
      #expect(loss.cluster == "nord-1")
      #expect(loss.principal == someone.principal)
      #expect(try await fixture.committedCPU() == 2000)
      #expect(try await fixture.ledgerAddsUp())
      let entries = try await fixture.store.auditEntries().items.filter { $0.action == "loss-declared" }
      #expect(entries.count == 1)
      #expect(entries.first.map { String(decoding: $0.body, as: UTF8.self).contains("le centre a brûlé") } == true)

      // The same key, another request, and the agent that comes back: nothing is given back twice.
      let again = try await fixture.store.declareLoss(
        of: placement.spec.id, reason: "le centre a brûlé", idempotencyKey: "k1", context: someone)
      #expect(again.isReplay)
      let twice = try await refusal {
        _ = try await fixture.store.declareLoss(of: placement.spec.id, reason: "encore", context: someone)
      }
      #expect(twice?.kind == .conflict)
      let unseen = try await fixture.store.placement(placement.spec.id)
      #expect(unseen.removedAt == loss.declaredAt && unseen.isLostUnseen)
      _ = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 8, applied: false)], topic: "t", zone: "nord")
      #expect(try await fixture.store.placement(placement.spec.id).isLostUnseen, "it is there still")
      let result = try await fixture.store.apply([fixture.observe(placement, sequence: 9)], topic: "t", zone: "nord")
      #expect(result.removed.isEmpty)
      #expect(try await fixture.committedCPU() == 2000)
      #expect(try await fixture.ledgerAddsUp())
      let seen = try await fixture.store.placement(placement.spec.id)
      #expect(seen.removedAt == loss.declaredAt && seen.isLossDeclared == true && !seen.isLostUnseen)
    }
  }

  @Test func `the removal stays published for an agent that comes back`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let removed = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let placement = try #require(removed.first)
      _ = try await fixture.store.declareLoss(of: placement.spec.id, reason: "perdu", context: someone)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      #expect(claims.map(\.state) == [placement.desiredState()])
      // Its place may be taken anew.
      let fresh = try await fixture.place("alpha").placements
      #expect(fresh.count == 1)
      #expect(fresh.first?.spec.id != placement.spec.id)
    }
  }

  @Test func `only what was asked to go, and has had the time to, can be declared lost`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      func declare(_ id: UUID, _ reason: String = "perdu") async throws -> StoreError? {
        try await refusal { _ = try await fixture.store.declareLoss(of: id, reason: reason, context: someone) }
      }
      #expect(try await declare(placement.spec.id)?.kind == .conflict)
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha", delay: .seconds(3600)), context: someone)
      let early = try await declare(placement.spec.id)
      #expect(early?.kind == .conflict)
      #expect(early?.accepted?.hasSuffix("Z") == true)
      let reserved = try #require(try await fixture.reserve("beta").placements.first)
      #expect(try await declare(reserved.spec.id)?.kind == .notFound)
      #expect(try await declare(UUID())?.kind == .notFound)
      for reason in ["", " \n\t ", String(repeating: "x", count: 1001), "per\u{9B}2Kdu", "per\u{202E}du"] {
        #expect(try await declare(placement.spec.id, reason)?.path == "reason")
      }
      #expect(try await fixture.committedCPU() == 4000)
    }
  }
}
