import Events
import Foundation
import Identity
import Migration
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What keeps a move from doing harm: to what is others' to order, to names that are others', and after a database was restored.
@Suite struct MoveGuardTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  /// Forbids a cluster, or nothing, and has everything judged by it.
  private static func forbid(_ cluster: String?, in fixture: MoveFixture) async throws {
    guard case .policy(var policy) = Offered.policy() else { return }
    policy.spec.rules =
      cluster.map { name in
        [
          PolicySpec.Rule(
            id: "pas-la", motive: LocalizedText(fr: "non"), effect: .forbid,
            places: LabelSelector(matchLabels: ["cluster.name": name]))
        ]
      } ?? []
    _ = try await fixture.store.store.put(.policy(policy), context: someone)
    _ = try await fixture.store.store.judgeEverything(always: true)
  }

  private static func approve(_ migration: MigrationRecord, in fixture: MoveFixture) async throws {
    for record in try await fixture.moves(of: migration) {
      try await fixture.act(.approved(.projectTeam), record.id, by: MoveFixture.team)
      try await fixture.act(.approved(.targetOperator), record.id, by: MoveFixture.south)
      try await fixture.act(.approved(.serviceBody), record.id)
    }
  }

  private static func begin(_ migration: MigrationRecord, in fixture: MoveFixture) async throws {
    _ = try await fixture.store.store.act(
      .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
  }

  /// What the bus would hold of a life that is lost: of every placement a later state than is known here.
  private static func evidence(_ fixture: MoveFixture) async throws -> [BusEvidence] {
    let lease = try await fixture.store.store.acquireRelayLease(holder: "a", backendPID: 1)
    let states = try await fixture.store.store.claimOutbox(term: lease.term, limit: 1000).map(\.state)
    return try Dictionary(grouping: states, by: \.zone).map { zone, states in
      var latest: [UUID: BusEvidence.Seen] = [:]
      for var state in states.sorted(by: { $0.revision < $1.revision }) {
        state.revision += 1
        latest[state.placement] = BusEvidence.Seen(
          state: state, content: ContentDigest(of: try BusCodec.encode(state)), partition: 1, offset: 5)
      }
      return BusEvidence(
        zone: zone, desired: latest,
        record: ZoneRecord(
          zone: zone, epoch: 1, sequence: 7, at: Timestamp(microseconds: 1), count: latest.count, offsets: [],
          buckets: []))
    }
  }

  @Test func `a move that has ended orders nothing, whatever somebody orders after it`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .writesStopped)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.act(.givenUp(reason: "abandon"), record.id)
      _ = try await fixture.store.store.remove(
        RemovalRequest(project: "basegun", environments: ["prod"]), context: someone)
      let ordered = try await fixture.placement(record.move.terms.source)
      #expect(ordered.spec.phase == .removed)
      #expect(try await fixture.store.store.tendMove(record.id) == false)
      try await fixture.tend(migration)
      #expect(try await fixture.placement(record.move.terms.source) == ordered)
      #expect(try await fixture.placement(record.move.target).spec.phase == .active)
    }
  }

  @Test func `nobody else has a copy removed while its move is under way`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      let id = try await fixture.move("prod", of: migration).id.uuidString.lowercased()
      for name in ["prod", "prod2"] {
        let refused = try await refusal {
          _ = try await fixture.store.store.remove(
            RemovalRequest(project: "basegun", environments: [name]), context: someone)
        }
        #expect(refused?.kind == .conflict && refused?.accepted?.contains(id) == true, "\(name)")
      }
      #expect(try await fixture.placements().allSatisfy { $0.spec.phase == .active })
      // What has no part in it goes.
      _ = try await fixture.store.store.remove(
        RemovalRequest(project: "basegun", environments: ["dev"]), context: someone)
    }
  }

  @Test func `what moves already is told as blocked in another plan, whatever names it`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let first = try await fixture.plan(Self.prod)
      try await fixture.start(first)
      func held(_ scope: MoveScope) async throws -> [String] {
        try await fixture.store.store.planMigration(
          MigrationWish(motive: .departure, reason: "Le nord ferme", scope: scope)
        ).blocked.map { "\($0.environment) \($0.cluster) \($0.cause.rawValue)" }
      }
      let second = try await fixture.plan()
      #expect(try await fixture.moves(of: second).map(\.move.terms.environment) == ["dev"])
      #expect(try await held(.regions(["nord"])) == ["prod nord-1 moving"] && second.blocked == 1)
      let source = try await fixture.move("prod", of: first).move.terms.source
      for scope in [Self.prod, .selection([source])] { #expect(try await held(scope) == ["prod nord-1 moving"]) }
      // Nor does the target go on before it has come.
      #expect(try await held(.regions(["sud"])) == ["prod2 sud-1 moving"])
      let back = try await refusal { _ = try await fixture.plan(.regions(["sud"])) }
      #expect(back?.kind == .conflict && back?.path == "scope")
    }
  }

  @Test func `of two migrations of one placement the second waits with it, and goes on with the rest`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let (first, second) = (try await fixture.plan(Self.prod), try await fixture.plan(rehearses: false))
      for migration in [first, second] { try await Self.approve(migration, in: fixture) }
      for migration in [first, second] { try await Self.begin(migration, in: fixture) }
      #expect(try await fixture.store.store.tendMigration(first.id).count == 1)
      _ = try await fixture.store.store.tendMigration(second.id)
      let waiting = try await fixture.move("prod", of: second)
      #expect(waiting.move.step == .approved)
      let other = try await fixture.move("prod", of: first).id
      #expect(
        try await fixture.store.store.holds(ofMigration: second.id).map(\.hold) == [.elsewhere(other)])
      let stranger = Scope.own(operators: [], projects: ["vigie"])
      let unknown = try await refusal {
        _ = try await fixture.store.store.holds(ofMigration: second.id, within: stranger)
      }
      #expect(unknown?.kind == .notFound)
      #expect(try await fixture.move("dev", of: second).move.step == .preparingTarget)
      // Nothing that has just come goes on, and nothing that went goes once more.
      try await fixture.carry(first)
      try await fixture.tend(second)
      let late = try await fixture.move("prod", of: second)
      #expect(late.move.step == .approved && late.move.obstacles.map(\.name) == ["sourceGone"])
      #expect(
        try await fixture.store.store.holds(ofMigration: second.id).contains {
          $0.move == late.id && $0.hold == .halted
        })
    }
  }

  @Test func `what becomes of a move tells its migration, and those that wait for it`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let (first, second) = (try await fixture.plan(Self.prod), try await fixture.plan(rehearses: false))
      try await Self.approve(first, in: fixture)
      try await Self.begin(first, in: fixture)
      let listener = PostgresListener(
        configuration: fixture.store.configuration, channels: [GovernanceStore.migrationsChannel], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      func told() async throws -> Set<String> {
        try await fixture.store.pool.withConnection {
          _ = try await $0.execute("SELECT pg_notify('regie_migrations', 'end')")
        }
        var told: Set<String> = []
        while case .notification(_, let payload)? = await events.next(), payload != "end" { told.insert(payload) }
        return told
      }
      let id = try #require(try await fixture.store.store.tendMigration(first.id).first)
      let both = Set([first.id, second.id].map { $0.uuidString.lowercased() })
      #expect(try await told() == both)
      _ = try await fixture.store.store.tendMove(id)
      #expect(try await told() == [first.id.uuidString.lowercased()])
      // What an agent reports, and changes nothing of the move, is the move's business alone.
      try await fixture.report(ready: false)
      #expect(try await told().isEmpty)
    }
  }

  @Test func `an environment of the new name that somebody else has made is his`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await Self.approve(migration, in: fixture)
      try await Self.begin(migration, in: fixture)
      let document = Offered.project("basegun", environments: ["prod", "prod2", "dev"])
      _ = try await fixture.store.store.put(.project(document), context: someone)
      try await fixture.tend(migration)
      let record = try await fixture.move("prod", of: migration)
      guard case .noTarget(let reasons)? = record.move.obstacles.first else {
        Issue.record("it should have no target")
        return
      }
      #expect(reasons == [GovernanceStore.nameTaken] && record.move.target == nil)
      #expect(try await fixture.environments() == ["prod", "prod2", "dev"])
      #expect(try await fixture.placements().allSatisfy { $0.isLeaving == nil && $0.spec.cluster == "nord-1" })
    }
  }

  @Test func `a target that a lost life has placed already is nobody's to place again`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await Self.approve(migration, in: fixture)
      try await Self.begin(migration, in: fixture)
      // As a recovery adopts it: a placement that no move and no document of this life knows.
      let source = try await fixture.move("prod", of: migration).move.terms.source
      _ = try await fixture.store.pool.withConnection {
        try await $0.execute(
          """
          INSERT INTO placements SELECT (p).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object(
            'id', gen_random_uuid(), 'environment', 'prod2', 'environment_id', gen_random_uuid(), 'cluster', 'sud-1',
            'move', NULL, 'leaving', false)) AS p FROM placements p WHERE p.id = \(source)) AS adopted
          """)
      }
      try await fixture.tend(migration)
      let record = try await fixture.move("prod", of: migration)
      guard case .noTarget(let reasons)? = record.move.obstacles.first else {
        Issue.record("it should have no target, and say why: \(record.move.obstacles)")
        return
      }
      #expect(reasons == [GovernanceStore.nameTaken] && record.move.target == nil)
    }
  }

  @Test func `what leaves has a number that no document asks for`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      let record = try await fixture.move("prod", of: migration)
      #expect(try await fixture.placement(record.move.terms.source).spec.replica == MoveStatements.firstLeft)
      #expect(try await fixture.placement(record.move.target).spec.replica == 0)
      try await fixture.act(.rolledBack(acceptedLoss: nil), record.id)
      for _ in 0..<3 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      #expect(try await fixture.placement(record.move.terms.source).spec.replica == 0)
    }
  }

  @Test func `with the same key a plan is told again, although nothing could be planned any more`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let wish = MigrationWish(motive: .departure, reason: "Le nord ferme", scope: .regions(["nord"]))
      func create() async throws -> MigrationRecord {
        try await fixture.store.store.createMigration(
          wish, by: MoveFixture.admin, idempotencyKey: "k", context: someone)
      }
      let first = try await create()
      try await Self.forbid("sud-1", in: fixture)
      let refused = try await refusal { _ = try await fixture.plan() }
      #expect(refused?.kind == .conflict)
      let again = try await create()
      #expect(again.isReplay && again.id == first.id)
      #expect(try await fixture.store.store.migrations().items.count == 1)
    }
  }

  @Test func `what is ordered although nobody acted and no step was reached stands in the audit trail`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .drainingSource)
      let source = try await fixture.move("prod", of: migration).move.terms.source
      #expect(try await fixture.placement(source).spec.phase == .draining)
      // While the target may not be where it is nobody empties the source.
      try await Self.forbid("sud-1", in: fixture)
      try await fixture.tend(migration)
      #expect(try await fixture.placement(source).spec.phase == .frozen)
      let told = try await fixture.store.count(
        "SELECT count(*) FROM audit_entries WHERE kind = 'Move' AND action = 'ordered'")
      #expect(told == 1)
    }
  }

  @Test func `what a lost life has frozen is active again once the move is led back`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let move = try await fixture.move("prod", of: migration)
      let source = move.move.terms.source
      // The life that was lost had come to the write stop.
      let evidence = try await Self.evidence(fixture).map { one in
        var one = one
        one.desired[source]?.state.phase = .frozen
        if let seen = one.desired[source] {
          one.desired[source]?.content = ContentDigest(of: try BusCodec.encode(seen.state))
        }
        return one
      }
      try await fixture.store.store.suspend(because: "the bus is ahead", comparedIn: 1)
      let plan = try await fixture.store.store.recoveryPlan(evidence)
      _ = try await fixture.store.store.recover(evidence, agreedTo: plan.digest, context: someone)
      #expect(try await fixture.placement(source).spec.phase == .frozen)
      try await fixture.act(.resumed, move.id)
      try await fixture.act(.rolledBack(acceptedLoss: nil), move.id)
      #expect(try await fixture.placement(source).spec.phase == .active)
    }
  }

  /// Whoever has one of these locked asks for the epoch next, to tell of it.
  @Test(arguments: ["migrations", "moves"])
  func `a recovery waits for who carries something on before it has the epoch for itself`(table: String) async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      try await fixture.start(try await fixture.plan(Self.prod))
      let evidence = try await Self.evidence(fixture)
      let store = fixture.store.store
      try await store.suspend(because: "the bus is ahead", comparedIn: 1)
      let plan = try await store.recoveryPlan(evidence)
      try await fixture.store.pool.withConnection { mover in
        try await mover.script("BEGIN; SELECT FROM \(table) FOR UPDATE")
        async let recovery = store.recover(evidence, agreedTo: plan.digest, context: someone)
        let waits = try await eventually { try await fixture.store.waiting() == 1 }
        #expect(waits)
        let isFree = (try? await mover.query("SELECT epoch FROM epoch FOR SHARE NOWAIT")) != nil
        #expect(isFree, "each waits for the other")
        try await mover.script("ROLLBACK")
        _ = try await recovery
      }
      #expect(try await store.epoch() == 2)
    }
  }

  @Test func `after a restored database every move rests, and nothing of its target goes without its name`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let later = try await fixture.plan(.environment(project: "basegun", environment: "dev"))
      let id = try await fixture.move("prod", of: migration).id
      let evidence = try await Self.evidence(fixture)
      try await fixture.store.store.suspend(because: "the bus is ahead", comparedIn: 1)
      // Suspended, nothing is moved.
      #expect(try await isSuspended { try await fixture.act(.done(.stopWrites, evidence: "vu"), id) })
      let plan = try await fixture.store.store.recoveryPlan(evidence)
      _ = try await fixture.store.store.recover(evidence, agreedTo: plan.digest, context: someone)
      var record = try await fixture.move("prod", of: migration)
      #expect(record.move.standing == .paused && record.move.wasRecovered && record.move.step == .firstCopy)
      #expect(
        try await fixture.store.count(
          "SELECT count(*) FROM audit_entries WHERE kind = 'Move' AND action = 'recovered'") == 2)
      #expect(try await fixture.store.store.migration(migration.id).campaign.state == .paused)
      let unbegun = try await fixture.move("dev", of: later).move
      #expect(unbegun.wasRecovered && unbegun.step == .planned)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.standing == .paused)
      try await fixture.act(.resumed, id)
      try await fixture.act(.rolledBack(acceptedLoss: nil), id)
      for _ in 0..<3 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      record = try await fixture.move("prod", of: migration)
      #expect(record.move.step == .rollingBack && record.move.awaited.contains(.targetRemovalConfirmation))
      #expect(try await fixture.placement(record.move.target).spec.phase == .active)
    }
  }
}
