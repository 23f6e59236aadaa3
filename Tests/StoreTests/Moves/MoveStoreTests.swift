import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Store
import Testing

/// Moves on a real database: the placements are what is wanted of them, in the transaction that says so.
@Suite struct MoveStoreTests {
  @Test func `everything of a region goes to another operator, and nothing is left behind`() async throws {
    try await MoveFixture.run(quota: Offered.full()) { fixture in
      let before = try await fixture.placements()
      #expect(before.allSatisfy { $0.spec.cluster == "nord-1" } && before.count == 2)
      try await fixture.report()
      let migration = try await fixture.plan()
      #expect(try await fixture.moves(of: migration).map(\.move.step) == [.planned, .planned])
      try await fixture.start(migration)
      try await fixture.carry(migration)

      let moves = try await fixture.moves(of: migration)
      #expect(moves.map(\.move.step) == [.done, .done])
      #expect(try await fixture.store.store.migration(migration.id).campaign.state == .done)
      for record in moves {
        let (source, target) = (
          try await fixture.placement(record.move.terms.source), try await fixture.placement(record.move.target)
        )
        #expect(source.spec.phase == .removed && source.removedAt != nil && source.removePersistentVolumes)
        #expect(target.spec.cluster == "sud-1" && target.spec.phase == .active && target.isReady)
        #expect(target.spec.quota == source.spec.quota && target.spec.environmentID != source.spec.environmentID)
        #expect(target.spec.environment == record.move.terms.targetEnvironment)
        // The decision that placed it can be made again, years later.
        #expect(try await fixture.store.store.replay(target.spec.decision).verdict == .equal)
      }
      #expect(try await fixture.environments() == ["prod2", "dev2"])
      #expect(try await fixture.store.ledgerAddsUp())
      let names = try await fixture.store.store.movedEnvironments(of: "basegun")
      #expect(names.map { "\($0.environment)→\($0.movedTo)" } == ["dev→dev2", "prod→prod2"])
      let counts = try await fixture.store.store.moveCounts()
      #expect(counts.map { "\($0.step) \($0.standing) \($0.count)" } == ["done ended 2"])
      // Whoever still asks for the old name is told the new one, and places nothing.
      _ = try await fixture.store.store.put(
        .project(Offered.project("basegun", environments: ["prod", "prod2", "dev2"])), context: someone)
      let refused = try await refusal {
        _ = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
      }
      #expect(refused?.kind == .conflict && refused?.accepted == "prod2")
    }
  }

