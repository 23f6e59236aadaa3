import Events
import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// What an instance holds in memory is what the database holds.
struct WorldTests {
  @Test func `memory is what a fresh reading says, after any history and lost connections`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    try await StoreFixture.run(maximum: 12) { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      try await fixture.withWorld {
        var dice = Dice(seed: seed)
        for step in 1...60 {
          try await fixture.live(step: step, &dice)
          if step % 15 == 0 { try await fixture.cutListener() }
          if step % 20 == 0 { try await fixture.expectTrueMemory("seed \(seed), step \(step)") }
        }
      }
    }
  }

  @Test func `other instances' writes are seen, and the previous program's`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        let other = GovernanceStore(pool: fixture.pool, logger: quiet)
        _ = try await other.decide(PlacementRequest(project: Offered.project("alpha")), context: someone)
        try await fixture.expectTrueMemory("after a decision")
        _ = try await fixture.pool.withConnection {
          try await $0.execute("UPDATE capacity_ledger SET committed_cpu = 7, version = version + 1")
        }
        try await fixture.expectTrueMemory("after a plain update")
      }
    }
  }

  @Test func `a question is answered without a word with the database`() async throws {
    try await StoreFixture.run(maximum: 1) { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.withWorld {
        try await fixture.expectTrueMemory("at the start")
        try await fixture.pool.withConnection { _ in
          // The pool's only connection is taken.
          #expect(try await fixture.store.preview(PlacementRequest(project: "alpha")).outcome == .placed)
          let basis = try await fixture.store.basis(PlacementRequest(project: Offered.project("beta")))
          #expect(basis.policyVersion == 1 && basis.request.existing.isEmpty)
        }
      }
    }
  }

  @Test func `a writer sees what it has written`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        for number in 1...20 {
          _ = try await fixture.place("p\(number)")
          let basis = try await fixture.store.basis(PlacementRequest(project: "p\(number)"))
          #expect(basis.request.existing.map(\.cluster) == ["nord-1"])
        }
        for number in 1...10 {
          let reservation = try await fixture.reserve("held\(number)")
          _ = try await fixture.store.cancel(reservation: reservation.id, context: someone)
          let basis = try await fixture.store.basis(PlacementRequest(project: "held\(number)"))
          #expect(basis.request.existing.isEmpty)
        }
        _ = try await fixture.store.put(Offered.policy(reserve: Quantity("0.5")), context: someone)
        #expect(try await fixture.store.basis(PlacementRequest(project: "p1")).policyVersion == 2)
      }
    }
  }

  @Test func `a policy comes into force in memory when its moment has come, without anybody telling`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        _ = try await fixture.pool.withConnection {
          try await $0.execute(
            """
            INSERT INTO policy_versions (version, resource, effective_at, document, principal)
            SELECT 2, resource, clock_timestamp() + interval '200 milliseconds', document, 'test'
            FROM policy_versions WHERE version = 1
            """)
        }
        let comes = try await eventually { fixture.store.world.snapshot?.head.policyVersion == 2 }
        #expect(comes)
      }
    }
  }

  @Test(arguments: [-3600, 3600] as [Int64])
  func `memory goes by the database's clock again where that was set, or this machine did not count the time`(
    seconds: Int64
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        let world = fixture.store.world
        let known = try #require(world.snapshot)
        // What was read before the clock was set: nobody notifies of that.
        var head = known.head
        head.now = Timestamp(microseconds: head.now.microseconds - seconds * 1_000_000)
        world.take(head, known.prepared, scheduled: [], askedAt: .now, readAt: known.readAt, until: known.until)
        let follows = try await eventually {
          let now = try await fixture.store.now()
          return world.snapshot.map { abs(now.microseconds(since: $0.now)) < 60_000_000 } ?? false
        }
        #expect(follows)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `while the database is away, what was known last is told with its moment`() async throws {
    let server = try await PostgresServer.start()
    var configuration = try PostgresServer.configuration(try await server.freshDatabase().url)
    // What memory answers does not wait for so long: the test would not live to see it.
    configuration.acquireTimeout = .seconds(600)
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      try await fixture.withWorld {
        try await fixture.expectTrueMemory("before")
        let before = try await fixture.store.basis(PlacementRequest(project: "alpha"))
        try await server.stop(immediately: true)
        let isCutOff = try await eventually { fixture.store.world.snapshot == nil }
        #expect(isCutOff)
        let first = try await fixture.store.basis(PlacementRequest(project: "alpha"))
        let second = try await fixture.store.basis(PlacementRequest(project: "alpha"))
        #expect(first.asOf >= before.asOf && first.asOf == second.asOf)
        #expect(!before.isStale && first.isStale)
        #expect(try await fixture.store.basis(of: ["alpha"]).isStale)
        #expect(first.request.existing == before.request.existing)
        try await server.startAgain()
        try await fixture.expectTrueMemory("after")
      }
    }
    try await server.stop(immediately: true)
  }
}

