import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// Reserve, confirm, cancel, expire (protocol rule 5), one at a time.
struct ReservationTests {
  @Test func `what is reserved is counted, and nothing of it is desired`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      #expect(reservation.state == .pending)
      #expect(reservation.expiresAt.microseconds(since: reservation.createdAt) == 600_000_000)
      #expect(reservation.placements.map(\.spec.environment) == ["dev", "prod"])
      #expect(reservation.placements.allSatisfy { $0.isUnconfirmed && $0.reserved == ResourceAmounts(Offered.small) })
      #expect(try await fixture.store.reservation(reservation.id) == reservation)
      #expect(try await fixture.committedCPU() == 4000)
      #expect(try await fixture.ledgerAddsUp())

      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 0)
      #expect(try await fixture.store.placements(PlacementFilter(includeRemoved: true)).items.isEmpty)
      #expect(try await fixture.store.counts().placements.isEmpty)
      let id = try #require(reservation.placements.first).spec.id
      #expect(try await refusal { _ = try await fixture.store.placement(id) }?.kind == .notFound)
      #expect(
        try await refusal {
          _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
        }?.kind == .notFound)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'reserved'") == 1)
    }
  }

  @Test func `what is reserved is not published when an agent, or a new relay, asks for everything`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let pending = try await fixture.reserve("alpha")
      let gone = try await fixture.reserve("beta")
      _ = try await fixture.store.cancel(reservation: gone.id, context: someone)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let ids = (pending.placements + gone.placements).map(\.spec.id)
      #expect(try await fixture.store.requestRepublication(zone: "nord", request: UUID(), reason: "plea") == 0)
      #expect(try await fixture.store.requestRepublication(placements: ids, reason: "leader") == 0)
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10).isEmpty)
      // Nor does the schema let anything announce it.
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection {
          _ = try await $0.execute(
            "INSERT INTO outbox (placement, epoch, revision, reason) SELECT id, epoch, revision, 't' FROM placements")
        }
      }
    }
  }

  @Test func `a report on what is only reserved is not believed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      let placement = try #require(reservation.placements.first)
      let result = try await fixture.store.apply(
        [fixture.observe(placement, sequence: 1)], topic: "t", zone: "nord")
      #expect(result.foreign == 1)
      #expect(try await fixture.store.reservation(reservation.id) == reservation)
    }
  }

  @Test func `a confirmation publishes under the console's identifiers`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      let console = ConfirmationRequest.fresh(["prod", "dev"])
      let confirmed = try await fixture.confirm(reservation, console)
      #expect(confirmed.state == .confirmed)
      #expect(confirmed.confirmedAt != nil)
      #expect(confirmed.placements.map(\.spec.id) == reservation.placements.map(\.spec.id))
      for placement in confirmed.placements {
        let environmentID = try #require(console.environmentIDs[placement.spec.environment])
        #expect(placement.spec.projectID == console.projectID)
        #expect(placement.spec.environmentID == environmentID)
        #expect(
          placement.spec.namespace == NamespaceName.make(environment: environmentID, project: console.projectID))
        #expect(placement.spec.revision == 1)
        #expect(placement.spec.decision == reservation.decision)
      }
      #expect(try await fixture.store.placements().items == confirmed.placements)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      #expect(Set(claims.map(\.state)) == Set(confirmed.placements.map { $0.desiredState() }))
      #expect(
        try await fixture.count("SELECT count(*) FROM project_identities WHERE from_console") == 1)
      #expect(try await fixture.committedCPU() == 4000)
      #expect(try await fixture.ledgerAddsUp())

      // From then on it is a placement as any other, and is not held by time.
      #expect(try await fixture.store.expireReservations().next == nil)
      let raised = Offered.project("alpha", quota: Offered.quota(cpu: 3), environments: ["prod", "dev"])
      let outcome = try await fixture.store.decide(PlacementRequest(project: raised), context: someone)
      #expect(outcome.placements.map(\.spec.revision) == [2, 2])
    }
  }

  @Test func `confirming again with the same identifiers changes nothing, with others is refused`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      let console = ConfirmationRequest.fresh()
      let first = try await fixture.confirm(reservation, console)
      #expect(try await fixture.confirm(reservation, console) == first)
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 1)
      var other = console
      other.environmentIDs["prod"] = UUID()
      for wrong in [other, .fresh(), ConfirmationRequest(projectID: console.projectID, environmentIDs: [:])] {
        let error = try await refusal { try await fixture.confirm(reservation, wrong) }
        #expect(error?.kind == .reservationConfirmed)
        #expect(error?.accepted?.contains(console.projectID.uuidString.lowercased()) == true)
      }
      #expect(try await fixture.store.reservation(reservation.id) == first)
    }
  }

  @Test func `an expired reservation can not be confirmed, released or not, nor after a clock was set back`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      let next = try #require(try await fixture.store.expireReservations().next)
      #expect(next > .seconds(500) && next <= .seconds(600))
      try await fixture.elapse(reservation)
      #expect(try await fixture.store.reservation(reservation.id).state == .expired)
      #expect(try await refusal { try await fixture.confirm(reservation, .fresh()) }?.kind == .reservationEnded)
      #expect(try await fixture.committedCPU() == 2000)

      let result = try await fixture.store.expireReservations()
      #expect(result == ExpiryResult(expired: [reservation.id], next: nil))
      #expect(try await fixture.committedCPU() == 0)
      #expect(try await fixture.store.expireReservations() == ExpiryResult(expired: [], next: nil))
      #expect(try await refusal { try await fixture.confirm(reservation, .fresh()) }?.kind == .reservationEnded)
      #expect(try await fixture.store.cancel(reservation: reservation.id, context: someone).state == .expired)

      try await fixture.elapse(reservation, in: 600_000)
      #expect(try await fixture.store.reservation(reservation.id).state == .expired)
      #expect(try await refusal { try await fixture.confirm(reservation, .fresh()) }?.kind == .reservationEnded)
      #expect(try await fixture.store.cancel(reservation: reservation.id, context: someone).state == .expired)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.count("SELECT count(*) FROM outbox") == 0)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'expired'") == 1)
    }
  }

  @Test func `cancelling gives back at once, and only what was not confirmed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      let cancelled = try await fixture.store.cancel(reservation: reservation.id, context: someone)
      #expect(cancelled.state == .cancelled)
      #expect(try await fixture.committedCPU() == 0)
      #expect(try await fixture.store.cancel(reservation: reservation.id, context: someone) == cancelled)
      #expect(
        try await refusal { try await fixture.confirm(reservation, .fresh(["prod", "dev"])) }?.kind == .reservationEnded
      )
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries WHERE action = 'cancelled'") == 1)

      let second = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      try await fixture.confirm(second, .fresh(["prod", "dev"]))
      let error = try await refusal { _ = try await fixture.store.cancel(reservation: second.id, context: someone) }
      #expect(error?.kind == .reservationConfirmed)
      #expect(try await fixture.committedCPU() == 4000)
      #expect(try await fixture.ledgerAddsUp())
      let unknown = try await refusal { _ = try await fixture.store.cancel(reservation: UUID(), context: someone) }
      #expect(unknown?.kind == .notFound)
    }
  }

  @Test func `a reservation is held for one second to one day`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for ttl in [Duration.zero, .milliseconds(1500), .seconds(-1), .seconds(86_401)] {
        let error = try await refusal { try await fixture.reserve("alpha", ttl: ttl) }
        #expect(error?.kind == .invalid)
        #expect(error?.path == "ttlSeconds")
      }
      #expect(try await fixture.reserve("alpha", ttl: .seconds(86_400)).state == .pending)
    }
  }

  @Test func `one key is one reservation, one confirmation, one cancellation`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha", key: "k1")
      #expect(try await fixture.reserve("alpha", key: "k1") == reservation)
      let longer = try await refusal { try await fixture.reserve("alpha", ttl: .seconds(601), key: "k1") }
      #expect(longer?.kind == .idempotencyMismatch)
      #expect(try await fixture.committedCPU() == 2000)

      let console = ConfirmationRequest.fresh()
      let confirmed = try await fixture.confirm(reservation, console, key: "k1")
      var again = try await fixture.confirm(reservation, console, key: "k1")
      #expect(again.isReplay)
      again.isReplay = false
      #expect(again == confirmed)
      #expect(
        try await refusal { try await fixture.confirm(reservation, .fresh(), key: "k1") }?.kind == .idempotencyMismatch)

      let second = try await fixture.reserve("beta", key: "k2")
      let cancelled = try await fixture.store.cancel(reservation: second.id, idempotencyKey: "k3", context: someone)
      #expect(!cancelled.isReplay)
      #expect(try await fixture.store.cancel(reservation: second.id, idempotencyKey: "k3", context: someone).isReplay)
      let other = try await refusal {
        _ = try await fixture.store.cancel(reservation: reservation.id, idempotencyKey: "k3", context: someone)
      }
      #expect(other?.kind == .idempotencyMismatch)
    }
  }
}
