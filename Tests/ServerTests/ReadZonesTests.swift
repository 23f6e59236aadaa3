import Events
import Kafka
import KafkaMock
import Logging
import Model
import Postgres
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// Several zones that are read side by side: what stands in the way of one, or of knowing which there are, is no other's trouble.
@Suite(.timeLimit(.minutes(5)))
struct ReadZonesTests {
  /// 29: the topic is forbidden to us.
  @Test func `a zone that can be read does not hide one that can not, and one that leaves is nobody's trouble`()
    async throws
  {
    try await ServerFixture.run(zones: 3) { fixture in
      let placement = try await fixture.place("alpha")
      for zone in ["z1", "z2"] { try await fixture.mock.setTopicError(Topics.observed(zone: zone), 29) }
      try await fixture.with(try fixture.status()) {
        let isTold = try await eventually { fixture.healthStatus("status") == .degraded }
        #expect(isTold)
        for sequence: Int64 in 1...8 {
          let report = StatusConsumerTests.report(on: placement, sequence: sequence)
          try await fixture.send([try StatusConsumerTests.message(report)])
          try await StatusConsumerTests.expect(sequence: sequence, of: placement, fixture)
          // That it was read is told a moment after it was stored.
          try await Task.sleep(for: .milliseconds(50))
          #expect(fixture.healthStatus("status") == .degraded)
        }
        try await fixture.mock.setTopicError(Topics.observed(zone: "z1"), 0)
        let isTheOther = try await eventually { Self.message(fixture)?.contains("z1") == false }
        #expect(isTheOther && Self.message(fixture)?.contains("z2") == true)
        try await fixture.store.delete(.cluster, "z2-1", context: someone)
        try await fixture.store.delete(.zone, "z2-zone", context: someone)
        let isWell = try await eventually { fixture.healthStatus("status") == .pass }
        #expect(isWell)
      }
    }
  }

  /// The client library waits in silence, and nothing is to be published that would show it.
  @Test func `a bus that is away while nothing happens is told of by whoever reads, and no more once it is back`()
    async throws
  {
    try await ServerFixture.run { fixture in
      var service = try fixture.status()
      service.silence = SilenceCount.Pace(interval: .milliseconds(500), portion: .seconds(15))
      try await fixture.with(service) {
        let isWell = try await eventually { fixture.healthStatus("status") == .pass }
        #expect(isWell)
        try await fixture.mock.setDown()
        let isTold = try await eventually {
          Self.message(fixture)?.contains("ne répond pas pour toutes les observations de la zone z0") == true
        }
        #expect(isTold && fixture.healthStatus("status") == .degraded)
        try await fixture.mock.setUp()
        let isWellAgain = try await eventually { fixture.healthStatus("status") == .pass }
        #expect(isWellAgain)
      }
    }
  }

  @Test func `that the database takes no observations is not told as the bus's fault, and no more once it does`()
    async throws
  {
    try await ServerFixture.run { fixture in
      func rename(_ table: String, to name: String) async throws {
        try await fixture.pool.withConnection { try await $0.script("ALTER TABLE \(table) RENAME TO \(name)") }
      }
      try await rename("consumer_offsets", to: "away")
      try await fixture.with(try fixture.status()) {
        // Topics that a busy machine makes late are told as the bus's fault first.
        let isTold = try await eventually {
          Self.message(fixture)?.hasPrefix("la base ne prend pas les observations de la zone z0") == true
        }
        #expect(isTold && fixture.healthStatus("status") == .degraded)
        try await rename("away", to: "consumer_offsets")
        let isWell = try await eventually { fixture.healthStatus("status") == .pass }
        #expect(isWell)
      }
    }
  }

