import Board
import Foundation
import Migration
import Model
import Postgres
import Requests
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

  /// What is done to something that stays what it is, each kind under keys of its own.
  enum Act: CaseIterable, Sendable {
    case vote, opinion, flowOpening, campaign
  }

  @Test(arguments: Act.allCases)
  func `an act that comes twice with its key takes place once, and no other one does with that key`(act: Act)
    async throws
  {
    switch act {
    case .vote:
      try await StoreFixture.run { fixture in
        try await fixture.board()
        let id = try await fixture.propose(StoreFixture.boardPolicy(rules: ["nouvelle"])).proposal.id
        try await Self.expectOnce(fixture) { isOther in
          let choice: Vote.Choice = isOther ? .abstain : .against
          let record = try await fixture.store.act(
            .voted(choice, reason: nil, withoutImpact: true), on: id,
            by: StoreFixture.actor("anfsi"), idempotencyKey: "k1", context: StoreFixture.context("anfsi"))
          return Answer(isReplay: record.isReplay, revision: record.revision)
        }
      }
    case .opinion:
      try await StoreFixture.run { fixture in
        try await fixture.derogable()
        let id = try await fixture.ask().request.id
        let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
        try await Self.expectOnce(fixture) { isOther in
          let record = try await fixture.store.act(
            .opined(.operator("dtnum"), .favourable, text: isOther ? "non" : "oui", author: nil), on: id, by: speaker,
            idempotencyKey: "k1", context: RequestContext(principal: speaker.principal))
          return Answer(isReplay: record.isReplay, revision: record.revision)
        }
      }
    case .flowOpening:
      try await StoreFixture.run { fixture in
        try await fixture.flowing()
        let id = try await fixture.flow().flow.id
        let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
        try await Self.expectOnce(fixture) { isOther in
          let event: FlowEvent = isOther ? .rejected(operator: "dtnum", reason: "non") : .opened(operator: "dtnum")
          let record = try await fixture.store.act(
            event, onFlow: id, by: speaker, idempotencyKey: "k1",
            context: RequestContext(principal: speaker.principal))
          return Answer(isReplay: record.isReplay, revision: record.revision)
        }
      }
    case .campaign:
      try await MoveFixture.run { fixture in
        let id = try await fixture.plan(.environment(project: "basegun", environment: "prod")).id
        try await Self.expectOnce(fixture.store) { isOther in
          let record = try await fixture.store.store.act(
            .cancelled(reason: isOther ? "autre" : "non"), onMigration: id, by: MoveFixture.admin,
            idempotencyKey: "k1", context: someone)
          return Answer(isReplay: record.isReplay, revision: record.revision)
        }
      }
    }
  }

  /// What an act has answered.
  private struct Answer {
    var isReplay: Bool
    var revision: Int64
  }

  /// - Parameter act: does one thing, or another one, under the same key.
  private static func expectOnce(_ fixture: StoreFixture, _ act: (_ isOther: Bool) async throws -> Answer) async throws
  {
    let entries: PostgresQuery = "SELECT count(*) FROM audit_entries"
    let before = try await fixture.count(entries)
    let first = try await act(false)
    let again = try await act(false)
    #expect(!first.isReplay && again.isReplay && again.revision == first.revision)
    let other = try await refusal { _ = try await act(true) }
    #expect(other?.kind == .idempotencyMismatch)
    #expect(try await fixture.count(entries) == before + 1)
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

  @Test func `answers are kept for seven days at least, and forgotten in small steps, the oldest first`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", key: "young")
      try await fixture.pool.withConnection { connection in
        for day in 6...12 {
          try await connection.execute(
            """
            INSERT INTO idempotency_keys (scope, key, request_digest, response, created_at)
            SELECT 'decide/test', \("\(day) days"), request_digest, response,
              clock_timestamp() - \(Int64(day)) * interval '1 day' - interval '1 minute' FROM idempotency_keys
            WHERE key = 'young'
            """)
        }
      }
      func kept() async throws -> [String] {
        try await fixture.pool.withConnection {
          try await $0.query("SELECT key FROM idempotency_keys ORDER BY created_at")
            .map { try $0.decode(String.self, "key") }
        }
      }
      #expect(try await fixture.store.forgetKeys(olderThan: .seconds(10 * 86_400), limit: 2) == 2)
      #expect(try await kept() == ["10 days", "9 days", "8 days", "7 days", "6 days", "young"])
      #expect(try await fixture.store.forgetKeys(olderThan: .seconds(10 * 86_400), limit: 2) == 1)
      #expect(try await fixture.store.forgetKeys(olderThan: .seconds(10 * 86_400), limit: 2) == 0)
      // Whatever is asked for, nothing younger goes.
      #expect(try await fixture.store.forgetKeys(olderThan: .zero) == 3)
      #expect(try await kept() == ["6 days", "young"])
      // Forgotten is as if it had never come.
      let again = try await fixture.store.decide(
        PlacementRequest(project: "alpha"), idempotencyKey: "7 days", context: RequestContext(principal: "test"))
      #expect(!again.isReplay)
    }
  }

  @Test func `a key that is in use is passed by`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha", key: "k1")
      try await fixture.pool.withTransaction { connection in
        try await connection.execute("UPDATE idempotency_keys SET created_at = created_at - interval '8 days'")
        // Seen by nobody else yet, and locked.
        #expect(try await fixture.store.forgetKeys(olderThan: .zero) == 0)
      }
      try await fixture.pool.withTransaction { connection in
        try await connection.execute("SELECT FROM idempotency_keys FOR UPDATE")
        #expect(try await fixture.store.forgetKeys(olderThan: .zero) == 0)
      }
      #expect(try await fixture.store.forgetKeys(olderThan: .zero) == 1)
    }
  }
}
