import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Store
import Testing

/// Moves that do not go straight: the console's, those of one replica of several, those that are given up, or whose source is
/// lost.
@Suite struct MoveOddTests {
  private static let scope = MoveScope.environment(project: "basegun", environment: "prod")

  /// The console has made the project: its identifiers are the console's.
  private static func inConsole(_ fixture: MoveFixture) async throws {
    try await fixture.store.pool.withConnection {
      _ = try await $0.execute("UPDATE project_identities SET from_console = true")
    }
    try await fixture.report()
  }

  @Test func `in the console nothing is there before the environment was made, under its own identifier`() async throws
  {
    try await MoveFixture.run { fixture in
      try await Self.inConsole(fixture)
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      var record = try await fixture.move("prod", of: migration)
      let hold = try #require(record.hold)
      #expect(record.move[.createEnvironment]?.isOpen == true && record.move.wanted.target == nil)
      let reserved = try await fixture.store.store.reservation(hold)
      #expect(reserved.state == .pending && reserved.placements.map(\.spec.cluster) == ["sud-1"])
      // Nobody may say that it was made without saying under which identifier.
      let missing = try await refusal {
        try await fixture.act(.done(.createEnvironment, evidence: "fait"), record.id, by: MoveFixture.team)
      }
      #expect(missing?.kind == .invalid && missing?.path == "environmentID")
      let others = try await refusal {
        _ = try await fixture.store.store.confirmTarget(
          ofMove: record.id, as: UUID(), by: MoveFixture.south, context: someone)
      }
      #expect(others?.kind == .forbidden)
      let before = try await fixture.store.store.movedEnvironments(of: "basegun")
      #expect(before.map(\.movedTo) == ["prod2"] && before.map(\.movedToID) == [nil], "the console gives it another")
      #expect(before.map(\.step) == [.preparingTarget])
      let made = UUID()
      record = try await fixture.store.store.confirmTarget(
        ofMove: record.id, as: made, by: MoveFixture.team, context: someone)
      #expect(record.move[.createEnvironment]?.evidence != nil)
      let target = try await fixture.placement(record.move.target)
      #expect(target.spec.environmentID == made && target.spec.revision == 1)
      try await fixture.carry(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .done)
      #expect(try await fixture.store.store.movedEnvironments(of: "basegun").map(\.movedToID) == [made])
    }
  }

