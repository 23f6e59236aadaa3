import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Requests
import Store
import Testing

/// Sources that were given up for lost: who declares them gone, when, and what becomes of one that is there all the same.
@Suite struct MoveLossTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  /// `prod` at `drainingSource`, lost since the cut-over and not seen since, and all done that can be.
  private static func lost(
    _ fixture: MoveFixture, _ scope: MoveScope = MoveLossTests.prod
  ) async throws -> MigrationRecord {
    let migration = try await fixture.plan(scope)
    try await fixture.start(migration)
    try await fixture.carry(migration, upTo: .cutOver)
    let id = try await fixture.moves(of: migration)[0].id
    try await fixture.act(.sourceLost(acceptedLoss: "depuis hier"), id)
    for kind in [MigrationTask.Kind.verify, .dashboards] { try await fixture.act(.done(kind, evidence: "vu"), id) }
    let move = try await fixture.moves(of: migration)[0].move
    #expect(move.step == .drainingSource && move.awaited == [.goneDeclaration])
    return migration
  }

  @discardableResult
  private static func declare(
    _ migration: MigrationRecord, as typed: String = "prod", key: String? = nil,
    by caller: MoveCaller = MoveFixture.admin, in fixture: MoveFixture
  ) async throws -> MoveRecord {
    try await fixture.store.store.declareGone(
      typed, sourceOfMove: try await fixture.move("prod", of: migration).id, reason: "incendie", by: caller,
      idempotencyKey: key, context: someone)
  }

  /// What the agent of a placement tells of its present revision.
  private static func report(
    _ id: UUID?, number: Int64, applied: Bool = true, ready: Bool = true, reason: String = "Test",
    in fixture: MoveFixture
  ) async throws {
    let record = try await fixture.placement(id)
    var report = fixture.store.observe(record, sequence: number, applied: applied, ready: ready, offset: number)
    if case .placement(var state) = report.observation {
      for index in state.conditions.indices { state.conditions[index].reason = reason }
      report.observation = .placement(state)
    }
    _ = try await fixture.store.store.apply(
      [report], topic: "regie.\(record.spec.zone).observed", zone: record.spec.zone)
  }

  /// What the agent of a zone says of itself: which cluster it reaches, if any.
  private static func beat(
    _ zone: String, sequence: Int64, reaching cluster: String?, in fixture: MoveFixture
  ) async throws {
    var heartbeat = Heartbeats.record(zone: zone, sequence: sequence)
    if case .agent(var status) = heartbeat.observation {
      status.clusters = cluster.map { [AgentStatus.ClusterStatus(name: $0, reachable: true, placements: 1)] } ?? []
      heartbeat.observation = .agent(status)
    }
    _ = try await fixture.store.store.apply([heartbeat], topic: "regie.\(zone).observed", zone: zone)
  }

  @Test func `a source that is lost is declared so by its name, once its time is over, by the service body`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod, retentionDays: 1)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let record = try await fixture.move("prod", of: migration)
      let source = record.move.terms.source
      try await fixture.act(.sourceLost(acceptedLoss: "depuis hier"), record.id)
      let early = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(early?.kind == .migrationState)
      try await fixture.carry(migration, upTo: .verified)
      let kept = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(kept?.kind == .migrationState, "it is kept for a day")
      // A day goes by.
      try await fixture.store.tamper("UPDATE moves SET body = jsonb_set(body, '{terms,retention}', '0')")
      try await fixture.tend(migration)
      try await fixture.act(.done(.dashboards, evidence: "vus"), record.id)
      #expect(try await fixture.move("prod", of: migration).move.awaited == [.goneDeclaration])
      let team = try await refusal { try await Self.declare(migration, by: MoveFixture.team, in: fixture) }
      #expect(team?.kind == .forbidden)
      let other = try await refusal { try await Self.declare(migration, as: "dev", in: fixture) }
      #expect(other?.kind == .invalid && other?.path == "environment")
      let blind = try await refusal { try await fixture.act(.removalConfirmed(typed: "prod"), record.id) }
      #expect(blind?.kind == .migrationState && blind?.path == "source", "nobody has looked what its volumes hold")
      let before = try await fixture.placement(source)
      #expect(before.spec.phase == .draining)
      let declared = try await Self.declare(migration, key: "k", in: fixture)
      #expect([.removed, .done].contains(declared.move.step), "\(declared.move.step)")
      let gone = try await fixture.placement(source)
      #expect(gone.spec.phase == .removed && !gone.removePersistentVolumes && gone.removedAt != nil)
      #expect(gone.spec.revision == before.spec.revision + 1, "an agent that comes back after all is told to remove it")
      // Whoever has lost the answer gets it again; anew it is refused.
      let again = try await Self.declare(migration, key: "k", in: fixture)
      #expect(again.isReplay && again.move == declared.move)
      let anew = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(anew?.kind == .migrationState)
      #expect(try await fixture.placement(source) == gone)
      #expect(try await fixture.environments() == ["prod2", "dev"])
    }
  }

  @Test func `of two replicas the lost one is declared gone, and the one that is well stays, however often it is said`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let first = try await fixture.twoReplicas()
      let migration = try await Self.lost(fixture, .selection([first]))
      let id = try await fixture.move("prod", of: migration).id.uuidString.lowercased()
      // A name, or none, says nothing of which replica is meant.
      for names in [["prod"], []] {
        let refused = try await refusal {
          _ = try await fixture.store.store.remove(
            RemovalRequest(project: "basegun", environments: names), context: someone)
        }
        #expect(refused?.kind == .conflict && refused?.accepted?.contains("\(id)/declare-gone") == true, "\(names)")
      }
      try await Self.declare(migration, in: fixture)
      let anew = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(anew?.kind == .migrationState)
      try await fixture.tend(migration)
      #expect(try await fixture.moves(of: migration).map(\.move.step) == [.done])
      #expect(try await fixture.placement(first).removedAt != nil)
      let stays = try await fixture.placements().filter { $0.spec.environment == "prod" && $0.spec.id != first }
      #expect(stays.map(\.spec.phase) == [.active])
      #expect(try await fixture.environments() == ["prod×1", "prod2×1", "dev"])
    }
  }

  @Test func `what was given up meanwhile is not declared gone`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await Self.lost(fixture)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.act(.givenUp(reason: "abandon"), record.id)
      let late = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(late?.kind == .migrationState)
      let kept = try await fixture.placement(record.move.terms.source)
      #expect(kept.spec.phase == .draining && kept.removedAt == nil)
    }
  }

  @Test func `while the target may not be there, or is not well, nobody declares its source gone`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await Self.lost(fixture)
      let move = try await fixture.move("prod", of: migration).move
      // Nobody has judged by the policy of this moment yet.
      try await fixture.forbidSouth()
      for caller in [MoveFixture.admin, MoveFixture.team] {
        let illegal = try await refusal { try await Self.declare(migration, by: caller, in: fixture) }
        #expect(illegal?.kind == .migrationState && illegal?.path == "target", "\(caller.principal)")
      }
      try await fixture.forbidSouth(false)
      try await Self.report(move.target, number: 1000, ready: false, in: fixture)
      let unwell = try await refusal { try await Self.declare(migration, in: fixture) }
      let team = try await refusal { try await Self.declare(migration, by: MoveFixture.team, in: fixture) }
      #expect(unwell?.kind == .migrationState && team?.kind == .forbidden)
      #expect(try await fixture.placement(move.terms.source).spec.phase == .draining)
    }
  }

  @Test func `an old report of what was given up for lost does not show that it is back`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .drainingSource)
      try await fixture.report()
      let record = try await fixture.move("prod", of: migration)
      let zone = try await fixture.placement(record.move.terms.source).spec.zone
      let cluster = try await fixture.placement(record.move.terms.source).spec.cluster
      try await Self.beat(zone, sequence: 1, reaching: cluster, in: fixture)
      try await fixture.store.tamper("UPDATE agents SET silent_milliseconds = 1000000000 WHERE zone = '\(zone)'")
      try await fixture.act(.sourceLost(acceptedLoss: "tout"), record.id)
      try await fixture.tend(migration)
      let lost = try await fixture.move("prod", of: migration).move
      #expect(lost[.salvage]?.isOpen == false && lost.awaited.contains(.goneDeclaration))
      // The agent is heard again, and reports only what is new to it: it reaches the cluster, and nothing has changed there.
      try await fixture.store.tamper("UPDATE agents SET silent_milliseconds = 0 WHERE zone = '\(zone)'")
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move[.salvage]?.isOpen == true)
      // To say once more what was accepted hides nothing of that.
      try await fixture.act(.sourceLost(acceptedLoss: "tout, redit"), record.id)
      try await fixture.tend(migration)
      let gone = try await refusal { try await Self.declare(migration, in: fixture) }
      #expect(gone?.kind == .migrationState)
    }
  }

  @Test func `where the cluster alone is dead the source is declared gone although the agent of its zone lives`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .drainingSource)
      try await fixture.report()
      let record = try await fixture.move("prod", of: migration)
      // Seen draining before, by an agent that is not silent, and does not reach the cluster any more.
      let spec = try await fixture.placement(record.move.terms.source).spec
      try await Self.beat(spec.zone, sequence: 1, reaching: nil, in: fixture)
      try await fixture.act(.sourceLost(acceptedLoss: "tout"), record.id)
      if try await fixture.move("prod", of: migration).move[.dashboards]?.isOpen == true {
        try await fixture.act(.done(.dashboards, evidence: "vus"), record.id)
      }
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.awaited == [.goneDeclaration])
      try await Self.declare(migration, in: fixture)
      #expect(try await fixture.placement(record.move.terms.source).removedAt != nil)
    }
  }

  @Test func `the service body is told that it has to declare the lost source gone`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      _ = try await fixture.store.store.addWebhook(
        try #require(WebhookAddress("https://chat.example.fr/hooks/abc")), events: [.moveTask], of: .serviceBody,
        secret: [UInt8](repeating: 7, count: 32), context: someone)
      _ = try await Self.lost(fixture)
      let told = try await fixture.store.count(
        """
        SELECT count(*) FROM webhook_deliveries WHERE convert_from(body, 'UTF8') LIKE '%déclarer disparu le départ perdu%'
        """)
      #expect(told == 1)
    }
  }
}
