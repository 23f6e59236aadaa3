import Foundation
import Logging
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// Whether an instance notices that the database is not the one that it knew.
struct DatabaseLifeTests {
  private static let known = DatabaseLife(
    system: "7", timeline: "00000001", objects: [1, 2], epoch: 1, position: 1000)

  @Test func `a database that has gone on is the same`() {
    var next = Self.known
    next.position += 1
    #expect(next.differences(from: Self.known) == [])
    #expect(Self.known.differences(from: Self.known) == [])
  }

  @Test(arguments: [
    ("system identifier", \DatabaseLife.system, "8"), ("timeline", \DatabaseLife.timeline, "00000002"),
  ])
  func `another server or timeline is told, whatever its log`(
    name: String, path: any WritableKeyPath<DatabaseLife, String> & Sendable, other: String
  ) {
    var next = Self.known
    next[keyPath: path] = other
    next.position = 1
    #expect(next.differences(from: Self.known) == [name])
  }

  @Test func `other tables, another epoch and a log that has shrunk are told`() {
    var next = Self.known
    next.objects[1] = 3
    next.epoch = 0
    #expect(next.differences(from: Self.known) == ["tables", "epoch"])
    next = Self.known
    next.epoch = 2
    #expect(next.differences(from: Self.known) == [DatabaseLife.laterEpoch])
    next.position -= 1
    #expect(next.differences(from: Self.known) == [DatabaseLife.laterEpoch, "log position"])
    next = Self.known
    next.position -= 1
    #expect(next.differences(from: Self.known) == ["log position"])
  }

  @Test func `an instance notices that the disk of before came back, says so and decides on what is there`()
    async throws
  {
    var options = PostgresServer.Options()
    // Else a server that is there for a while writes more by itself than what is lost.
    options.settings = ["autovacuum": "off"]
    let server = try await PostgresServer.start(options)
    let configuration = try StoreFixture.patient(try await server.freshDatabase().url)
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    let errors = LogLines()
    let logger = errors.logger(from: .error)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: logger), pool: pool, configuration: configuration)
      try await fixture.offer()
      try await fixture.withWorld {
        _ = try await fixture.place("alpha")
        try await server.stop()
        try await server.saveDisk()
        try await server.startAgain()
        #expect(try await eventually { fixture.store.isWorldLive })
        #expect(errors.all.isEmpty, "a server that was only away is the same")
        for name in ["beta", "gamma"] { _ = try await fixture.place(name) }
        // What was committed since it was last looked at is not known to have been there: nor by an answer on its way.
        for _ in 1...2 {
          let committed = ContinuousClock.now
          #expect(try await eventually { fixture.store.life.due(after: .zero) > committed })
        }
        try await server.stop()
        try await server.bringBackDisk()
        try await server.startAgain()
        let isTold = try await eventually { errors.contain("log position") }
        #expect(isTold)
        #expect(try await eventually { fixture.store.isWorldLive })
        let outcome = try await fixture.place("delta")
        #expect(outcome.changed)
        #expect(try await fixture.store.placements().items.map(\.spec.project) == ["alpha", "delta"])
        #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
    try await server.stop(immediately: true)
  }
}