  @Test func `while both are there the project is decided on by its new names, and the source is nobody's`()
    async throws
  {
    try await MoveFixture.run(quota: Offered.full()) { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      try await fixture.start(migration)
      let record = try await fixture.move("prod", of: migration)
      let source = try await fixture.placement(record.move.terms.source)
      #expect(source.isLeaving == true && source.spec.phase == .active)
      #expect(try await fixture.environments() == ["prod2", "dev"])
      // Both count.
      #expect(try await fixture.store.ledgerAddsUp())
      #expect(
        try await fixture.store.count("SELECT committed_cpu FROM capacity_ledger WHERE cluster = 'sud-1'") == 2000)
      #expect(
        try await fixture.store.count("SELECT committed_cpu FROM capacity_ledger WHERE cluster = 'nord-1'") == 4000)
      let again = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
      #expect(again.decision.placed && !again.changed && again.pendingMoves.isEmpty)
      #expect(try await fixture.store.store.judgeEverything(always: true).opened == 0)
    }
  }

  @Test func `whoever still asks for the old name touches nothing of what the move leaves`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      try await fixture.start(migration)
      let source = try await fixture.move("prod", of: migration).move.terms.source
      // The console knows both as long as both are there.
      let both = Offered.project("basegun", environments: ["prod", "prod2", "dev"])
      let larger = Offered.project("basegun", quota: Offered.quota(cpu: 3), environments: ["prod", "prod2", "dev"])
      for document in [both, larger] {
        _ = try await fixture.store.store.put(.project(document), context: someone)
        let before = try await fixture.placement(source)
        let decided = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
        #expect(decided.decision.placed && decided.pendingMoves.isEmpty)
        #expect(try await fixture.placement(source) == before)
      }
      try await fixture.carry(migration, upTo: .drainingSource)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.report()
      try await fixture.act(.done(.emptySource, evidence: "vide"), record.id)
      try await fixture.act(.done(.dashboards, evidence: "vus"), record.id)
      try await fixture.act(.removalConfirmed(typed: "prod"), record.id)
      #expect(try await fixture.placement(source).spec.phase == .removed)
      // The order to remove it is not recalled by a document.
      let refused = try await refusal {
        _ = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
      }
      #expect(refused?.kind == .conflict && refused?.accepted == "prod2")
      #expect(try await fixture.placement(source).spec.phase == .removed)
    }
  }

  @Test func `before the cut-over one act leads back, and all is as it was`() async throws {
    for last in [MigrationStep.preparingTarget, .targetReady, .firstCopy, .writesStopped, .finalCopy] {
      try await MoveFixture.run(quota: Offered.full()) { fixture in
        try await fixture.report()
        let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
        try await fixture.start(migration)
        if last != .preparingTarget { try await fixture.carry(migration, upTo: last) }
        var record = try await fixture.move("prod", of: migration)
        #expect(record.move.step == last)
        try await fixture.act(.rolledBack(acceptedLoss: nil), record.id, by: MoveFixture.team)
        for _ in 0..<4 {
          try await fixture.report()
          try await fixture.tend(migration)
        }
        record = try await fixture.move("prod", of: migration)
        #expect(record.move.step == .rolledBack, "from \(last)")
        let source = try await fixture.placement(record.move.terms.source)
        #expect(source.spec.phase == .active && source.isLeaving == nil)
        if let id = record.move.target { #expect(try await fixture.placement(id).removedAt != nil) }
        #expect(try await fixture.environments() == ["prod", "dev"])
        #expect(try await fixture.store.ledgerAddsUp())
        #expect(try await fixture.store.count("SELECT committed_cpu FROM capacity_ledger WHERE cluster = 'sud-1'") == 0)
        #expect(try await fixture.store.store.movedEnvironments(of: "basegun").isEmpty)
        let again = try await fixture.store.store.decide(PlacementRequest(project: "basegun"), context: someone)
        #expect(again.decision.placed && !again.changed)
      }
    }
  }

  @Test func `with no room it is blocked and says why, and goes on when there is some`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      // Somebody is faster.
      _ = try await fixture.store.store.put(
        Offered.cluster(
          "sud-1", ResourceList(cpu: Quantity(1), memory: Quantity("1Gi"), pods: Quantity(2)), zone: "sud-usuel"),
        context: someone)
      let outdated = try await refusal { try await fixture.start(migration) }
      #expect(outdated?.kind == .planOutdated && outdated?.path == "cluster sud-1 changed")
    }
    try await MoveFixture.run(south: Offered.small) { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      for record in try await fixture.moves(of: migration) {
        for party in [MigrationParty.projectTeam, .targetOperator, .serviceBody] {
          try await fixture.act(.approved(party), record.id, by: Self.everybody)
        }
      }
      _ = try await fixture.store.store.act(
        .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
      // It was started, and room is taken before it has a place.
      _ = try await fixture.store.store.put(
        Offered.cluster("sud-1", Offered.quota(cpu: 1), zone: "sud-usuel"), context: someone)
      try await fixture.tend(migration)
      var record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .preparingTarget && record.move.standing == .blocked && record.move.target == nil)
      #expect(record.move.obstacles.map(\.name) == ["noTarget"])
      guard case .noTarget(let reasons)? = record.move.obstacles.first else { return }
      let codes = try reasons.map { try ModelJSON.decoder.decode(Reason.self, from: Data($0.utf8)).code }
      #expect(!codes.isEmpty)
      #expect(try await fixture.environments() == ["prod", "dev"])
      #expect(try await fixture.store.store.movesToLookAtAgain() == [record.id])

      _ = try await fixture.store.store.put(
        Offered.cluster("sud-1", Offered.large, zone: "sud-usuel"), context: someone)
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.target != nil && record.move.obstacles.isEmpty)
    }
  }

  private static let everybody = MoveCaller(
    principal: "local", operators: ["*"], projects: ["*"], isServiceBody: true)

  @Test func `a policy that forbids the target halts the move, and nothing goes before it is well again`() async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "pas-au-sud", motive: LocalizedText(fr: "non"), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "sud-1"]))
      ]
      _ = try await fixture.store.store.put(.policy(policy), context: someone)
      #expect(try await fixture.store.store.judgeEverything(always: true).opened > 0)
      try await fixture.tend(migration)
      var record = try await fixture.move("prod", of: migration)
      #expect(record.move.obstacles.map(\.name) == ["targetIllegal"])
      try await fixture.act(.done(.stopWrites, evidence: "lecture seule"), record.id)
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .firstCopy)
      _ = try await fixture.store.store.put(Offered.policy(), context: someone)
      _ = try await fixture.store.store.judgeEverything(always: true)
      try await fixture.tend(migration)
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.obstacles.isEmpty && record.move.step == .writesStopped)
    }
  }

  @Test func `whoever tends it at once, everything is done once`() async throws {
    try await MoveFixture.run(quota: Offered.full()) { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(rehearses: false)
      for record in try await fixture.moves(of: migration) {
        for party in [MigrationParty.projectTeam, .targetOperator, .serviceBody] {
          try await fixture.act(.approved(party), record.id, by: Self.everybody)
        }
      }
      _ = try await fixture.store.store.act(
        .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
      let ids = try await fixture.moves(of: migration).map(\.id)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 {
          group.addTask {
            for _ in 0..<5 {
              _ = try await fixture.store.store.tendMigration(migration.id)
              for id in ids { _ = try await fixture.store.store.tendMove(id) }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await fixture.placements().filter { $0.spec.cluster == "sud-1" }.count == 2)
      #expect(try await fixture.environments() == ["prod2", "dev2"])
      #expect(try await fixture.store.ledgerAddsUp())
    }
  }

  @Test func `who does not speak for a party is refused, and others' moves are not told from none`() async throws {
    try await MoveFixture.run { fixture in
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      let record = try await fixture.move("prod", of: migration)
      let wrong = try await refusal { try await fixture.act(.approved(.projectTeam), record.id, by: MoveFixture.south) }
      #expect(wrong?.kind == .forbidden)
      let reach = Scope.own(operators: ["other"], projects: ["other"])
      let unknown = try await refusal { _ = try await fixture.store.store.move(record.id, within: reach) }
      #expect(unknown?.kind == .notFound)
      #expect(try await fixture.store.store.moves(within: reach).items.isEmpty)
      #expect(try await fixture.store.store.migrations(within: reach).items.isEmpty)
      let own = Scope.own(operators: ["anfsi"], projects: [])
      #expect(try await fixture.store.store.migrations(within: own).items.map(\.id) == [migration.id])
    }
  }

  @Test func `a cursor that was made up, of a place that no plan has, is read like any other`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan()
      let all = try await fixture.moves(of: migration).map(\.id)
      #expect(all.count == 2)
      func found(after ordinal: Int) async throws -> [UUID] {
        let text = #"{"number":\#(migration.number),"ordinal":\#(ordinal)}"#
        let cursor = Data(text.utf8).base64EncodedString()
        return try await fixture.store.store.moves(cursor: cursor).items.map(\.id)
      }
      let behind = try await found(after: .max)
      let ahead = try await found(after: .min)
      #expect(behind.isEmpty)
      #expect(ahead == all)
    }
  }

  @Test func `a placement goes one way at a time`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let scope = MoveScope.environment(project: "basegun", environment: "prod")
      let (first, second) = (try await fixture.plan(scope), try await fixture.plan(scope))
      try await fixture.start(first)
      let refused = try await refusal { try await fixture.start(second) }
      #expect(refused?.kind == .planOutdated)
    }
  }

  @Test func `with the same key an act takes place once, and its answer is told again`() async throws {
    try await MoveFixture.run { fixture in
      let migration = try await fixture.plan(.environment(project: "basegun", environment: "prod"))
      let record = try await fixture.move("prod", of: migration)
      func approve() async throws -> MoveRecord {
        try await fixture.store.store.act(
          .approved(.projectTeam), onMove: record.id, by: MoveFixture.team, idempotencyKey: "k", context: someone)
      }
      let (first, again) = (try await approve(), try await approve())
      #expect(!first.isReplay && again.isReplay && first.revision == again.revision)
      let stale = try await refusal {
        _ = try await fixture.store.store.act(
          .approved(.serviceBody), onMove: record.id, if: .version(["1"]), by: MoveFixture.admin, context: someone)
      }
      #expect(stale?.kind == .versionMismatch)
    }
  }
}
