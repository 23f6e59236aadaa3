import Foundation
import Identity
import Migration
import Model
import Postgres
import Store
import Testing

/// The replicas of an environment in the console, of which one goes after the other.
@Suite struct MoveReplicaTests {
  /// Two replicas of `prod`, kept apart, and room for both in the south.
  private static func place(_ fixture: MoveFixture) async throws -> [PlacementRecord] {
    for (name, zone) in [("nord-2", "nord-usuel"), ("sud-2", "sud-usuel")] {
      let spec = ClusterSpec(zone: zone, dataCenters: ["dc2"], stages: ["dev", "prod"], capacity: Offered.large)
      _ = try await fixture.store.store.put(.cluster(Resource(name, spec)), context: someone)
    }
    guard case .project(var project) = try await fixture.store.store.get(.project, "basegun") else { return [] }
    project.spec.environments[0].replicas = 2
    _ = try await fixture.store.store.put(.project(project), context: someone)
    let placed = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
    try await fixture.store.pool.withConnection {
      _ = try await $0.execute("UPDATE project_identities SET from_console = true")
    }
    try await fixture.report()
    return placed.placements.filter { $0.spec.environment == "prod" }
  }

  /// The console has made the target; then everything is done to the end.
  private static func carry(_ migration: MigrationRecord, _ fixture: MoveFixture) async throws -> EnvironmentMigration {
    let id = try #require(try await fixture.moves(of: migration).first).id
    _ = try await fixture.store.store.confirmTarget(ofMove: id, as: UUID(), by: MoveFixture.team, context: someone)
    try await fixture.carry(migration)
    return try #require(try await fixture.moves(of: migration).first).move
  }

  @Test func `the environment stays in the console until its last replica is gone, and its team is told so`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let replicas = try await Self.place(fixture)
      #expect(replicas.count == 2)
      func hasOthers(_ migration: MigrationRecord) async throws -> [Bool] {
        try await fixture.store.store.runbookFacts(ofMigration: migration.id).moves.map(\.sourceHasOthers)
      }
      let first = try #require(replicas.first { $0.spec.replica == 0 })
      let migration = try await fixture.plan(.selection([first.spec.id]))
      try await fixture.start(migration)
      #expect(try await hasOthers(migration) == [true])
      let moved = try await Self.carry(migration, fixture)
      #expect(moved.step == .done && moved[.removeEnvironment] == nil)
      let there = try await fixture.placements().first { $0.spec.environment == "prod" && $0.removedAt == nil }
      let last = try #require(there)
      #expect(last.spec.phase == .active && last.spec.id != first.spec.id)
      let later = try await fixture.plan(.selection([last.spec.id]))
      try await fixture.start(later)
      #expect(try await hasOthers(later) == [false])
      let gone = try await Self.carry(later, fixture)
      #expect(gone.step == .done && gone[.removeEnvironment]?.evidence != nil)
    }
  }
}
