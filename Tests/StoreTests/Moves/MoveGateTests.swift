import Events
import Foundation
import Migration
import Model
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// What no step of a move is taken without, on a real database.
@Suite struct MoveGateTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  /// The team asks for more at the target; nobody has reported on that.
  private static func enlarge(_ fixture: MoveFixture) async throws {
    guard case .project(var project) = try await fixture.store.store.get(.project, "basegun") else { return }
    for place in project.spec.environments.indices where project.spec.environments[place].name == "prod2" {
      project.spec.environments[place].quota = Offered.quota(cpu: 3)
    }
    _ = try await fixture.store.store.decide(PlacementRequest(project: project), context: someone)
  }

  @Test func `a larger quota that no agent has reported on opens neither the cut-over nor the source's removal`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .finalCopy)
      var record = try await fixture.move("prod", of: migration)
      while let task = record.move.tasks.first(where: \.isOpen) {
        record = try await fixture.act(.done(task.kind, evidence: "vu"), record.id)
      }
      try await Self.enlarge(fixture)
      #expect(try await fixture.placement(record.move.target).isCurrent == false)
      let early = try await refusal { try await fixture.act(.cutOverBegins, record.id) }
      #expect(early?.kind == .migrationState && early?.path == "target")
      try await fixture.report()
      try await fixture.act(.cutOverBegins, record.id)
      try await fixture.carry(migration, upTo: .drainingSource)
      try await fixture.report()
      for kind in [MigrationTask.Kind.emptySource, .dashboards] {
        guard try await fixture.move("prod", of: migration).move[kind]?.isOpen == true else { continue }
        try await fixture.act(.done(kind, evidence: "vu"), record.id)
      }
      guard case .project(var project) = try await fixture.store.store.get(.project, "basegun") else { return }
      for place in project.spec.environments.indices { project.spec.environments[place].quota = Offered.quota(cpu: 1) }
      _ = try await fixture.store.store.decide(PlacementRequest(project: project), context: someone)
      let late = try await refusal { try await fixture.act(.removalConfirmed(typed: "prod"), record.id) }
      #expect(late?.kind == .migrationState && late?.path == "target")
      try await fixture.report()
      try await fixture.act(.removalConfirmed(typed: "prod"), record.id)
      #expect(try await fixture.placement(record.move.terms.source).spec.phase == .removed)
    }
  }

  @Test func `the service body is told what is its own to do, and reminded of it after half the time, once`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let store = fixture.store.store
      let hook = try await store.addWebhook(
        try #require(WebhookAddress("https://chat.example.fr/hooks/abc")), events: [.moveTask, .moveReminder],
        of: .serviceBody, secret: [UInt8](repeating: 7, count: 32), context: someone)
      #expect(hook.owner == .serviceBody)
      func told() async throws -> [String] { try await store.deliveries(to: hook.id).items.map(\.event).reversed() }
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .writesStopped)
      #expect(try await told() == [], "what others have to do is not for it")
      try await fixture.carry(migration, upTo: .finalCopy)
      var record = try await fixture.move("prod", of: migration)
      while let task = record.move.tasks.first(where: \.isOpen) {
        record = try await fixture.act(.done(task.kind, evidence: "vu"), record.id)
      }
      #expect(try await told() == ["move.task"])
      try await fixture.store.tamper(
        """
        UPDATE moves SET body = jsonb_set(body, '{waitingSince}', to_jsonb(to_char((clock_timestamp()
          - interval '4 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))), next_at = clock_timestamp()
        """)
      try await fixture.tend(migration)
      try await fixture.tend(migration)
      #expect(try await told() == ["move.task", "move.reminder"])
      let body = try await fixture.store.pool.withConnection { connection in
        try await connection.query(
          "SELECT convert_from(body, 'UTF8') AS body FROM webhook_deliveries ORDER BY number DESC LIMIT 1")
      }.first?.decode(String.self, "body")
      #expect(body?.contains("commencer la bascule") == true, "\(body ?? "-")")
      // An instance of an earlier version takes it for an operator's of whom nothing is told.
      #expect(
        try await fixture.store.count("SELECT count(*) FROM webhooks WHERE num_nonnulls(operator, project) = 1") == 1)
    }
  }

  @Test func `the service body is told what is held up, what has ended, and that a migration has paused itself`()
    async throws
  {
    try await MoveFixture.run { fixture in
      let store = fixture.store.store
      let hook = try await store.addWebhook(
        try #require(WebhookAddress("https://chat.example.fr/hooks/abc")),
        events: [.moveBlocked, .moveStep, .migrationPaused], of: .serviceBody, secret: [UInt8](repeating: 7, count: 32),
        context: someone)
      func told() async throws -> [String] { try await store.deliveries(to: hook.id).items.map(\.event).reversed() }
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      _ = try await store.act(
        .paceChanged(.init(maxTroubled: 0)), onMigration: migration.id, by: MoveFixture.admin, context: someone)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      #expect(try await told() == ["move.step"])
      try await fixture.forbidSouth()
      _ = try await store.judgeEverything(always: true)
      try await fixture.tend(migration)
      #expect(try await told() == ["move.step", "move.blocked", "migration.paused"])
      let paused = try await store.migration(migration.id)
      #expect(paused.campaign.state == .paused)
      let notes = paused.notes(of: [.pausedItself(troubled: 1), .pausedItself(troubled: 2)])
      #expect(
        notes.map(\.text.fr) == [
          "migration suspendue d’elle-même : 1 déplacement en difficulté",
          "migration suspendue d’elle-même : 2 déplacements en difficulté",
        ])
      #expect(
        notes.map(\.text.en) == [
          "migration paused itself: 1 move in trouble", "migration paused itself: 2 moves in trouble",
        ])
      try await fixture.act(.rolledBack(acceptedLoss: nil), fixture.move("prod", of: migration).id)
      for _ in 0..<3 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      #expect(try await fixture.move("prod", of: migration).move.step == .rolledBack)
      #expect(try await told().dropFirst(3) == ["move.step", "move.step"])
    }
  }

  @Test func `a move whose target's agent is silent comes to rest, and is looked at again for the time alone`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      #expect(
        try await fixture.store.count("SELECT count(*) FROM moves WHERE next_at > clock_timestamp()") == 1,
        "nobody has agreed, and is reminded")
      try await fixture.start(migration)
      let zone = try await fixture.placement(fixture.move("prod", of: migration).move.target).spec.zone
      _ = try await fixture.store.store.apply(
        [Heartbeats.record(zone: zone, sequence: 1)], topic: "regie.\(zone).observed", zone: zone)
      try await fixture.store.tamper("UPDATE agents SET silent_milliseconds = 1000000000")
      try await fixture.tend(migration)
      let record = try await fixture.move("prod", of: migration)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).revision == record.revision)
      #expect(record.move.step == .preparingTarget && record.move.next != nil)
    }
  }

  @Test func `while an application is left alone nobody stops its writes or leads its users away, and back he may`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.carry(migration, upTo: .firstCopy)
      let id = try await fixture.move("prod", of: migration).id
      func leaveAlone(_ blackouts: [Blackout]) async throws {
        _ = try await fixture.store.store.act(
          .paceChanged(.init(blackouts: blackouts)), onMigration: migration.id, by: MoveFixture.admin, context: someone)
      }
      let now = try await fixture.store.store.migration(migration.id).asOf
      func day(_ days: Int64) -> CalendarDay {
        ParisTime.day(of: Timestamp(microseconds: now.microseconds + days * 86_400_000_000))
      }
      let (first, last) = (day(-1), day(1))
      try await leaveAlone([Blackout(from: first, until: last, reach: .project("basegun"))])
      let stopped = try await refusal { try await fixture.act(.done(.stopWrites, evidence: "vu"), id) }
      #expect(stopped?.kind == .migrationState && stopped?.path == "pace.blackouts")
      #expect(stopped?.accepted?.contains("\(last.adding(days: 1))") == true)
      try await leaveAlone([Blackout(from: first, until: last, reach: .project("vigie"))])
      try await fixture.act(.done(.stopWrites, evidence: "vu"), id)
      try await fixture.carry(migration, upTo: .finalCopy)
      var record = try await fixture.move("prod", of: migration)
      while let task = record.move.tasks.first(where: \.isOpen) {
        record = try await fixture.act(.done(task.kind, evidence: "vu"), id)
      }
      try await leaveAlone([Blackout(from: first, until: last, reach: .region("sud"))])
      #expect(try await refusal { try await fixture.act(.cutOverBegins, id) }?.path == "pace.blackouts")
      try await fixture.act(.rolledBack(acceptedLoss: nil), id)
      #expect(try await fixture.move("prod", of: migration).move.step == .rollingBack)
    }
  }

  /// One project, two migrations of its two productions, both agreed to and started, and nothing begun.
  private static func twoStarted(
    _ fixture: MoveFixture
  ) async throws -> (first: MigrationRecord, second: MigrationRecord) {
    // The third environment is placed in the north, too.
    guard case .cluster(var south) = Offered.cluster("sud-1", Offered.large, zone: "sud-usuel") else {
      throw StoreError(.notFound, "no cluster", fr: "aucun cluster")
    }
    south.spec.state = .cordoned
    _ = try await fixture.store.store.put(.cluster(south), context: someone)
    var more = Offered.project("basegun", environments: ["prod", "prodb", "dev"])
    more.spec.environments[1].stage = Stage.production
    _ = try await fixture.store.store.decide(PlacementRequest(project: more), context: someone)
    south.spec.state = .open
    _ = try await fixture.store.store.put(.cluster(south), context: someone)
    try await fixture.report()
    try #require(try await fixture.placements().filter { $0.spec.cluster == "nord-1" }.count == 3)
    let first = try await fixture.plan(prod, rehearses: false)
    let second = try await fixture.plan(.environment(project: "basegun", environment: "prodb"), rehearses: false)
    for record in try await fixture.moves(of: first) + fixture.moves(of: second) {
      try await fixture.act(.approved(.projectTeam), record.id, by: MoveFixture.team)
      try await fixture.act(.approved(.targetOperator), record.id, by: MoveFixture.south)
      try await fixture.act(.approved(.serviceBody), record.id)
    }
    // Both before one of them begins anything, which would make the other's plan one of before.
    for migration in [first, second] {
      _ = try await fixture.store.store.act(
        .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
    }
    return (first, second)
  }

  /// Its users are the same.
  @Test func `the second of two migrations leaves a project's production alone while the first moves it`() async throws
  {
    try await MoveFixture.run { fixture in
      let (first, second) = try await Self.twoStarted(fixture)
      for migration in [first, second] { try await fixture.tend(migration) }
      #expect(try await fixture.move("prod", of: first).move.step == .preparingTarget)
      let waiting = try await fixture.move("prodb", of: second)
      #expect(waiting.move.step == .approved)
      #expect(
        try await fixture.store.store.holds(ofMigration: second.id).map(\.hold) == [.production(project: "basegun")])
      let listener = PostgresListener(
        configuration: fixture.store.configuration, channels: [GovernanceStore.migrationsChannel], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      try await fixture.carry(first, upTo: .verified)
      try await fixture.store.pool.withConnection {
        _ = try await $0.execute("SELECT pg_notify('regie_migrations', 'end')")
      }
      var told: Set<String> = []
      while case .notification(_, let payload)? = await events.next(), payload != "end" { told.insert(payload) }
      #expect(told.contains(second.id.uuidString.lowercased()), "else it would wait for ever")
      try await fixture.tend(second)
      #expect(try await fixture.move("prodb", of: second).move.step != .approved)
    }
  }

  @Test func `of two migrations that are looked at at once only one takes a project's production`() async throws {
    try await MoveFixture.run { fixture in
      let (first, second) = try await Self.twoStarted(fixture)
      // Both have looked at what is under way before one of them has written.
      let (store, pool) = (fixture.store.store, fixture.store.pool)
      let begun = try await withThrowingTaskGroup(of: [UUID].self) { group in
        try await pool.withTransaction { connection in
          try await connection.execute("LOCK TABLE moves IN EXCLUSIVE MODE")
          for migration in [first, second] { group.addTask { try await store.tendMigration(migration.id) } }
          let isHeld = try await eventually {
            try await fixture.store.count(
              "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ) == 2
          }
          #expect(isHeld)
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(begun.count == 1)
    }
  }

  @Test func `what changes of the offer while a migration is started is seen before it begins`() async throws {
    try await MoveFixture.run { fixture in
      try await fixture.report()
      let migration = try await fixture.plan(Self.prod)
      for record in try await fixture.moves(of: migration) {
        try await fixture.act(.approved(.projectTeam), record.id, by: MoveFixture.team)
        try await fixture.act(.approved(.targetOperator), record.id, by: MoveFixture.south)
        try await fixture.act(.approved(.serviceBody), record.id)
      }
      let store = fixture.store.store
      let attempt = try await fixture.store.pool.withTransaction { connection in
        try await connection.execute(StoreLocks.takeOffer())
        // It looks at what is there, and waits for what is about to be.
        let attempt = Task {
          try await refusal {
            _ = try await store.act(
              .started(changes: []), onMigration: migration.id, by: MoveFixture.admin, context: someone)
          }
        }
        // The server is that of all tests, and so are its locks.
        let waiting: PostgresQuery = """
          SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          """
        let waits = try await eventually { try await fixture.store.count(waiting) > 0 }
        #expect(waits)
        try await connection.execute(
          """
          UPDATE resources SET spec = jsonb_set(spec, '{state}', '"cordoned"'), generation = generation + 1,
            resource_version = nextval('resource_versions') WHERE kind = 'Cluster' AND name = 'sud-1'
          """)
        try await connection.execute("UPDATE offer_state SET version = version + 1")
        return attempt
      }
      #expect(try await attempt.value?.kind == .planOutdated)
    }
  }
}
