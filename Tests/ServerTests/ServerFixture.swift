import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Logging
import Model
import Postgres
import ServiceLifecycle
import Store
import Telemetry
import TestSupport
import Testing
import Trail

@testable import Server

/// Parts of the service on a database and a broker of a test's own; the broker can be broken at will.
struct ServerFixture: Sendable {
  let store: GovernanceStore
  let pool: PostgresPool
  let database: PostgresConfiguration
  let mock: MockBroker
  let bus: KafkaConfiguration
  let topics: ZoneTopics
  let telemetry: Telemetry
  let signer: EventSigner

  /// How long whoever has a lock, or leads, may say nothing: far longer than a busy machine stands still. Whoever is
  /// taken for stopped begins anew, and says again what he has said.
  static let patience: Duration = .seconds(60)

  /// Runs `body` with a schema, and an offer of so many zones: z0, z1…
  /// - Parameter messageTimeout: longer where every record is counted: what a busy machine acknowledges later is sent again.
  static func run(
    zones count: Int = 1, messageTimeout: Duration = .seconds(2), _ body: (ServerFixture) async throws -> Void
  ) async throws {
    let mock = try MockBroker()
    var bus = busConfiguration(mock)
    bus.messageTimeout = messageTimeout
    try await run(zones: (0..<count).map { "z\($0)" }, mock: mock, bus: bus, body)
    await mock.stop()
  }

  /// Runs `body` on the broker that the environment names, with one zone whose name no other test uses.
  static func runOnRealBroker(
    _ body: (ServerFixture, _ zone: String) async throws -> Void
  ) async throws {
    let zone = "t" + String(UInt64.random(in: 0..<78_364_164_096), radix: 36)
    var bus = try KafkaBroker.shared().configuration()
    bus.messageTimeout = .seconds(5)
    try await run(zones: [zone], mock: try MockBroker(), bus: bus) { try await body($0, zone) }
  }

