import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What goes on where the ledger of one cluster holds less than the reservations on it.
struct ShortLedgerTests {
  /// Room for one small project.
  private static let tight = ResourceList(cpu: Quantity("3"), memory: Quantity("1Ti"), pods: Quantity("1000"))
  private static let medium = Offered.quota(cpu: 8)

  /// Runs `body` where a reservation has expired on `nord-1`, whose ledger says that nothing is promised there, and one on
  /// `nord-2`, after it.
  private static func run(
    _ body: (StoreFixture, _ short: ReservationRecord, _ other: ReservationRecord) async throws -> Void
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": tight])
      let short = try await fixture.reserve("alpha")
      _ = try await fixture.store.put(Offered.cluster("nord-2", Offered.large), context: someone)
      let other = try await fixture.reserve("gamma", quota: medium)
      #expect(other.placements.map(\.spec.cluster) == ["nord-2"])
      try await fixture.elapse(short)
      try await fixture.elapse(other)
      try await fixture.say(committed: 0, on: "nord-1")
      try await body(fixture, short, other)
    }
  }

  @Test func `only what is on that cluster stays when it has expired, until the ledger is mended`() async throws {
    try await Self.run { fixture, short, other in
      let first = try await fixture.store.expireReservations()
      #expect(first == ExpiryResult(expired: [other.id], next: nil, kept: ["nord-1": [short.id]]))
      #expect(try await fixture.count("SELECT committed_cpu FROM capacity_ledger WHERE cluster = 'nord-2'") == 0)
      let second = try await fixture.store.expireReservations()
      #expect(second == ExpiryResult(expired: [], next: nil, kept: ["nord-1": [short.id]]))
      try await fixture.say(committed: 2000, on: "nord-1")
      let third = try await fixture.store.expireReservations()
      #expect(third == ExpiryResult(expired: [short.id], next: nil))
      #expect(try await fixture.ledgerAddsUp())
    }
  }

  @Test func `what is held on two clusters stays whole, and what comes after it has its turn`() async throws {
    try await Self.run { fixture, short, _ in
      let records = short.placements
      var elsewhere = try #require(records.first)
      (elsewhere.spec.id, elsewhere.spec.cluster) = (UUID(), "nord-2")
      var later = elsewhere
      (later.spec.id, later.reservation) = (UUID(), UUID())
      let promised = Ledger([
        "nord-1": Ledger.Entry(),
        "nord-2": Ledger.Entry(committed: elsewhere.reserved.combined(with: later.reserved, +)),
      ])
      let due = DueReservations(records + [elsewhere, later], on: promised)
      #expect(due.released.map(\.spec.id) == [later.spec.id])
      #expect(Set(due.kept.map(\.spec.id)) == Set((records + [elsewhere]).map(\.spec.id)))
      #expect(due.lacking == ["nord-1": [short.id]])
    }
  }

  @Test func `other projects are placed, or refused with a reason`() async throws {
    try await Self.run { fixture, _, _ in
      let outcome = try await fixture.place("beta", quota: Self.medium)
      #expect(outcome.placements.map(\.spec.cluster) == ["nord-2"])
      let huge = try await fixture.place("huge", quota: Offered.quota(cpu: 1000))
      #expect(huge.answer.plan.outcome == .unplaceable)
      let request = PlacementRequest(project: Offered.project("delta", quota: Self.medium))
      #expect(try await fixture.store.preview(request).outcome == .placed)
    }
  }

  @Test func `a decision on the locked ledger is made too, and releases the others`() async throws {
    try await Self.run { fixture, _, other in
      let job = DecisionJob(
        ticket: 7, request: PlacementRequest(project: Offered.project("beta", quota: Self.medium)), purpose: .place,
        key: nil, context: someone, deadline: nil)
      let committed = try await fixture.pool.withTransaction { connection in
        try await fixture.store.commit([job], planned: nil, waits: true, in: connection)
      }
      guard case .made(let outcome)? = try committed.round.settled[7]?.get() else {
        Issue.record("the decision was not made")
        return
      }
      #expect(outcome.answer.plan.outcome == .placed)
      #expect(try await fixture.store.reservation(other.id).placements.allSatisfy { $0.removedAt != nil })
    }
  }

  @Test func `a project whose own reservation stays is not told that it has its place`() async throws {
    try await Self.run { fixture, short, _ in
      let error = try await refusal { try await fixture.reserve("alpha") }
      #expect(error?.kind == .reservationPending)
      #expect(error?.message.contains(short.id.uuidString.lowercased()) == true)
    }
  }
}

extension StoreFixture {
  /// Has the ledger say something that nothing else does.
  fileprivate func say(committed cpu: Int64, on cluster: String) async throws {
    _ = try await pool.withConnection {
      try await $0.execute(
        "UPDATE capacity_ledger SET committed_cpu = \(cpu), version = version + 1 WHERE cluster = \(cluster)")
    }
  }
}
