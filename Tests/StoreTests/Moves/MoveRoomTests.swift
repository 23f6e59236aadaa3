import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Store
import Testing

/// The room that a plan frees wave by wave, on a real database: `demo` leaves the south, `prod` takes its place there, and then
/// `dev` would.
@Suite struct MoveRoomTests {
  private static let everybody = MoveCaller(
    principal: "local", operators: ["*"], projects: ["*"], isServiceBody: true)

  /// The three moves, agreed to and started, none of them begun; in the south there is room for one environment.
  private static func started(
    _ fixture: MoveFixture, south: ResourceList = Offered.small
  ) async throws -> MigrationRecord {
    // What is placed while the north takes nothing is in the south.
    guard case .cluster(var north) = Offered.cluster("nord-1", Offered.large) else {
      throw StoreError(.notFound, "no cluster", fr: "aucun cluster")
    }
    north.spec.state = .cordoned
    _ = try await fixture.store.store.put(.cluster(north), context: someone)
    let more = Offered.project("basegun", environments: ["prod", "dev", "demo"])
    _ = try await fixture.store.store.decide(PlacementRequest(project: more), context: someone)
    north.spec.state = .open
    _ = try await fixture.store.store.put(.cluster(north), context: someone)
    try await fixture.report()
    let ids = try await fixture.placements().map(\.spec.id)
    let migration = try await fixture.plan(.selection(ids), rehearses: false)
    let routes = try await fixture.moves(of: migration).map { "\($0.move.terms.environment)→\($0.route.toCluster)" }
    try #require(Set(routes) == ["demo→nord-1", "prod→sud-1", "dev→sud-1"])
    for record in try await fixture.moves(of: migration) {
      for party in [MigrationParty.projectTeam, .targetOperator, .serviceBody] {
        try await fixture.act(.approved(party), record.id, by: Self.everybody)
      }
    }
    _ = try await fixture.store.store.act(
      .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
    // As a plan would have it that was made for so much room.
    try await fixture.store.tamper(
      "UPDATE moves SET wave = CASE environment WHEN 'demo' THEN 1 WHEN 'prod' THEN 2 ELSE 3 END")
    _ = try await fixture.store.store.put(Offered.cluster("sud-1", south, zone: "sud-usuel"), context: someone)
    return migration
  }

  /// Has people and agents carry one move to its end, and nobody look at the others.
  private static func finish(
    _ environment: String, of migration: MigrationRecord, in fixture: MoveFixture,
    upTo last: MigrationStep = .done
  ) async throws {
    for _ in 0..<40 {
      let record = try await fixture.move(environment, of: migration)
      if record.move.step == last { return }
      while try await fixture.store.store.tendMove(record.id) {}
      try await fixture.report()
      while try await fixture.store.store.tendMove(record.id) {}
      try await fixture.step(try await fixture.move(environment, of: migration))
    }
    Issue.record("\(environment) does not come to its end")
  }

  private static func holds(_ migration: MigrationRecord, _ fixture: MoveFixture) async throws -> [String: String] {
    let holds = try await fixture.store.store.holds(ofMigration: migration.id)
    return Dictionary(uniqueKeysWithValues: holds.map { ($0.environment, $0.hold.name) })
  }

  private static func reasons(_ environment: String, _ migration: MigrationRecord, _ fixture: MoveFixture)
    async throws -> [String]?
  {
    guard case .noTarget(let reasons)? = try await fixture.move(environment, of: migration).move.obstacles.first else {
      return nil
    }
    return reasons
  }

  @Test func `what takes the room that another one is to leave begins when it has left, and nothing before it`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let migration = try await Self.started(fixture)
      try await fixture.tend(migration)
      #expect(try await Self.holds(migration, fixture) == ["prod": "wave", "dev": "wave"])
      try await Self.finish("demo", of: migration, in: fixture, upTo: .drainingSource)
      _ = try await fixture.store.store.tendMigration(migration.id)
      #expect(try await Self.holds(migration, fixture) == ["prod": "room", "dev": "wave"], "its source is still there")
      #expect(
        try await fixture.store.count("SELECT count(*) FROM migrations WHERE next_at > clock_timestamp()") == 1,
        "others may make room, and tell nobody")
      let progress = try await fixture.store.store.progress(ofMigration: migration)
      #expect(progress.troubled == 0 && !progress.isStalled)
      try await Self.finish("demo", of: migration, in: fixture)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.target != nil)
      #expect(try await Self.holds(migration, fixture) == ["dev": "wave"])
    }
  }

  @Test func `where there is room it begins though the other one is still there`() async throws {
    try await MoveFixture.run { fixture in
      let migration = try await Self.started(fixture, south: Offered.large)
      try await fixture.tend(migration)
      try await Self.finish("demo", of: migration, in: fixture, upTo: .drainingSource)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.target != nil)
    }
  }

  @Test func `of two that look for the same room the one that the plan has first gets it, whoever looks first`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let migration = try await Self.started(fixture)
      let store = fixture.store.store
      _ = try await store.tendMigration(migration.id)
      let (prod, dev) = (
        try await fixture.move("prod", of: migration), try await fixture.move("dev", of: migration)
      )
      // Both have begun, by whatever was so then.
      for record in [dev, prod] { try await fixture.act(.started(changes: []), record.id, by: Self.everybody) }
      try await Self.finish("demo", of: migration, in: fixture)
      let ids = try await fixture.moves(of: migration)
      #expect(try await store.inPlanOrder(Set(ids.map(\.id))) == ids.sorted { $0.wave < $1.wave }.map(\.id))

      _ = try await store.tendMove(dev.id)
      #expect(try await fixture.move("dev", of: migration).move.target == nil)
      #expect(try await Self.reasons("dev", migration, fixture) == ["givesWay"])
      let revision = try await fixture.move("dev", of: migration).revision
      _ = try await store.tendMove(dev.id)
      #expect(try await fixture.move("dev", of: migration).revision == revision, "nothing is told twice")
      _ = try await store.tendMove(prod.id)
      #expect(try await fixture.move("prod", of: migration).move.target != nil)
      #expect(try await fixture.store.ledgerAddsUp())
      _ = try await store.tendMove(dev.id)
      #expect(try await fixture.move("dev", of: migration).move.target == nil, "there is no more room")
      #expect(try await Self.reasons("dev", migration, fixture) != ["givesWay"])
    }
  }

  @Test func `whoever has ended, and whoever has room beside it, is given way to by nobody`() async throws {
    try await MoveFixture.run { fixture in
      let migration = try await Self.started(fixture)
      let store = fixture.store.store
      let (prod, dev) = (
        try await fixture.move("prod", of: migration), try await fixture.move("dev", of: migration)
      )
      _ = try await store.tendMigration(migration.id)
      for record in [dev, prod] { try await fixture.act(.started(changes: []), record.id, by: Self.everybody) }
      try await Self.finish("demo", of: migration, in: fixture)
      _ = try await store.tendMove(dev.id)
      #expect(try await Self.reasons("dev", migration, fixture) == ["givesWay"], "though nobody has looked at it")
      try await fixture.act(.rolledBack(acceptedLoss: nil), prod.id)
      _ = try await store.tendMove(dev.id)
      #expect(try await fixture.move("dev", of: migration).move.target != nil)
    }
    try await MoveFixture.run { fixture in
      let migration = try await Self.started(fixture, south: Offered.large)
      let dev = try await fixture.move("dev", of: migration)
      try await fixture.act(.started(changes: []), dev.id, by: Self.everybody)
      _ = try await fixture.store.store.tendMove(dev.id)
      #expect(try await fixture.move("dev", of: migration).move.target != nil, "there is room for both")
    }
  }
}