  private static func run(
    zones: [String], mock: MockBroker, bus: KafkaConfiguration, _ body: (ServerFixture) async throws -> Void
  ) async throws {
    let server = try await PostgresServer.shared()
    let template = try await server.template("server") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: KafkaBroker.quiet)
    }
    var patient = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    // As long as one may take to be opened on a busy machine.
    patient.acquireTimeout = .seconds(60)
    let database = patient
    let admin = try KafkaAdmin(configuration: bus, logger: KafkaBroker.quiet)
    try await PostgresPool.withPool(database, logger: KafkaBroker.quiet) { pool in
      let fixture = ServerFixture(
        store: GovernanceStore(pool: pool, logger: KafkaBroker.quiet), pool: pool, database: database, mock: mock,
        bus: bus, topics: ZoneTopics(admin: admin, replication: 1),
        telemetry: Telemetry(component: "governance", build: BuildInfo(version: "0")),
        signer: EventSigner(Curve25519.Signing.PrivateKey()))
      for resource in Offered.base(zones: zones) { _ = try await fixture.store.put(resource, context: someone) }
      try await body(fixture)
    }
    await admin.close(within: .seconds(5))
  }

  /// Runs `body` with the same on another bus.
  func onBus(at servers: String, _ body: (ServerFixture) async throws -> Void) async throws {
    var other = bus
    other.bootstrapServers = servers
    let admin = try KafkaAdmin(configuration: other, logger: KafkaBroker.quiet)
    try await body(
      ServerFixture(
        store: store, pool: pool, database: database, mock: mock, bus: other,
        topics: ZoneTopics(admin: admin, replication: 1), telemetry: telemetry, signer: signer))
    await admin.close(within: .seconds(5))
  }

  private static func busConfiguration(_ mock: MockBroker) -> KafkaConfiguration {
    var bus = KafkaConfiguration(bootstrapServers: mock.bootstrapServers, clientID: "regie-tests")
    bus.fetchWait = .milliseconds(10)
    bus.closeTimeout = .seconds(2)
    bus.properties["retry.backoff.ms"] = "20"
    bus.properties["reconnect.backoff.ms"] = "20"
    bus.properties["reconnect.backoff.max.ms"] = "100"
    return bus
  }

  /// - Parameters:
  ///   - leaseTimeout: as a rule as long as ``patience``.
  ///   - debug: what of the client library's doings is to be logged, in its own words.
  func relay(
    _ identity: String = "a", transactionalID: String? = nil, leaseTimeout: Duration = Self.patience,
    debug: String? = nil, logger: Logger = KafkaBroker.quiet
  ) throws -> RelayService {
    var relayBus = bus
    relayBus.transactionalID = transactionalID
    relayBus.properties["debug"] = debug
    return RelayService(
      store: store, database: database, bus: relayBus, topics: topics, signer: signer, identity: identity,
      leaseTimeout: leaseTimeout, health: try health("relay-\(identity)"), logger: logger)
  }

  func status(_ name: String = "status") throws -> StatusConsumerService {
    StatusConsumerService(
      store: store, database: database, bus: bus, topics: topics, holderPatience: Self.patience,
      health: try health(name), logger: KafkaBroker.quiet)
  }

  func sealer(_ identity: String = "a") throws -> AuditSealerService {
    AuditSealerService(
      store: store, database: database, bus: bus, topics: topics, signer: signer, examiner: try examiner(),
      health: AuditHealth(
        sealing: try health("audit-\(identity)"), anchoring: try health("anchor-\(identity)")),
      holderPatience: Self.patience, logger: KafkaBroker.quiet)
  }

  func facts(_ identity: String = "a") throws -> FactsService {
    FactsService(
      store: store, database: database, bus: bus, topics: topics, signer: signer, examiner: try examiner(),
      health: try health("facts-\(identity)"), holderPatience: Self.patience, logger: KafkaBroker.quiet)
  }

  func observer() throws -> StoreObserver {
    StoreObserver(
      store: store, health: try health("postgres"), busHealth: try health("zone-records"),
      restoreHealth: try health("restored"), logger: KafkaBroker.quiet)
  }

  private func examiner() throws -> EventsExaminer {
    EventsExaminer(
      store: store, survey: try BusSurvey(bus: bus, signer: signer, logger: KafkaBroker.quiet), topics: topics)
  }

  private func health(_ name: String) throws -> HealthCheck {
    try telemetry.health.register(name, component: "test", role: .informative)
  }

  /// What a check says.
  func healthStatus(_ name: String) -> HealthStatus? {
    telemetry.health.report().checks.first { $0.name == name }?.status
  }

  /// Runs services beside `body`, and joins them.
  func with(_ services: any Service..., body: () async throws -> Void) async throws {
    try await with(all: services, body: body)
  }

  func with(all services: [any Service], body: () async throws -> Void) async throws {
    let running = services.map { service in Task { try await service.run() } }
    func end() async {
      for task in running { task.cancel() }
      for task in running { _ = try? await task.value }
    }
    do {
      try await body()
    } catch {
      await end()
      throw error
    }
    await end()
  }

  /// Puts a project and decides where it goes.
  @discardableResult
  func place(_ name: String, cpu: Int64 = 1, restricted: Bool = false) async throws -> PlacementRecord {
    let wish = PlacementRequest(project: Offered.project(name, cpu: cpu, restricted: restricted))
    return try #require(try await store.decide(wish, context: someone).placements.first)
  }

  /// One number.
  func count(_ query: PostgresQuery) async throws -> Int64 {
    try await pool.withConnection { try await $0.query(query) }.first?.decode(Int64.self, at: 0) ?? -1
  }

  func unpublished() async throws -> Int64 {
    try await count("SELECT count(*) FROM outbox WHERE published_at IS NULL")
  }

  /// Whether the bus has acknowledged all facts, and the newest head of the trail.
  func isAllTold() async throws -> Bool {
    let waiting = try await count(
      """
      SELECT (SELECT count(*) FROM public_facts WHERE published_at IS NULL)
        + (SELECT count(*) FROM audit_entries WHERE position IS NULL)
      """)
    let (head, anchored) = try await store.auditHead()
    return waiting == 0 && head.position == anchored
  }

  /// Waits until the relay has nothing left to publish.
  func expectPublished(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let isDone = try await eventually { try await unpublished() == 0 }
    #expect(isDone, "something is not published", sourceLocation: sourceLocation)
  }

  /// Ends the server process that holds an advisory lock, as a cut network would.
  func cut(holderOf lock: Int64) async throws {
    _ = try await count(
      """
      SELECT count(pg_terminate_backend(pid)) FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = \(lock)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """)
  }

  /// All records that a topic holds now.
  func records(of topic: String) async throws -> [KafkaRecord] {
    let consumer = try KafkaConsumer(configuration: bus, topic: topic, logger: KafkaBroker.quiet)
    var tracker = try await consumer.snapshot()
    var records: [KafkaRecord] = []
    while !tracker.isComplete {
      for event in try await consumer.nextBatch(max: 500) {
        tracker.observe(event)
        if case .record(let record) = event { records.append(record) }
      }
    }
    await consumer.close(within: .seconds(5))
    return records
  }

  /// The desired states on a zone's topic, each verified, partition by partition in order.
  func published(zone: String = "z0") async throws -> [DesiredState] {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: Topics.desired(zone: zone)).compactMap { record in
      guard case .placement = Topics.subject(ofKey: record.key ?? []) else { return nil }
      return try BusCodec.desired(
        key: try #require(record.key), headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
        data: try #require(record.value), zone: zone, verifier: verifier
      ).state
    }
  }

  /// Sends records as an agent, or somebody who should not, would.
  func send(_ messages: [KafkaMessage]) async throws {
    // The relay must not wait long for the bus; what a test says by itself may.
    var bus = bus
    bus.messageTimeout = .seconds(60)
    try await KafkaProducer.withProducer(configuration: bus, logger: KafkaBroker.quiet) { producer in
      for result in await producer.send(messages) { _ = try result.get() }
    }
  }
}

/// Revisions of each placement in the order of the topic: none goes back.
func expectOrdered(_ states: [DesiredState], sourceLocation: SourceLocation = #_sourceLocation) {
  for (placement, ofOne) in Dictionary(grouping: states, by: \.placement) {
    let revisions = ofOne.map(\.revision)
    #expect(revisions == revisions.sorted(), "\(placement)", sourceLocation: sourceLocation)
  }
}

/// Waits until a condition that nothing announces holds; gives up after a time that only a defect reaches.
func eventually(within limit: Duration = .seconds(120), _ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    if .now > end { return false }
    try await Task.sleep(for: .milliseconds(10))
  }
  return true
}
