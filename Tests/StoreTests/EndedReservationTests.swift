import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// A project whose own reservation has expired, and that is decided on before anybody has released it.
struct EndedReservationTests {
  /// Runs `body` where the reservation of `alpha` has ended by the clock alone: memory knows of it as it was, and says nothing of
  /// its end.
  private static func run(_ body: (StoreFixture, ReservationRecord) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Offered.project("beta")), context: someone)
      try await fixture.withWorld {
        let ended = try await fixture.reserve("alpha", ttl: .seconds(1))
        let hasEnded = try await eventually { try await fixture.store.reservation(ended.id).state == .expired }
        #expect(hasEnded)
        // Else it may be known before it was told of: what is told a moment later is to be read once more.
        let world = fixture.store.world
        let fence = UUID().uuidString
        world.expect(fence: fence)
        defer { world.giveUp(fence) }
        _ = try await fixture.pool.withConnection {
          try await $0.query("SELECT pg_notify(\(WorldChannel.fence), \(fence))")
        }
        let isTold = await world.still(after: fence, within: .seconds(60)) != nil
        #expect(isTold)
        let isKnown = try await eventually {
          try fixture.store.world.view(of: "alpha")?.project?.held.map(\.id) == ended.placements.map(\.spec.id)
        }
        #expect(isKnown)
        try await body(fixture, ended)
      }
    }
  }

  @Test func `whoever confirms too late reserves anew at once, and nothing takes that away`() async throws {
    try await Self.run { fixture, ended in
      let late = try await refusal { try await fixture.confirm(ended, .fresh()) }
      #expect(late?.kind == .reservationEnded)
      func anew() async throws -> DecisionOutcome {
        try await fixture.store.reserve(
          PlacementRequest(project: "alpha"), ttl: .seconds(600), idempotencyKey: "anew", context: someone)
      }
      let outcome = try await anew()
      let reservation = try #require(outcome.reservation)
      #expect(reservation.id != ended.id && outcome.changed)
      #expect(outcome.decision.moved == ["reservations"], "what has ended is released, and it is decided once more")
      _ = try await fixture.store.expireReservations()
      let present = try await fixture.store.reservation(reservation.id)
      #expect(present.state == .pending && present.placements.allSatisfy { $0.removedAt == nil })
      #expect(try await fixture.store.reservation(ended.id).placements.allSatisfy { $0.removedAt != nil })
      let told = try await anew()
      #expect(told.isReplay && told.reservation?.id == reservation.id)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `it is placed as if it had never been reserved`() async throws {
    try await Self.run { fixture, ended in
      let outcome = try await fixture.store.decide(PlacementRequest(project: "alpha"), context: someone)
      let placed = try #require(outcome.placements.first)
      #expect(placed.spec.revision == 1 && !ended.placements.map(\.spec.id).contains(placed.spec.id))
      _ = try await fixture.store.expireReservations()
      #expect(try await fixture.store.placement(placed.spec.id).removedAt == nil)
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test(arguments: [false, true])
  func `it is placed together with others`(allOrNothing: Bool) async throws {
    try await Self.run { fixture, _ in
      let wishes = ["alpha", "beta"].map {
        PlannedRequest(
          PlacementRequest(project: $0), places: [Pin(environment: "prod", replica: 0, cluster: "nord-1")])
      }
      let outcome = try await fixture.store.decideTogether(wishes, allOrNothing: allOrNothing, context: someone)
      #expect(outcome.decisions.map { $0.placements.map(\.spec.revision) } == [[1], [1]])
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what somebody works on is waited for, and released after`() async throws {
    try await Self.run { fixture, ended in
      let asked = try await fixture.pool.withTransaction { holder in
        _ = try await holder.query(ReservationStatements.placements(of: ended.id, locked: true))
        let task = Task {
          try await fixture.store.reserve(PlacementRequest(project: "alpha"), ttl: .seconds(600), context: someone)
        }
        let isWaiting = try await eventually {
          try await fixture.count(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """) > 0
        }
        #expect(isWaiting)
        return task
      }
      #expect(try await asked.value.reservation != nil)
      #expect(try await fixture.ledgerAddsUp())
    }
  }
}