extension StoreFixture {
  /// Runs `body` while the store's memory is kept true, from the moment on that it is.
  func withWorld(_ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await store.keepWorld(configuration) }
      let isLive = try await eventually { store.world.snapshot != nil }
      #expect(isLive)
      try await body()
      group.cancelAll()
    }
  }

  /// Waits until memory says of every project what the database says, and fails if it never does.
  func expectTrueMemory(_ comment: String) async throws {
    let fresh = GovernanceStore(pool: pool, logger: quiet)
    let names = ["alpha", "beta"] + (0..<4).map { "p\($0)" }
    let isTrue = try await eventually {
      guard store.world.snapshot != nil else { return false }
      for name in names {
        let request = PlacementRequest(project: Offered.project(name, quota: Offered.quota(cpu: 3)))
        let (known, read) = (try await store.basis(request), try await fresh.basis(request))
        let sites = known.engine.clusters.indices
        guard known.snapshotDigest == read.snapshotDigest, known.policyVersion == read.policyVersion,
          known.offerVersion == read.offerVersion, known.epoch == read.epoch,
          known.request.existing == read.request.existing, known.request.derogations == read.request.derogations,
          sites.allSatisfy({ known.state.entry($0) == read.state.entry($0) }),
          store.world.snapshot?.head.staleZones == (try await fresh.head().staleZones)
        else { return false }
        let named = try store.world.view(of: name)?.project?.document
        let stored = try await refusal { _ = try await fresh.get(.project, name) } == nil
        guard (named != nil) == stored else { return false }
      }
      return true
    }
    #expect(isTrue, "\(comment)")
  }

  /// Ends the connection that memory listens on.
  func cutListener() async throws {
    _ = try await pool.withConnection {
      try await $0.query(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE '%listener%'
        """)
    }
  }

  /// One random step in the life of an offer and its projects.
  fileprivate func live(step: Int, _ dice: inout Dice) async throws {
    let name = "p\(Int.random(in: 0..<4, using: &dice))"
    let quota = Offered.quota(cpu: Int64.random(in: 1...16, using: &dice))
    let project = Offered.project(name, quota: quota, environments: ["prod", "dev"])
    switch Int.random(in: 0..<10, using: &dice) {
    case 0, 1, 2:
      _ = try await refusal { _ = try await store.decide(PlacementRequest(project: project), context: someone) }
    case 3: _ = try await refusal { _ = try await store.remove(RemovalRequest(project: name), context: someone) }
    case 4, 5:
      let records = try await store.placements(PlacementFilter(project: name)).items
      _ = try await store.apply(records.map { observe($0, sequence: Int64(step)) }, topic: "t", zone: "nord")
    case 6:
      let capacity = ResourceList(
        cpu: Quantity(Int64.random(in: 8...64, using: &dice)), memory: Quantity("256Gi"), pods: Quantity("99"))
      _ = try await store.put(Offered.cluster("nord-2", capacity), context: someone)
    case 7: _ = try await store.put(Offered.policy(reserve: Quantity(milli: Int64(step))), context: someone)
    case 8:
      _ = try await store.apply(
        [Heartbeats.record(zone: "nord", sequence: Int64(step))], topic: "t", zone: "nord")
      try await store.recordSilence(zone: "nord", for: .seconds(Bool.random(using: &dice) ? 400 : 1))
    default:
      _ = try await refusal {
        let held = try await store.reserve(PlacementRequest(project: project), ttl: .seconds(60), context: someone)
        guard let id = held.reservation?.id, Bool.random(using: &dice) else { return }
        _ = try await store.cancel(reservation: id, context: someone)
      }
    }
  }
}

extension GovernanceStore {
  /// Versions, clocks and silent zones, read now.
  func head() async throws -> DecisionBasis.Head {
    try DecisionBasis.Head(row: try await pool.withConnection { try await $0.query(DecisionBasis.Head.select) }.only)
  }
}
