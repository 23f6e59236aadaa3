import Events
import Foundation
import Identity
import Migration
import Model
import Postgres
import Requests
import Store
import Testing

/// The network flows of what moves are asked for at its target.
@Suite struct MoveFlowTests {
  private static let prod = MoveScope.environment(project: "basegun", environment: "prod")

  private static func connect(_ fixture: MoveFixture) async throws {
    try await fixture.store.region("nord", "dtnum", ["chorus"])
    try await fixture.store.region("sud", "anfsi", ["chorus"])
    try await fixture.report()
  }

  private static func open(_ id: UUID?, in fixture: MoveFixture) async throws {
    let id = try #require(id)
    for name in try await fixture.store.store.networkFlow(id).flow.waiting {
      try await fixture.store.open(id, by: name)
    }
  }

  private static func flows(_ migration: MigrationRecord, _ fixture: MoveFixture) async throws -> [MoveFlow] {
    try await fixture.move("prod", of: migration).flows ?? []
  }

  /// A move whose target is ready.
  private static func ready(_ fixture: MoveFixture) async throws -> MigrationRecord {
    let migration = try await fixture.plan(prod)
    try await fixture.start(migration)
    try await fixture.report()
    try await fixture.tend(migration)
    return migration
  }

  @Test func `a cut-over that is late waits for the source's flows as well`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      try await fixture.carry(migration, upTo: .finalCopy)
      var record = try await fixture.move("prod", of: migration)
      while let task = record.move.tasks.first(where: \.isOpen) {
        record = try await fixture.act(.done(task.kind, evidence: "vu"), record.id)
      }
      try await fixture.store.tamper(
        """
        UPDATE moves SET body = jsonb_set(body, '{waitingSince}', '"2026-01-01T00:00:00.000000Z"'),
          next_at = clock_timestamp()
        """)
      try await fixture.tend(migration)
      #expect(try await fixture.move("prod", of: migration).move.obstacles == [.waiting(.cutOver)])
      _ = try await fixture.store.flow()
      try await fixture.tend(migration)
      let early = try await refusal { try await fixture.act(.cutOverBegins, record.id) }
      #expect(early?.kind == .migrationState && early?.path == "flows")
    }
  }

  @Test func `what the source has is asked for at the target, and nobody says that it is open before it is`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      _ = try await fixture.store.place("vigie")
      let own = try await fixture.store.flow().flow
      try await Self.open(own.id, in: fixture)
      let towards = try await fixture.store.flow(to: "basegun/prod", of: "vigie").flow
      let over = try await fixture.store.flow(to: "chorus", of: "vigie").flow
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      // While the target is not ready there is nothing to open, and it is told what will be asked for.
      let record = try await fixture.move("prod", of: migration)
      var flows = record.flows ?? []
      #expect(flows.map(\.insteadOf) == [own.id, towards.id] && flows.allSatisfy { $0.flow == nil })
      // Of what concerns only the source, who takes it in knows nothing yet.
      let south = Scope.own(operators: ["anfsi"], projects: [])
      #expect(!flows[0].isWithin(south) && flows[0].isWithin(.own(operators: ["dtnum"], projects: [])))
      try await fixture.report()
      try await fixture.tend(migration)
      flows = try await Self.flows(migration, fixture)
      #expect(flows[0].isWithin(south))
      #expect(
        flows.map(\.insteadOf) == [own.id, towards.id] && flows.allSatisfy { $0.state == .pending })
      let first = try await fixture.store.store.networkFlow(try #require(flows[0].flow)).flow
      #expect(first.wish.environment == "prod2" && first.wish.system == "chorus" && first.wish.ports == own.wish.ports)
      #expect(first.waiting == ["anfsi"] && first.ends.map(\.region) == ["sud"])
      let second = try await fixture.store.store.networkFlow(try #require(flows[1].flow)).flow
      #expect(second.wish.project == "vigie" && second.wish.system == "basegun/prod2")
      #expect(try await fixture.store.store.networkFlow(over.id).flow.wish.system == "chorus")
      #expect(try await fixture.store.count("SELECT count(*) FROM network_flows") == 5)

      let early = try await refusal {
        try await fixture.act(.done(.flows, evidence: "fait"), record.id, by: MoveFixture.south)
      }
      #expect(early?.kind == .migrationState && early?.path == "flows")
      for flow in flows { try await Self.open(flow.flow, in: fixture) }
      try await fixture.tend(migration)
      #expect(try await Self.flows(migration, fixture).allSatisfy { $0.state == .opened })
      // That these are all is for people to say.
      #expect(try await fixture.move("prod", of: migration).move[.flows]?.isOpen == true)
      try await fixture.act(.done(.flows, evidence: "fait"), record.id, by: MoveFixture.south)

      try await fixture.carry(migration)
      _ = try await fixture.store.store.tendFlows()
      #expect(try await fixture.store.store.networkFlow(own.id).flow.state == .lapsed)
      #expect(try await fixture.store.store.networkFlow(first.id).flow.state == .opened)
      #expect(try await fixture.store.count("SELECT count(*) FROM network_flows") == 5)
    }
  }

  @Test func `a flow whose motive was taken by the form of its day is asked for at the target all the same`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      let old = try await fixture.store.flow().flow
      try await fixture.store.tamper(
        """
        UPDATE network_flows SET body = jsonb_set(body, '{wish,motive}', to_jsonb(('a' || chr(155) || 'b')::text))
        """)
      try await fixture.tend(migration)
      let flows = try await Self.flows(migration, fixture)
      #expect(flows.map(\.insteadOf) == [old.id])
      let asked = try #require(flows.first?.flow)
      #expect(try await fixture.store.store.networkFlow(asked).flow.wish.motive == "a\u{9B}b")
    }
  }

  @Test
  func `what is asked for at the source meanwhile is asked for at the target, and what is rejected is for people`()
    async throws
  {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      #expect(try await Self.flows(migration, fixture).isEmpty)
      let late = try await fixture.store.flow().flow
      try await fixture.tend(migration)
      var flows = try await Self.flows(migration, fixture)
      let asked = try #require(flows.first?.flow)
      #expect(flows.map(\.insteadOf) == [late.id])
      _ = try await fixture.store.store.act(
        .rejected(operator: "anfsi", reason: "jamais"), onFlow: asked,
        by: RequestActor(principal: "oidc:anfsi", operator: "anfsi"), context: someone)
      try await fixture.tend(migration)
      flows = try await Self.flows(migration, fixture)
      #expect(flows.map(\.state) == [.rejected])
      // Somebody has seen that it goes without.
      let id = try await fixture.move("prod", of: migration).id
      try await fixture.act(.done(.flows, evidence: "sans ce flux"), id, by: MoveFixture.south)
      #expect(try await fixture.move("prod", of: migration).move[.flows]?.evidence?.text == "sans ce flux")
      // What is asked for after that keeps users from being led there.
      try await fixture.carry(migration, upTo: .finalCopy)
      let last = try await fixture.store.flow(to: "basegun/dev").flow
      let early = try await refusal { try await fixture.act(.cutOverBegins, id) }
      #expect(early?.kind == .migrationState && early?.path == "flows")
      try await fixture.tend(migration)
      flows = try await Self.flows(migration, fixture)
      try await Self.open(flows.first { $0.insteadOf == last.id }?.flow, in: fixture)
      try await fixture.act(.cutOverBegins, id)
    }
  }

  @Test func `what somebody asks for at the target at the same moment is not asked for once more`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      let own = try await fixture.store.flow().flow.id
      try await fixture.store.pool.withConnection { writer in
        // As whoever asks for a flow of the target does.
        try await writer.script(
          "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('flow/basegun/prod2', 0))")
        async let tending: Void = fixture.tend(migration)
        let waits = try await eventually { try await Self.waiting(writer) > 0 }
        #expect(waits)
        try await writer.execute(
          """
          INSERT INTO network_flows (id, project, environment, system, operators, state, revision, ground, body)
          SELECT gen_random_uuid(), project, 'prod2', system, operators, state, 1, ground,
            jsonb_set(body, '{wish,environment}', '"prod2"') FROM network_flows WHERE id = \(own)
          """)
        try await writer.script("COMMIT")
        try await tending
      }
      #expect(
        try await fixture.store.count("SELECT count(*) FROM network_flows WHERE environment = 'prod2'") == 1)
    }
  }

  @Test func `what somebody asks for at the source while the flows are said to be open is waited for`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      let id = try await fixture.move("prod", of: migration).id
      try await fixture.store.pool.withConnection { holder in
        // The flow has its moment by then, and nobody sees it yet.
        try await holder.script("BEGIN; LOCK TABLE flow_tasks IN SHARE MODE")
        async let asking = fixture.store.flow()
        let isAsked = try await eventually { try await fixture.store.waiting() == 1 }
        #expect(isAsked)
        async let early = refusal {
          try await fixture.act(.done(.flows, evidence: "fait"), id, by: MoveFixture.south)
        }
        let waits = try await eventually { try await fixture.store.waiting() == 2 }
        #expect(waits)
        try await holder.script("COMMIT")
        let asked = try await asking.flow.id
        let refused = try await early
        #expect(refused?.kind == .migrationState && refused?.path == "flows")
        try await fixture.tend(migration)
        let flows = try await Self.flows(migration, fixture)
        #expect(flows.map(\.insteadOf) == [asked] && flows.map(\.state) == [.pending])
      }
    }
  }

  private static func waiting(_ connection: PostgresConnection) async throws -> Int64 {
    // Who is active is read once in a transaction; who waits for a lock each time.
    try await connection.query(
      """
      SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted
      """
    ).first?.decode(Int64.self, "count") ?? 0
  }

  @Test func `between two environments that both move it is asked for once`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let own = try await fixture.store.flow(to: "basegun/dev").flow
      try await Self.open(own.id, in: fixture)
      let migration = try await fixture.plan(rehearses: false)
      try await fixture.start(migration)
      for _ in 0..<3 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      let all = try await fixture.store.store.networkFlows(FlowFilter(project: "basegun")).items.map(\.flow.wish)
      #expect(
        Set(all.map { "\($0.environment) → \($0.system)" }) == [
          "prod → basegun/dev", "prod2 → basegun/dev", "prod → basegun/dev2", "prod2 → basegun/dev2",
        ])
      #expect(all.count == 4)
    }
  }

  @Test func `what can not be asked for is told, and left to people`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let own = try await fixture.store.flow().flow
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.store.region("nord", "dtnum", [])
      try await fixture.store.region("sud", "anfsi", [])
      try await fixture.report()
      try await fixture.tend(migration)
      let flows = try await Self.flows(migration, fixture)
      #expect(flows.map(\.insteadOf) == [own.id] && flows.allSatisfy { $0.flow == nil })
      let id = try await fixture.move("prod", of: migration).id
      try await fixture.act(.done(.flows, evidence: "à la main"), id, by: MoveFixture.south)
    }
  }

  @Test func `on the way back what was asked for lapses with the target, and the source's own stays`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let own = try await fixture.store.flow().flow
      try await Self.open(own.id, in: fixture)
      let migration = try await Self.ready(fixture)
      let asked = try #require(try await Self.flows(migration, fixture).first?.flow)
      let id = try await fixture.move("prod", of: migration).id
      try await fixture.act(.rolledBack(acceptedLoss: nil), id)
      for _ in 0..<4 {
        try await fixture.report()
        try await fixture.tend(migration)
      }
      #expect(try await fixture.move("prod", of: migration).move.step == .rolledBack)
      _ = try await fixture.store.store.tendFlows()
      #expect(try await fixture.store.store.networkFlow(asked).flow.state == .lapsed)
      #expect(try await fixture.store.store.networkFlow(own.id).flow.state == .opened)
      #expect(try await Self.flows(migration, fixture).isEmpty)
    }
  }

  @Test func `while a move is halted nothing is asked for`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let migration = try await Self.ready(fixture)
      let id = try await fixture.move("prod", of: migration).id
      try await fixture.act(.paused, id)
      _ = try await fixture.store.flow()
      try await fixture.tend(migration)
      #expect(try await Self.flows(migration, fixture).allSatisfy { $0.flow == nil })
      try await fixture.act(.resumed, id)
      #expect(try await Self.flows(migration, fixture).allSatisfy { $0.state == .pending })
    }
  }

  @Test func `what the team has asked for at the target already is not asked for again, and counts`() async throws {
    try await MoveFixture.run { fixture in
      try await Self.connect(fixture)
      let own = try await fixture.store.flow().flow
      let migration = try await fixture.plan(Self.prod)
      try await fixture.start(migration)
      try await fixture.report()
      var wish = own.wish
      (wish.environment, wish.motive) = ("prod2", "Déjà demandé")
      let asked = try await fixture.store.store.requestFlow(wish, by: StoreFixture.team, context: someone).flow
      try await fixture.tend(migration)
      let flows = try await Self.flows(migration, fixture)
      #expect(flows.map(\.flow) == [asked.id])
      let id = try await fixture.move("prod", of: migration).id
      let early = try await refusal {
        try await fixture.act(.done(.flows, evidence: "fait"), id, by: MoveFixture.south)
      }
      #expect(early?.path == "flows")
    }
  }
}
