import Events
import Metrics
import Model
import Postgres
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// What the service counts in the database, and says of it.
@Suite(.timeLimit(.minutes(5)))
struct StoreObserverTests {
  private static func observer(_ fixture: ServerFixture, _ store: GovernanceStore? = nil) throws -> StoreObserver {
    func check(_ name: String, _ role: HealthRole) throws -> HealthCheck {
      try fixture.telemetry.health.register(name, component: "test", role: role)
    }
    return StoreObserver(
      store: store ?? fixture.store, health: try check("postgres", .readiness),
      busHealth: try check("zones", .informative), restoreHealth: try check("restored", .informative),
      logger: KafkaBroker.quiet)
  }

  @Test func `what can not be counted takes no instance out of service, and removals whose moment has come go on`()
    async throws
  {
    try await ServerFixture.run { fixture in
      try await Self.placeWhatIsDue(fixture)
      // What no version of the program has written, as somebody may have.
      _ = try await fixture.pool.withConnection { connection in
        try await connection.execute(
          """
          INSERT INTO agents (zone, incarnation, sequence, status, stored_at)
          VALUES ('z0', 1, 1, '{"orphans": {"count": "many"}}', clock_timestamp())
          """)
      }
      try await fixture.with(try Self.observer(fixture)) {
        let isSaid = try await eventually {
          try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1
        }
        #expect(isSaid)
        let check = fixture.telemetry.health.report().checks.first { $0.name == "postgres" }
        #expect(check?.status == .degraded)
        #expect(check?.message?.contains("SQLSTATE 22P02") == true)
        #expect(fixture.telemetry.health.report().readiness == .degraded)
      }
    }
  }

  /// What has come to its moment of being removed: its latest state was published before.
  private static func placeWhatIsDue(_ fixture: ServerFixture) async throws {
    try await fixture.place("alpha")
    _ = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
    _ = try await fixture.pool.withConnection { connection in
      try await connection.pipeline([
        """
        UPDATE outbox SET attempts = 1, attempted_at = clock_timestamp() - interval '2 hours',
          published_at = clock_timestamp() - interval '2 hours'
        """,
        "UPDATE placements SET not_before = clock_timestamp() - interval '1 hour' WHERE phase = 'removed'",
      ])
    }
  }

  /// Runs `body` with an observer on a pool whose statements wait for longer than any test: what ends before has a
  /// limit of its own, however long a busy machine takes for the rest.
  private static func observing(_ fixture: ServerFixture, _ body: (StoreObserver) async throws -> Void) async throws {
    var patient = fixture.database
    patient.statementTimeout = .seconds(600)
    try await PostgresPool.withPool(patient, logger: KafkaBroker.quiet) { pool in
      try await body(try Self.observer(fixture, GovernanceStore(pool: pool, logger: KafkaBroker.quiet)))
    }
  }

  /// Observes while `hold` keeps something locked, and sees it come to an end long before that does.
  ///
  /// - Parameter isDone: what a look brings about in the end: a busy machine may take longer than there is for one.
  private static func observe(
    with observer: StoreObserver, _ fixture: ServerFixture, holding hold: PostgresQuery,
    until isDone: () async throws -> Bool = { true }
  ) async throws {
    let began = ContinuousClock.now
    try await fixture.pool.withTransaction { holder in
      // Else the database ends whoever says nothing for a quarter of a minute, and what is held is free.
      try await holder.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
      _ = try await holder.query(hold)
      repeat { await observer.observe() } while try await !isDone() && ContinuousClock.now < began + .seconds(90)
    }
    let took = ContinuousClock.now - began
    #expect(took < .seconds(120))
  }

  @Test func `who holds a placement that is to be removed takes no instance out of service`() async throws {
    try await ServerFixture.run { fixture in
      try await Self.placeWhatIsDue(fixture)
      try await Self.observing(fixture) { observer in
        try await Self.observe(with: observer, fixture, holding: "SELECT id FROM placements FOR UPDATE")
        let report = fixture.telemetry.health.report()
        let said = report.checks.first { $0.name == "postgres" }?.message
        #expect(report.readiness == .degraded)
        #expect(said?.contains("deadline_exceeded") == true || said?.contains("57014") == true, "\(said ?? "nothing")")
        #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 0)
        try await Self.expectWell(observer, fixture)
        #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1)
      }
    }
  }

  @Test func `who holds a table that is counted takes no instance out of service`() async throws {
    try await ServerFixture.run { fixture in
      try await Self.placeWhatIsDue(fixture)
      try await Self.observing(fixture) { observer in
        try await Self.observe(with: observer, fixture, holding: "LOCK TABLE left_states IN ACCESS EXCLUSIVE MODE") {
          try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1
        }
        let report = fixture.telemetry.health.report()
        let said = report.checks.first { $0.name == "postgres" }?.message
        #expect(report.readiness == .degraded)
        #expect(said?.contains("SQLSTATE 55P03") == true, "\(said ?? "nothing")")
        // What does not need that table goes on.
        #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1)
        try await Self.expectWell(observer, fixture)
      }
    }
  }