extension DatabaseLifeTests {
  @Test func `what was read in under open connections is never taken for what it took the place of`() async throws {
    let server = try await PostgresServer.shared()
    let other = try await StoreFixture.fresh()
    let dump = FileManager.default.temporaryDirectory.appending(path: "life-\(UUID()).dump").path
    defer { try? FileManager.default.removeItem(atPath: dump) }
    // Other contents under the same numbers.
    try await PostgresPool.withPool(other, logger: quiet) { pool in
      let lost = StoreFixture(store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: other)
      try await lost.offer(clusters: ["autre-1": Offered.large])
      _ = try await lost.place("alpha")
      try await server.dump(Self.url(of: pool, on: server), to: dump)
    }
    let configuration = try await StoreFixture.fresh()
    let errors = LogLines()
    let logger = errors.logger(from: .error)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: logger), pool: pool, configuration: configuration)
      try await fixture.offer(clusters: ["nord-1": Offered.large])
      try await fixture.withWorld {
        _ = try await fixture.place("alpha")
        let project = Offered.project("beta")
        #expect(try await fixture.store.basis(PlacementRequest(project: project)).engine.clusters == ["nord-1"])
        try await server.restore(dump, into: Self.url(of: pool, on: server))
        // At once, and though nobody has notified anything.
        let outcome = try await fixture.store.decide(PlacementRequest(project: project), context: someone)
        #expect(outcome.placements.map(\.spec.cluster) == ["autre-1"])
        let isNew = try await eventually {
          guard fixture.store.isWorldLive else { return false }
          let basis = try await fixture.store.basis(PlacementRequest(project: Offered.project("gamma")))
          return basis.engine.clusters == ["autre-1"]
        }
        #expect(isNew)
        #expect(try await eventually { errors.contain("tables") })
        #expect(try await fixture.store.replay(outcome.decision.id).verdict == .equal)
        #expect(try await fixture.ledgerAddsUp())
      }
    }
  }

  @Test func `where nothing is to be done, another database is noticed all the same`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await fixture.withWorld {
        try await fixture.swapEpoch(
          andThen: "UPDATE resources SET spec = jsonb_set(spec, '{stages}', '[\"dev\"]') WHERE kind = 'Cluster'")
        let isNew = try await eventually {
          guard let known = fixture.store.world.snapshot?.prepared else { return false }
          return known.offer.clusters.map(\.spec.stages) == [["dev"]]
        }
        #expect(isNew)
      }
    }
  }

  @Test func `whoever led something on another database begins anew, once, and nothing of its terms comes back`()
    async throws
  {
    let errors = LogLines()
    try await Self.run(errors) { fixture in
      try await fixture.leading {
        try await fixture.swapEpoch()
        let isOver = try await eventually { try await fixture.held() == 0 }
        #expect(isOver)
        #expect(errors.contain("tables"))
        #expect(try await eventually { try await fixture.term() == 2 })
      }
      // Who leads on what is there now is let go on.
      try await fixture.leading { () async throws in
        let begun = ContinuousClock.now
        #expect(try await eventually { fixture.store.life.due(after: .seconds(-2)) > begun })
        #expect(try await fixture.held() == 6)
        #expect(try await fixture.term() == 2)
      }
    }
  }

  @Test func `while a dump is being read in nobody leads on the part that is there, and it is taken for no database`()
    async throws
  {
    let errors = LogLines()
    try await Self.run(errors) { fixture in
      try await fixture.leading {
        try await fixture.swapEpoch(andThen: "ALTER TRIGGER outbox_while_suspended ON outbox RENAME TO awaited")
        let isOver = try await eventually { try await fixture.held() == 0 }
        #expect(isOver)
        #expect(!errors.contain("tables"))
      }
      #expect(try await eventually { try await fixture.term() > 1 })
      let term = try await fixture.term()
      try await fixture.pool.withConnection {
        try await $0.script("ALTER TRIGGER awaited ON outbox RENAME TO outbox_while_suspended")
      }
      #expect(try await eventually { errors.contain("tables") })
      // Who began on a part has not seen all of it.
      #expect(try await eventually { try await fixture.term() > term })
    }
  }

  @Test func `turns end when a dump begins to be read in and when it was, and not in between`() {
    let life = KnownLife()
    life.foundIncomplete()
    #expect(life.takeOwedTurns())
    life.foundIncomplete()
    #expect(!life.takeOwedTurns())
    #expect(life.take(Self.known, askedAt: .now) == [])
    #expect(life.takeOwedTurns())
    #expect(!life.takeOwedTurns())
  }

  @Test(arguments: [
    ("RENAME TO awaited", "ALTER TRIGGER outbox_while_suspended ON outbox"),
    ("DISABLE TRIGGER outbox_while_suspended", "ALTER TABLE outbox"),
  ])
  func `a database that lacks a trigger is whole where a later version has been there`(change: String, object: String)
    async throws
  {
    try await StoreFixture.run { fixture in
      #expect(try await fixture.seen() != nil)
      try await fixture.pool.withConnection { try await $0.script("\(object) \(change)") }
      #expect(try await fixture.seen() == nil)
      try await fixture.pool.withConnection {
        try await $0.script("INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', 'x')")
      }
      #expect(try await fixture.seen() != nil)
    }
  }

  @Test func `a dump of a later version whose triggers are not made yet is no database`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.pool.withConnection {
        try await $0.script(
          """
          DO $$ DECLARE guarded regclass; BEGIN
            FOR guarded IN SELECT DISTINCT tgrelid FROM pg_trigger WHERE NOT tgisinternal LOOP
              EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', guarded);
            END LOOP;
          END $$;
          INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', 'x');
          """)
      }
      #expect(try await fixture.seen() == nil)
    }
  }

  @Test func `a connection that has fallen silent is listened to no more once another database is found`() async throws
  {
    let server = try await PostgresServer.start()
    var patient = try StoreFixture.patient(try await server.freshDatabase().url)
    // So that nothing else finds it silent.
    patient.healthCheckInterval = .seconds(600)
    let configuration = patient
    _ = try await StoreMigrations.migrate(configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let errors = LogLines()
      let store = GovernanceStore(pool: pool, logger: errors.logger(from: .error))
      let fixture = StoreFixture(store: store, pool: pool, configuration: configuration)
      try await fixture.offer()
      try await fixture.withWorld {
        let listener = try await fixture.count(
          """
          SELECT pid::bigint FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '%/listener'
          """)
        try #require(listener > 1)
        kill(pid_t(listener), SIGSTOP)
        defer { kill(pid_t(listener), SIGCONT) }
        try await fixture.swapEpoch()
        #expect(try await eventually { errors.contain("tables") })
        // Another instance changes something.
        _ = try await GovernanceStore(pool: pool, logger: quiet).put(
          Offered.cluster("nord-2", Offered.large), context: someone)
        let isHeard = try await eventually { store.world.snapshot?.prepared?.offer.clusters.count == 2 }
        #expect(isHeard)
      }
    }
    try await server.stop(immediately: true)
  }

  @Test func `what can not be told is asked once a second, and complained of once`() {
    let life = KnownLife()
    #expect(life.isOlder(than: .seconds(600)))
    #expect(life.failed())
    #expect(!life.isOlder(than: .seconds(600)))
    #expect(!life.failed())
    #expect(life.take(Self.known, askedAt: .now) == [])
    #expect(life.failed())
  }

  @Test func `answers that overtake each other are no restore`() {
    let (life, earlier) = (KnownLife(), ContinuousClock.now)
    var (next, before) = (Self.known, Self.known)
    next.position = 1100
    #expect(life.take(next, askedAt: .now) == [])
    #expect(life.take(Self.known, askedAt: earlier) == [], "asked before, told after")
    before.position = 1099
    #expect(life.take(before, askedAt: .now) == ["log position"], "what was left out is not what is known")
  }

  @Test func `a recovery is no restore: everything is read anew, and nothing is wrong`() async throws {
    let configuration = try await StoreFixture.fresh()
    let errors = LogLines()
    let logger = errors.logger(from: .error)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: logger), pool: pool, configuration: configuration)
      try await fixture.offer()
      try await fixture.withWorld {
        try await fixture.leading {
          // As a recovery leaves it.
          try await pool.withConnection { try await $0.script("UPDATE epoch SET epoch = epoch + 1") }
          #expect(try await eventually { fixture.store.world.snapshot?.head.epoch == 2 })
          #expect(errors.all.isEmpty)
          #expect(try await fixture.held() == 6)
          #expect(try await fixture.term() == 1)
        }
      }
    }
  }

  private static func url(of pool: PostgresPool, on server: PostgresServer) async throws -> String {
    let rows = try await pool.withConnection { try await $0.query("SELECT current_database() AS name") }
    return server.url(of: try rows.only.decode("name"))
  }

  /// Runs `body` beside a memory that is kept true.
  private static func run(_ errors: LogLines, _ body: (StoreFixture) async throws -> Void) async throws {
    let configuration = try await StoreFixture.fresh()
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: errors.logger(from: .error))
      let fixture = StoreFixture(store: store, pool: pool, configuration: configuration)
      try await fixture.offer()
      try await fixture.withWorld { try await body(fixture) }
    }
  }
}

