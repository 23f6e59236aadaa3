import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// How reservations and decisions live beside each other.
struct ReservationRoomTests {
  /// Room for one small project.
  private static let tight = ResourceList(cpu: Quantity("3"), memory: Quantity("1Ti"), pods: Quantity("1000"))

  @Test func `a decision takes the room of an expired reservation, without waiting for anyone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.tight])
      let reservation = try await fixture.reserve("alpha")
      #expect(try await fixture.place("beta").answer.plan.outcome == .unplaceable)
      try await fixture.elapse(reservation)
      #expect(
        try await fixture.store.preview(PlacementRequest(project: Offered.project("beta"))).outcome == .placed)
      #expect(try await fixture.place("beta").answer.plan.outcome == .placed)
      #expect(try await fixture.committedCPU() == 2000)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `a reservation takes the room of an expired one, of its own project too`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.tight])
      try await fixture.elapse(try await fixture.reserve("alpha"))
      let second = try await fixture.reserve("alpha")
      try await fixture.elapse(second)
      #expect(try await fixture.reserve("beta").state == .pending)
      #expect(try await fixture.store.reservation(second.id).placements.allSatisfy { $0.removedAt != nil })
    }
  }

  @Test func `cancelling what has expired gives its capacity back, if nobody has yet`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.tight])
      let reservation = try await fixture.reserve("alpha")
      try await fixture.elapse(reservation)
      #expect(try await fixture.store.cancel(reservation: reservation.id, context: someone).state == .expired)
      #expect(try await fixture.committedCPU() == 0)
      #expect(try await fixture.store.expireReservations().expired.isEmpty)
      #expect(try await fixture.count("SELECT count(*) FROM reservations WHERE released_because = 'expired'") == 1)
    }
  }

  @Test func `the last attempt, on a locked ledger, releases what is due as well`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.tight])
      try await fixture.elapse(try await fixture.reserve("alpha"))
      let job = DecisionJob(
        ticket: 7, request: PlacementRequest(project: Offered.project("beta")), purpose: .place, key: nil,
        context: someone, deadline: nil)
      let committed = try await fixture.pool.withTransaction { connection in
        try await fixture.store.commit([job], planned: nil, waits: true, in: connection)
      }
      guard case .made(let outcome)? = try committed.round.settled[7]?.get() else {
        Issue.record("the decision was not made")
        return
      }
      #expect(outcome.answer.plan.outcome == .placed)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what the last attempt can not release, because another works on it, it passes by`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Self.tight])
      let reservation = try await fixture.reserve("alpha")
      try await fixture.elapse(reservation)
      try await fixture.pool.withTransaction { holder in
        _ = try await holder.query(ReservationStatements.placements(of: reservation.id, locked: true))
        let result = try await fixture.store.expireReservations()
        #expect(result.expired.isEmpty)
        #expect(result.next == .zero)
        #expect(try await fixture.place("beta").answer.plan.outcome == .unplaceable)
      }
      #expect(try await fixture.store.expireReservations().expired == [reservation.id])
    }
  }

  @Test func `an environment that is reserved is not decided on, nor reserved otherwise`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", environments: ["prod"])
      let reservation = try await fixture.reserve("alpha", environments: ["prod", "dev"])
      #expect(reservation.placements.map(\.spec.environment) == ["dev"])
      let decided = try await refusal { _ = try await fixture.place("alpha", environments: ["prod", "dev"]) }
      #expect(decided?.kind == .reservationPending)
      #expect(decided?.message.contains(reservation.id.uuidString.lowercased()) == true)
      let otherwise = try await refusal {
        let project = Offered.project("alpha", quota: Offered.quota(cpu: 3), environments: ["dev"])
        _ = try await fixture.store.reserve(PlacementRequest(project: project), ttl: .seconds(60), context: someone)
      }
      #expect(otherwise?.kind == .reservationPending)
      // What it is not about goes on.
      let outcome = try await fixture.place("alpha", quota: Offered.quota(cpu: 5), environments: ["prod"])
      #expect(outcome.placements.map(\.spec.revision) == [2])
      // A further environment is reserved beside it.
      let third = Offered.project("alpha", quota: Offered.small, environments: ["dev", "test"])
      let second = try await fixture.store.reserve(
        PlacementRequest(project: third), ttl: .seconds(60), context: someone)
      #expect(second.reservation?.placements.map(\.spec.environment) == ["test"])
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what is placed already is not reserved, and not changed by a reservation`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.place("alpha")
      let same = try await fixture.store.reserve(
        PlacementRequest(project: "alpha"), ttl: .seconds(60), context: someone)
      #expect(same.reservation == nil)
      #expect(!same.changed)
      #expect(same.decision == first.decision)
      let before = try await fixture.store.get(.project, "alpha")
      let raise = Offered.project("alpha", quota: Offered.quota(cpu: 8), environments: ["prod", "dev"])
      let error = try await refusal {
        _ = try await fixture.store.reserve(PlacementRequest(project: raise), ttl: .seconds(60), context: someone)
      }
      #expect(error?.kind == .conflict)
      #expect(try await fixture.store.get(.project, "alpha") == before)
      _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let leaving = try await refusal { try await fixture.reserve("alpha") }
      #expect(leaving?.kind == .conflict)
      #expect(try await fixture.count("SELECT count(*) FROM holds") == 0)
    }
  }

  @Test func `a project that fits nowhere is a stored decision without a reservation`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let huge = Offered.project("huge", quota: Offered.quota(cpu: 1000))
      let outcome = try await fixture.store.reserve(
        PlacementRequest(project: huge), ttl: .seconds(60), context: someone)
      #expect(outcome.answer.plan.outcome == .unplaceable)
      #expect(outcome.reservation == nil)
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 1)
      #expect(try await fixture.count("SELECT count(*) FROM holds") == 0)
    }
  }

  @Test func `a cluster with a reservation keeps its zone, and neither it nor the project is deleted`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let reservation = try await fixture.reserve("alpha")
      for (kind, name) in [(Kind.cluster, "nord-1"), (.project, "alpha")] {
        let error = try await refusal { try await fixture.store.delete(kind, name, context: someone) }
        #expect(error?.kind == .stillReferenced)
      }
      _ = try await fixture.store.cancel(reservation: reservation.id, context: someone)
      try await fixture.store.delete(.project, "alpha", context: someone)
      try await fixture.store.delete(.cluster, "nord-1", context: someone)
    }
  }

  @Test func `commits that reserve wake a listener`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let listener = PostgresListener(
        configuration: fixture.configuration, channels: [GovernanceStore.reservationChannel], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      try await fixture.reserve("alpha")
      #expect(await events.next() == .notification(channel: GovernanceStore.reservationChannel, payload: ""))
    }
  }
}