  /// Nothing stands in the way any more: a busy machine may take longer than the observer does for one look.
  private static func expectWell(_ observer: StoreObserver, _ fixture: ServerFixture) async throws {
    let isWell = try await eventually {
      await observer.observe()
      return fixture.healthStatus("postgres") == .pass
    }
    #expect(isWell)
  }

  @Test func `an instance whose tables are gone is out of service until they are back`() async throws {
    try await ServerFixture.run { fixture in
      try await Self.placeWhatIsDue(fixture)
      let observer = try Self.observer(fixture)
      func rename(_ table: String, to name: String) async throws {
        try await fixture.pool.withConnection { connection in
          try await connection.script("ALTER TABLE \(table) RENAME TO \(name)")
        }
      }
      try await rename("left_states", to: "away")
      // A busy machine may take longer for what is due than there is for it at one look.
      let isSaid = try await eventually {
        await observer.observe()
        return try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'due'") == 1
      }
      #expect(isSaid, "what does not need that table goes on")
      let report = fixture.telemetry.health.report()
      #expect(report.readiness == .fail)
      let said = report.checks.first { $0.name == "postgres" }?.message
      #expect(said?.contains("SQLSTATE 42P01") == true)
      try await rename("away", to: "left_states")
      try await Self.expectWell(observer, fixture)
    }
  }

  @Test func `a database that answers passes`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try Self.observer(fixture)) {
        let isPassed = try await eventually { fixture.healthStatus("postgres") == .pass }
        #expect(isPassed)
      }
    }
  }

  @Test func `what was not ready, and is, is counted as not ready no more`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      try await ServerFixture.run { fixture in
        let placement = try await fixture.place("alpha")
        let observer = try fixture.observer()
        let waiting = #"regie_placements{phase="active",ready="false"}"#
        let ready = #"regie_placements{phase="active",ready="true"}"#
        await observer.observe()
        #expect(registry.value(waiting) == 1)
        #expect(registry.value(ready) == 0)
        let report = ObservationRecord(
          partition: 0, offset: 0,
          observation: .placement(StatusConsumerTests.report(on: placement, sequence: 1)))
        _ = try await fixture.store.apply([report], topic: Topics.observed(zone: "z0"), zone: "z0")
        await observer.observe()
        #expect(registry.value(waiting) == 0)
        #expect(registry.value(ready) == 1)
      }
    }
  }

  @Test func `that nobody judges shows in how long ago everything was judged`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      try await ServerFixture.run { fixture in
        let observer = try fixture.observer()
        _ = try await fixture.pool.withConnection { connection in
          try await connection.execute("UPDATE findings_judged SET judged_at = clock_timestamp() - interval '1 hour'")
        }
        await observer.observe()
        let age = registry.value("regie_findings_judged_age_seconds") ?? 0
        #expect(age >= 3600)
      }
    }
  }

  @Test func `what agents say of their zones is told as long as these are declared`() async throws {
    let registry = PrometheusRegistry()
    try await withMetricsFactory(PrometheusMetricsFactory(registry: registry)) {
      try await ServerFixture.run(zones: 2) { fixture in
        let moment = Timestamp(microseconds: 1)
        var status = AgentStatus(
          zone: "z1", incarnation: 1, sequence: 1, version: "1", at: moment, snapshotComplete: true,
          clusters: [AgentStatus.ClusterStatus(name: "z1-1", reachable: false, placements: 0)],
          zoneRecord: ZoneAgreement(verdict: .suspect, since: moment, count: 1, buckets: [1]),
          orphans: AgentStatus.Orphans([]))
        status.orphans?.count = 3
        let record = ObservationRecord(partition: 0, offset: 0, observation: .agent(status))
        _ = try await fixture.store.apply([record], topic: Topics.observed(zone: "z1"), zone: "z1")
        try await fixture.store.recordSilence(zone: "z1", for: .seconds(301))
        let observer = try fixture.observer()
        func told() -> [Double?] {
          ["zones_silent", "clusters_unreachable", "zones_bus_suspect", "zones_orphans"].map {
            registry.value("regie_\($0)")
          }
        }
        await observer.observe()
        let declared = told()
        #expect(declared == [1, 1, 1, 3])
        #expect(fixture.healthStatus("zone-records") == .degraded)
        try await fixture.store.delete(.cluster, "z1-1", context: someone)
        try await fixture.store.delete(.zone, "z1-zone", context: someone)
        await observer.observe()
        let deleted = told()
        #expect(deleted == [0, 0, 0, 0])
        #expect(fixture.healthStatus("zone-records") == .pass)
      }
    }
  }
}