extension StoreFixture {
  /// Leaves the database as a restore does: another table, and nobody told.
  fileprivate func swapEpoch(andThen sql: String = "SELECT 1") async throws {
    try await pool.withConnection { connection in
      try await connection.script(
        """
        BEGIN;
        CREATE TABLE again (LIKE epoch INCLUDING ALL);
        INSERT INTO again SELECT * FROM epoch;
        DROP TABLE epoch;
        ALTER TABLE again RENAME TO epoch;
        \(sql);
        COMMIT;
        """)
    }
  }

  /// Which database this is, as an instance sees it.
  fileprivate func seen() async throws -> DatabaseLife? {
    let rows = try await pool.withConnection { try await $0.query(DatabaseLife.select) }
    return try DatabaseLife(row: rows.only)
  }

  /// The relay's.
  fileprivate func term() async throws -> Int64 { try await count("SELECT term FROM relay_leases") }

  /// How many locks are held by those who lead something.
  fileprivate func held() async throws -> Int64 {
    try await count(
      """
      SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) = ANY(\(StoreLocks.turns))
      """)
  }

  /// Runs `body` while somebody leads each of the six things that are led; whose turn is ended begins no other.
  fileprivate func leading(_ body: () async throws -> Void) async throws {
    _ = try await pool.withConnection {
      try await $0.execute(
        """
        INSERT INTO relay_leases (name, holder, term, backend_pid, acquired_at, renewed_at)
        VALUES ('relay', 'a', 1, 1, now(), now()) ON CONFLICT DO NOTHING
        """)
    }
    let turns = StoreLocks.turns.map { key in
      Task { [configuration] in
        try await PostgresAdvisoryLock(configuration: configuration, key: key, logger: quiet).withLock {
          await $0.waitUntilLost()
        }
      }
    }
    let result: Result<Void, any Error>
    do {
      #expect(try await eventually { try await held() == 6 })
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    for turn in turns { turn.cancel() }
    for turn in turns { _ = await turn.result }
    try result.get()
  }
}