  @Test func `a reservation that the console lets expire is made again, and the document asks for what there is`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await Self.inConsole(fixture)
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      let first = try #require(try await fixture.move("prod", of: migration).move.target)
      try await fixture.store.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE reservations SET expires_at = clock_timestamp() - interval '1 s' WHERE state = 'pending'")
      }
      #expect(try await fixture.store.store.expireReservations().expired.count == 1)
      let id = try await fixture.move("prod", of: migration).id
      #expect(try await fixture.store.store.tendMove(id))
      let second = try #require(try await fixture.move("prod", of: migration).move.target)
      #expect(first != second)
      #expect(try await fixture.environments() == ["prod2", "dev"])
      #expect(try await fixture.store.ledgerAddsUp())
    }
  }

  @Test func `a rollback while the console is waited for gives the place back`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.inConsole(fixture)
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.act(.rolledBack(acceptedLoss: nil), record.id, by: MoveFixture.team)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .rolledBack)
      #expect(try await fixture.store.store.reservation(try #require(record.hold)).state == .cancelled)
      #expect(try await fixture.environments() == ["prod", "dev"])
      #expect(try await fixture.store.count("SELECT committed_cpu FROM capacity_ledger WHERE cluster = 'sud-1'") == 0)
    }
  }

  @Test func `of two replicas one goes, and both stay apart under two names`() async throws {
    try await MoveFixture.run { fixture in
      let first = try await fixture.twoReplicas()
      let migration = try await fixture.plan(.selection([first]))
      try await fixture.start(migration)
      #expect(try await fixture.environments() == ["prod×1", "prod2×1", "dev"])
      // What stays has the number that the project asks for.
      let stays = try await fixture.placements().filter { $0.spec.environment == "prod" && $0.isLeaving != true }
      #expect(stays.map(\.spec.replica) == [0])
      let again = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
      #expect(again.decision.placed && !again.changed && again.pendingMoves.isEmpty)
      try await fixture.carry(migration)
      #expect(try await fixture.moves(of: migration).map(\.move.step) == [.done])
      guard case .project(let after) = try await fixture.store.store.get(.project, "basegun") else { return }
      #expect(after.spec.spread.map(\.environments) == [["prod", "prod2"]])
      #expect(try await fixture.store.ledgerAddsUp())
      // The other one goes later, under a name of its own, and comes back: the first name stays known.
      func names() async throws -> [String] {
        try await fixture.store.store.movedEnvironments(of: "basegun").map(\.movedTo)
      }
      let other = try #require(
        try await fixture.placements().first { $0.spec.environment == "prod" && $0.isLeaving != true })
      let later = try await fixture.plan(.selection([other.spec.id]))
      try await fixture.start(later)
      #expect(try await names() == ["prod2", "prod3"])
      try await fixture.act(.rolledBack(acceptedLoss: nil), try await fixture.moves(of: later)[0].id)
      for _ in 0..<3 {
        try await fixture.report()
        try await fixture.tend(later)
      }
      #expect(try await fixture.moves(of: later).map(\.move.step) == [.rolledBack])
      #expect(try await names() == ["prod2"])
    }
  }

  @Test func `what is given up stays as it stands, and both are the project's again`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.act(.givenUp(reason: "abandon"), record.id)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.step == .failed)
      #expect(try await fixture.environments() == ["prod", "prod2", "dev"])
      #expect(try await fixture.placements().allSatisfy { $0.spec.phase == .active && $0.isLeaving == nil })
      let again = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
      #expect(again.decision.placed && !again.changed)
      func names() async throws -> [String] {
        try await fixture.store.store.movedEnvironments(of: "basegun").filter { $0.environment == "prod" }.map(
          \.movedTo)
      }
      #expect(try await names() == [])
      // What is planned anew has a name of its own, and what was given up is none of its history.
      _ = try await fixture.store.store.put(
        Offered.cluster("sud-2", Offered.large, zone: "sud-usuel"), context: someone)
      let anew = try await fixture.plan()
      try await fixture.start(anew)
      try await fixture.carry(anew)
      #expect(try await names() == ["prod3"])
    }
  }

  @Test func `given up after the source's name was typed, both are the project's again, too`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .drainingSource)
      try await fixture.finishTasks(of: migration)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.act(.removalConfirmed(typed: "prod"), record.id)
      #expect(try await fixture.placement(record.move.terms.source).spec.phase == .removed)
      // No agent has heard of it yet.
      try await fixture.act(.givenUp(reason: "abandon"), record.id)
      try await fixture.tend(migration)
      let source = try await fixture.placement(record.move.terms.source)
      #expect(source.spec.phase == .draining && source.isLeaving == nil)
      #expect(try await fixture.environments() == ["prod", "prod2", "dev"])
    }
  }

  @Test func `after the cut-over the way back waits for what was written since, or for who answers for it`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .cutOver)
      var record = try await fixture.move("prod", of: migration)
      try await fixture.act(.rolledBack(acceptedLoss: nil), record.id)
      try await fixture.report()
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.standing == .blocked && record.move.obstacles.map(\.name) == ["wayBackLosesWrites"])
      #expect(try await fixture.placement(record.move.target).spec.phase == .active)
      try await fixture.carry(migration, upTo: .rolledBack)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .rolledBack)
      #expect(try await fixture.placement(record.move.terms.source).spec.phase == .active)
      #expect(try await fixture.environments() == ["prod", "dev"])
    }
  }

  @Test func `with the source lost nothing is copied, and somebody answers for what is lost`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope, motive: .disaster)
      try await fixture.start(migration)
      var record = try await fixture.move("prod", of: migration)
      #expect(record.move.isSourceLost && record.move[.firstCopy] == nil)
      try await fixture.report(only: [try #require(record.move.target)])
      try await fixture.tend(migration)
      try await fixture.act(.sourceLost(acceptedLoss: "depuis la sauvegarde de minuit"), record.id)
      for _ in 0..<20 {
        try await fixture.tend(migration)
        try await fixture.report(only: [try #require(record.move.target)])
        record = try await fixture.move("prod", of: migration)
        if record.move.step == .cutOver || record.move.step == .verified { break }
        try await fixture.step(record)
      }
      #expect(record.move.acceptedLoss?.text == "depuis la sauvegarde de minuit")
      #expect([.cutOver, .verified].contains(record.move.step))
      // The source is ordered to be frozen, should it ever come back.
      #expect(try await fixture.placement(record.move.terms.source).spec.phase == .frozen)
    }
  }

  @Test func `while the source's agent is away a move waits, tells so when it is long, and goes on when it is back`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      var record = try await fixture.move("prod", of: migration)
      let (source, target) = (record.move.terms.source, try #require(record.move.target))
      try await fixture.act(.done(.stopWrites, evidence: "vu"), record.id)
      // An hour goes by.
      try await fixture.store.tamper("UPDATE moves SET body = jsonb_set(body, '{terms,patience}', '1000')")
      try await fixture.report(only: [target])
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .writesStopped && record.move.obstacles == [.sourceLate])
      let early = try await refusal { try await fixture.act(.done(.finalCopy, evidence: "vu"), record.id) }
      #expect(early?.kind == .migrationState && early?.path == "source")
      try await fixture.report()
      record = try await fixture.act(.done(.finalCopy, evidence: "vu"), record.id)
      #expect(record.move.step == .finalCopy && record.move.obstacles.isEmpty)

      // The order to go is one that its agent has not heard of.
      try await fixture.carry(migration, upTo: .drainingSource)
      for kind in [MigrationTask.Kind.emptySource, .dashboards] {
        guard try await fixture.move("prod", of: migration).move[kind]?.isOpen == true else { continue }
        try await fixture.act(.done(kind, evidence: "vu"), record.id)
      }
      try await fixture.act(.removalConfirmed(typed: "prod"), record.id)
      try await fixture.report(only: [target])
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .drainingSource && record.move.obstacles == [.sourceLate])
      #expect(try await fixture.placement(source).removedAt == nil)
      try await fixture.report()
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .done && record.move.obstacles.isEmpty)
    }
  }

  @Test func `a neighbour that may not stay where it is speaks for nobody else`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.scope)
      // After the plan the policy forbids the north to everything: what is started goes on, one by one.
      for record in try await fixture.moves(of: migration) {
        for (party, caller) in [
          (MigrationParty.projectTeam, MoveFixture.team), (.targetOperator, MoveFixture.south),
          (.serviceBody, MoveFixture.admin),
        ] { try await fixture.act(.approved(party), record.id, by: caller) }
      }
      _ = try await fixture.store.store.act(
        .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "plus-au-nord", motive: LocalizedText(fr: "non"), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]))
      ]
      _ = try await fixture.store.store.put(.policy(policy), context: someone)
      #expect(try await fixture.store.store.judgeEverything(always: true).opened == 2)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.target != nil)
      // The source's finding stays open until it is gone, and is then over by the migration.
      _ = try await fixture.store.store.judgeEverything(always: true)
      #expect(try await fixture.store.count("SELECT count(*) FROM findings WHERE resolved_at IS NULL") == 2)
      try await fixture.carry(migration)
      _ = try await fixture.store.store.judgeEverything(always: true)
      #expect(
        try await fixture.store.count(
          "SELECT count(*) FROM findings WHERE resolution = 'migrated' AND environment = 'prod'") == 1)
    }
  }
}
