import Events
import Foundation
import Logging
import Model
import Placement
import Postgres
import Store
import TestSupport
import Testing

/// A logger that says nothing.
let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

/// Who asks in tests.
let someone = RequestContext(
  principal: "test:someone", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

/// A store on a fresh database, with another pool to look behind its back.
struct StoreFixture: Sendable {
  let store: GovernanceStore
  let pool: PostgresPool
  let configuration: PostgresConfiguration

  /// A database with the schema and nothing else.
  static func fresh(maximum: Int = 8) async throws -> PostgresConfiguration {
    let server = try await PostgresServer.shared()
    let template = try await server.template("store") { url in
      _ = try await StoreMigrations.migrate(try patient(url), logger: quiet)
    }
    var configuration = try patient(try await server.freshDatabase(template: template).url)
    configuration.maximumConnections = maximum
    return configuration
  }

  /// How a database is reached on a machine that is busy, or stands still for a while.
  static func patient(_ url: String) throws -> PostgresConfiguration {
    var configuration = try PostgresServer.configuration(url)
    // Crowds of writers queue for few connections.
    configuration.acquireTimeout = .seconds(60)
    // Whoever holds a lock until others are seen to wait for it does nothing meanwhile, however long that takes.
    configuration.idleInTransactionTimeout = .seconds(90)
    // And whoever is to be seen to wait waits for as long.
    configuration.statementTimeout = .seconds(90)
    return configuration
  }

  /// Runs `body` with a store on a fresh database.
  static func run(maximum: Int = 8, _ body: (StoreFixture) async throws -> Void) async throws {
    let configuration = try await fresh(maximum: maximum)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      try await body(
        StoreFixture(store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration))
    }
  }

  /// Puts the offer, and one cluster per entry of `clusters`.
  func offer(clusters: [String: ResourceList] = ["nord-1": Offered.large]) async throws {
    let offered = clusters.sorted { $0.key < $1.key }.map { Offered.cluster($0.key, $0.value) }
    for resource in Offered.base + offered {
      _ = try await store.put(resource, context: someone)
    }
  }

  /// Puts a project and decides where it goes.
  func place(
    _ name: String, quota: ResourceList = Offered.small, environments: [String] = ["prod"], key: String? = nil
  ) async throws -> DecisionOutcome {
    _ = try await store.put(.project(Offered.project(name, quota: quota, environments: environments)), context: someone)
    return try await store.decide(PlacementRequest(project: name), idempotencyKey: key, context: someone)
  }

  /// What somebody with all rights does behind governance's back, where the database's own rules keep nobody from it.
  func tamper(_ sql: String) async throws {
    try await pool.withConnection {
      try await $0.script("BEGIN; SET LOCAL session_replication_role = replica; \(sql); COMMIT;")
    }
  }

  /// One number.
  func count(_ query: PostgresQuery) async throws -> Int64 {
    try await pool.withConnection { try await $0.query(query) }.first?.decode(Int64.self, at: 0) ?? -1
  }

  /// Lets midnight in Paris go by where it is near: what is counted by the day is then of one day for as long as a test
  /// takes.
  func passMidnight() async throws {
    let left = try await count(
      """
      SELECT ceil(extract(epoch FROM
        (((now AT TIME ZONE 'Europe/Paris')::date + 1)::timestamp AT TIME ZONE 'Europe/Paris') - now))::bigint
      FROM (SELECT clock_timestamp() AS now) AS t
      """)
    if left <= 90 { try await Task.sleep(for: .seconds(left + 1)) }
  }

  /// How many sessions of this database wait for a lock of any kind.
  func waiting() async throws -> Int64 {
    try await count(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
  }

  /// Whether what is promised is what reservations add up to, on every cluster.
  func ledgerAddsUp() async throws -> Bool {
    try await count(
      """
      SELECT count(*) FROM capacity_ledger l LEFT JOIN (
        SELECT cluster, sum(cpu) AS cpu, sum(memory) AS memory, sum(gpu) AS gpu, sum(storage) AS storage,
          sum(pods) AS pods FROM reservations WHERE state <> 'released' GROUP BY cluster) r USING (cluster)
      WHERE (l.committed_cpu, l.committed_memory, l.committed_gpu, l.committed_storage, l.committed_pods)
        IS DISTINCT FROM (coalesce(r.cpu, 0), coalesce(r.memory, 0), coalesce(r.gpu, 0), coalesce(r.storage, 0),
          coalesce(r.pods, 0))
      """) == 0
  }

  /// An agent's report on the current revision of a placement.
  func observe(
    _ record: PlacementRecord, incarnation: Int64 = 1, sequence: Int64, applied: Bool = true, ready: Bool = true,
    offset: Int64 = 0, zone: String? = nil, enforced: ResourceList? = nil, used: ResourceList? = nil
  ) -> ObservationRecord {
    let at = Timestamp(microseconds: 1)
    func condition(_ type: String, _ holds: Bool) -> Condition {
      Condition(
        type: type, status: holds ? .yes : .no, reason: "Test", observedRevision: record.spec.revision,
        lastTransitionTime: at)
    }
    let state = ObservedState(
      placement: record.spec.id, zone: zone ?? record.spec.zone, cluster: record.spec.cluster,
      incarnation: incarnation, sequence: sequence, observedEpoch: record.spec.epoch,
      observedRevision: record.spec.revision, phase: record.spec.phase,
      conditions: [condition(ConditionType.applied, applied), condition(ConditionType.ready, ready)], used: used,
      enforced: enforced)
    return ObservationRecord(partition: 0, offset: offset, observation: .placement(state))
  }
}

/// A small offer.
enum Offered {
  static let large = ResourceList(
    cpu: Quantity("64"), memory: Quantity("256Gi"), gpu: Quantity("4"), storage: Quantity("1Ti"),
    pods: Quantity("1000"))
  static let small = ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"), pods: Quantity("10"))

  /// The small quota with more, or fewer, processors.
  static func quota(cpu: Int64) -> ResourceList {
    ResourceList(cpu: Quantity(cpu), memory: Quantity("4Gi"), pods: Quantity("10"))
  }

  /// A quota of all that is counted, each in an amount of its own: what is written for one in place of another is seen.
  static func full(cpu: Int64 = 2) -> ResourceList {
    ResourceList(
      cpu: Quantity(cpu), memory: Quantity("4Gi"), gpu: Quantity(1), storage: Quantity("3Gi"), pods: Quantity("10"))
  }

  static let base: [AnyResource] = [
    .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
    .chain(
      Resource(
        "forge",
        ChainSpec(
          displayName: "Forge", sensitivities: [.usuel, .restricted], regions: ["nord"],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    .region(
      Resource(
        "nord",
        RegionSpec(
          operator: "dtnum", location: RegionSpec.Location(country: "FR"),
          dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    .zone(Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord", chain: "forge"))),
    policy(),
  ]

  static func policy(reserve: Quantity? = nil) -> AnyResource {
    .policy(
      Resource(
        "regie",
        PolicySpec(
          title: LocalizedText(fr: "Politique"),
          dataClasses: [
            PolicySpec.DataClass(name: "public", sensitivity: .usuel),
            PolicySpec.DataClass(name: "dr", sensitivity: .restricted),
          ],
          capacity: reserve.map { [PolicySpec.CapacityRule(id: "reserve", reserve: $0)] } ?? [])))
  }

  static func cluster(_ name: String, _ capacity: ResourceList, zone: String = "nord-usuel") -> AnyResource {
    .cluster(
      Resource(
        name, ClusterSpec(zone: zone, dataCenters: ["dc1"], stages: ["dev", "prod"], capacity: capacity)))
  }

  static func project(
    _ name: String, quota: ResourceList = small, environments: [String] = ["prod"], dataClasses: [String] = ["public"]
  ) -> Resource<ProjectSpec> {
    Resource(
      name,
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: dataClasses,
        environments: environments.map { name in
          ProjectSpec.Environment(name: name, stage: name == "prod" ? "prod" : "dev", quota: quota)
        }))
  }
}

extension DecisionRecord.Explained {
  /// The engine's explanation; nil where another engine made the decision.
  var explanation: Explanation? {
    if case .byEngine(let explanation, _) = self { explanation } else { nil }
  }
}

/// Waits, without sleeping blindly, until `condition` holds; gives up after a time that only a defect reaches.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return false
}

/// Whether `body` is refused since the database was restored; false where it is not refused.
func isSuspended(_ body: () async throws -> Void) async throws -> Bool {
  do {
    try await body()
    return false
  } catch let error as PostgresError {
    return error.sqlState?.rawValue == GovernanceStore.suspendedState
  }
}

/// The refusal that `body` throws.
func refusal(_ body: () async throws -> Void) async throws -> StoreError? {
  do {
    try await body()
    return nil
  } catch let error as StoreError {
    return error
  }
}
