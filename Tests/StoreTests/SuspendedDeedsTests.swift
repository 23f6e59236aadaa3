import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Requests
import Testing

@testable import Store

/// While a restored database waits to be recovered nobody decides, asks or moves anything: each of its own guards
/// holds by itself, also where nothing would be said to the bus.
struct SuspendedDeedsTests {
  /// Each guard, with the table that it stands before.
  private static let guards = [
    "decisions_while_suspended decisions", "derogations_while_suspended derogation_requests",
    "effects_while_suspended policy_origins", "flows_while_suspended network_flows",
    "migrations_while_suspended migrations", "moves_while_suspended moves", "outbox_while_suspended outbox",
    "policies_while_suspended policy_origins", "proposals_while_suspended policy_proposals",
    "versions_while_suspended policy_versions", "votes_while_suspended policy_votes",
  ]

  private func recover(_ store: GovernanceStore) async throws {
    let plan = try await store.recoveryPlan([])
    _ = try await store.recover([], agreedTo: plan.digest, context: someone)
  }

  @Test func `every table that is guarded while the database is suspended is known, and its guard is on`() async throws
  {
    try await StoreFixture.run { fixture in
      let rows = try await fixture.pool.withConnection {
        try await $0.query(
          """
          SELECT tgname::text || ' ' || tgrelid::regclass::text AS guarded FROM pg_trigger
          WHERE tgname LIKE '%_while_suspended' AND tgenabled = 'O' ORDER BY tgname
          """)
      }
      let found = try rows.map { try $0.decode(String.self, "guarded") }
      #expect(found == Self.guards)
    }
  }

  @Test func `nothing is reserved, and not even a refusal is decided`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let large = Offered.project("beta", quota: Offered.quota(cpu: 640))
      _ = try await fixture.store.put(.project(large), context: someone)
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      #expect(try await isSuspended { try await fixture.reserve("alpha") })
      #expect(
        try await isSuspended {
          _ = try await fixture.store.decide(PlacementRequest(project: "beta"), context: someone)
        })
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
      #expect(try await fixture.committedCPU() == 0)
      try await recover(fixture.store)
      #expect(try await fixture.reserve("alpha").state == .pending)
      let refused = try await fixture.store.decide(PlacementRequest(project: "beta"), context: someone)
      #expect(refused.answer.plan.outcome == .unplaceable)
    }
  }

  @Test func `no derogation is asked for, judged or notified, and none ends by time`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let over = try await fixture.ask(until: try await fixture.today(2)).request.id
      let decided = try await fixture.ask().request.id
      for id in [over, decided] { try await fixture.decide(id) }
      try await fixture.act(.notified, on: over)
      try await fixture.letPass(days: 5, on: over)
      let asked = try await fixture.ask().request.id
      let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      #expect(try await isSuspended { _ = try await fixture.ask() })
      #expect(
        try await isSuspended {
          try await fixture.act(
            .opined(.operator("dtnum"), .favourable, text: "d’accord", author: nil), on: asked, by: speaker)
        })
      #expect(try await isSuspended { try await fixture.act(.notified, on: decided) })
      #expect(try await isSuspended { _ = try await fixture.store.tendDerogations() })
      let present = try await fixture.store.derogationRequests().items
      #expect(present.map(\.request.id) == [asked, decided, over])
      #expect(present.map(\.request.state) == [.requested, .decided, .notified])
      try await recover(fixture.store)
      #expect(try await fixture.act(.notified, on: decided).request.state == .notified)
      #expect(try await fixture.store.tendDerogations().changed == [over])
    }
  }

  @Test func `no flow is asked for or opened, and nobody is reminded of one`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await fixture.flow().flow.id
      try await fixture.age(id, days: 60)
      try await fixture.store.suspend(because: "a test", comparedIn: 1)
      #expect(try await isSuspended { _ = try await fixture.flow(to: "sirene") })
      #expect(try await isSuspended { try await fixture.open(id, by: "dtnum") })
      #expect(try await isSuspended { _ = try await fixture.store.tendFlows() })
      #expect(try await fixture.store.networkFlow(id).revision == 1)
      #expect(try await fixture.count("SELECT count(*) FROM network_flows") == 1)
      #expect(try await fixture.flowDeeds(on: id) == ["requested"])
      try await recover(fixture.store)
      #expect(try await fixture.store.tendFlows().changed == [id])
      #expect(try await fixture.open(id, by: "dtnum").flow.state == .opened)
    }
  }

  @Test func `no migration is planned, agreed to, started or halted`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      let id = try await fixture.move("prod", of: migration).id
      let store = fixture.store.store
      try await store.suspend(because: "a test", comparedIn: 1)
      let other = MoveScope.environment(project: "basegun", environment: "dev")
      #expect(try await isSuspended { _ = try await fixture.plan(other) })
      // Of a migration that stands these two write moves, and the third the migration alone.
      #expect(try await isSuspended { try await fixture.act(.approved(.projectTeam), id, by: MoveFixture.team) })
      #expect(try await isSuspended { try await fixture.act(.paused, id) })
      #expect(
        try await isSuspended {
          _ = try await store.act(
            .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
        })
      #expect(try await store.migrations().items.map(\.campaign.state) == [.planned])
      #expect(try await fixture.move("prod", of: migration).revision == 1)
      try await recover(store)
      #expect(try await fixture.act(.paused, id).move.standing == .paused)
    }
  }
}
