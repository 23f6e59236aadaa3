import Foundation
import Migration
import Model
import Postgres
import Testing

@testable import Store

/// What a plan says of what it does not move.
@Suite struct MovePlanTests {
  private static func held(_ scope: MoveScope, _ fixture: MoveFixture) async throws -> [String] {
    try await fixture.store.store.planMigration(
      MigrationWish(motive: .departure, reason: "Le nord ferme", scope: scope)
    ).blocked.map { "\($0.project)/\($0.environment) \($0.cluster) \($0.cause.rawValue)" }
  }

  @Test func `what has no document, and what is only reserved, is told as blocked, and no plan rests on it`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      try await fixture.forbidSouth()
      _ = try await fixture.store.place("vigie")
      let reservation = try await fixture.store.reserve("candilib")
      try await fixture.forbidSouth(false)
      // A recovery adopts such rows.
      try await fixture.store.pool.withConnection {
        _ = try await $0.execute(
          """
          UPDATE resources SET deleted_at = clock_timestamp(), resource_version = nextval('resource_versions')
          WHERE kind = 'Project' AND name = 'vigie' AND deleted_at IS NULL
          """)
      }
      let both = ["candilib/prod nord-1 reserved", "vigie/prod nord-1 noDocument"]
      #expect(try await Self.held(.regions(["nord"]), fixture) == both)
      #expect(try await Self.held(.project("vigie"), fixture) == [both[1]])
      let migration = try await fixture.plan()
      #expect(try await fixture.moves(of: migration).map(\.move.terms.project) == ["basegun", "basegun"])
      #expect(migration.blocked == 2)
      // What becomes of these is no reason to plan anew.
      try await fixture.store.confirm(reservation, .fresh())
      #expect(try await fixture.store.store.changes(sincePlanning: migration.id) == [])
    }
  }

  @Test func `a source that is kept counts as moved from when its move was verified on, and its target never`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(
        .environment(project: "basegun", environment: "prod"), retentionDays: 30, rehearses: false)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .targetReady)
      let early = try await Self.moved(fixture)
      #expect(early == ["prod": false, "prod2": false])
      try await fixture.carry(migration, upTo: .verified)
      #expect(try await fixture.move("prod", of: migration).move.step == .verified)
      let late = try await Self.moved(fixture)
      #expect(late == ["prod": true, "prod2": false])
    }
  }

  /// Whether what is withheld of basegun has moved, by environment.
  private static func moved(_ fixture: MoveFixture) async throws -> [String: Bool] {
    let ground = try await fixture.store.store.planningGround(
      MigrationWish(motive: .departure, reason: "Le nord ferme", scope: .project("basegun")))
    return ground.inputs.withheld.reduce(into: [:]) { $0[$1.environment] = $1.hasMoved }
  }
}