  /// 3: the topic does not exist.
  @Test func `a topic that was there and can not be read is looked for again`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.topics.ensure(zones: ["z0"])
      try await fixture.mock.setTopicError(Topics.observed(zone: "z0"), 3)
      try await fixture.with(try fixture.status()) {
        // A reader waits half a minute for a topic to appear.
        let isLookedFor = try await eventually {
          (try? await fixture.topics.ensure(zones: ["z0"], within: .seconds(2))) == nil
        }
        #expect(isLookedFor, "it is taken for granted")
        try await fixture.mock.setTopicError(Topics.observed(zone: "z0"), 0)
        try await fixture.send([
          try StatusConsumerTests.message(StatusConsumerTests.report(on: placement, sequence: 1))
        ])
        try await StatusConsumerTests.expect(sequence: 1, of: placement, fixture)
      }
    }
  }

  @Test func `where it can not be seen which zones there are, those that are read go on, and it is asked again`()
    async throws
  {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      let lines = LogLines()
      var database = fixture.database
      // Who is in want of a connection says so after this time.
      database.acquireTimeout = .seconds(10)
      try await PostgresPool.withPool(database, logger: KafkaBroker.quiet) { pool in
        let service = StatusConsumerService(
          store: GovernanceStore(pool: pool, logger: KafkaBroker.quiet), database: database, bus: fixture.bus,
          topics: fixture.topics, holderPatience: ServerFixture.patience,
          health: try fixture.telemetry.health.register("status", component: "test", role: .informative),
          logger: lines.logger(from: .warning))
        try await fixture.with(service) {
          try await fixture.send([
            try StatusConsumerTests.message(StatusConsumerTests.report(on: placement, sequence: 1))
          ])
          try await StatusConsumerTests.expect(sequence: 1, of: placement, fixture)
          let holder = try await Self.holder(in: fixture.pool)
          try await Self.taking(all: database.maximumConnections, of: pool) {
            try await fixture.pool.withConnection {
              _ = try await $0.query("SELECT pg_notify(\(GovernanceStore.offerChannel), '')")
            }
            let isMissed = try await eventually(within: .seconds(60)) {
              lines.contain("It was not seen which zones there are")
            }
            #expect(isMissed)
          }
          // Declared meanwhile, or after: it is read.
          for resource in Offered.base(zones: ["z0", "z1"]) {
            _ = try await fixture.store.put(resource, context: someone)
          }
          let other = try await fixture.place("beta", restricted: true)
          try await fixture.send([
            try StatusConsumerTests.message(StatusConsumerTests.report(on: placement, sequence: 2)),
            try StatusConsumerTests.message(StatusConsumerTests.report(on: other, sequence: 1), topic: "z1"),
          ])
          try await StatusConsumerTests.expect(sequence: 2, of: placement, fixture)
          try await StatusConsumerTests.expect(sequence: 1, of: other, fixture)
          #expect(try await Self.holder(in: fixture.pool) == holder, "the lock was let go of")
          #expect(!lines.contain("starts over"))
        }
      }
    }
  }

  /// Holds so many connections of a pool while `body` runs.
  private static func taking(all count: Int, of pool: PostgresPool, _ body: () async throws -> Void) async throws {
    let holders = (0..<count).map { _ in
      Task {
        // One that has to be opened first may be there late.
        try await pool.withConnection(deadline: .now + .seconds(240)) { _ in try await Task.sleep(for: .seconds(240)) }
      }
    }
    let areTaken = try await eventually { pool.statistics.leased == count }
    #expect(areTaken)
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    for holder in holders { holder.cancel() }
    for holder in holders { _ = await holder.result }
    try result.get()
  }

  /// What the check says.
  private static func message(_ fixture: ServerFixture) -> String? {
    fixture.telemetry.health.report().checks.first { $0.name == "status" }?.message
  }

  /// The server process that holds the lock of whoever reads.
  private static func holder(in pool: PostgresPool) async throws -> Int64? {
    try await pool.withConnection {
      try await $0.query(
        """
        SELECT pid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = \(StoreLocks.statusConsumer)
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """)
    }.first?.decode(Int64.self, at: 0)
  }
}
