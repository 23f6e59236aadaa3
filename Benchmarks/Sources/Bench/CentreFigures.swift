import Events
import Foundation
import Kafka
import Model
import Postgres
import Store
import Subjects
import TestSupport

/// How much the centre takes in: decisions committed, states published, reports stored. Each on what the one before
/// left in the database, and none of them slowed by the others.
struct CentreFigures {
  private static let clients = 32
  private static let alone = 300
  private static let together = 2000
  private static let someone = RequestContext(principal: "bench")

  func measure(into figures: Figures) async throws {
    let surroundings = try await Surroundings()
    let clusters = (1...8).map { "c\($0)" }
    Console.subject(of: "store, relay and status", clusters: clusters.count, rules: 0, environments: 1)
    _ = try await StoreMigrations.migrate(surroundings.database, logger: Surroundings.quiet)
    var database = surroundings.database
    database.maximumConnections = Self.clients
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      for resource in Offered.resources(zone: surroundings.zone, clusters: clusters) {
        _ = try await store.put(resource, context: Self.someone)
      }
      Console.note("decisions: \(Self.alone) by 1 client, \(Self.together) by \(Self.clients)")
      figures.add("store.decisions.1-client", try await decide(Self.alone, by: 1, "alone", store), "1/s")
      figures.add(
        "store.decisions.\(Self.clients)-clients", try await decide(Self.together, by: Self.clients, "together", store),
        "1/s")
    }
    figures.add("relay.records", try await publish(surroundings), "1/s")
    figures.add("status.records", try await takeIn(surroundings), "1/s")
    try await surroundings.end()
  }

  /// Decides on new projects as fast as it goes.
  ///
  /// - Returns: Decisions per second.
  private func decide(_ count: Int, by clients: Int, _ prefix: String, _ store: GovernanceStore) async throws -> Double
  {
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients {
        group.addTask {
          for number in stride(from: client, to: count, by: clients) {
            let request = PlacementRequest(project: Offered.project("\(prefix)\(number)"))
            let outcome = try await store.decide(request, idempotencyKey: request.project, context: Self.someone)
            guard outcome.changed else { throw BenchError("\(request.project) was not placed") }
          }
        }
      }
      try await group.waitForAll()
    }
    return Double(count) / ((ContinuousClock.now - started) / .seconds(1))
  }

  /// Starts the service on a full outbox, and stops it when that is published.
  private func publish(_ surroundings: Surroundings) async throws -> Double {
    let count = Self.alone + Self.together
    Console.note("relay: \(count) records")
    let governance = try await surroundings.startGovernance()
    let done: PostgresQuery = "SELECT count(*)::double precision FROM outbox WHERE published_at IS NOT NULL"
    try await governance.wait("the outbox is published") {
      try await number(done, surroundings.database) == Double(count)
    }
    try await governance.program.stop()
    let seconds: PostgresQuery =
      "SELECT extract(epoch FROM max(published_at) - min(attempted_at))::double precision FROM outbox"
    return Double(count) / (try await number(seconds, surroundings.database))
  }

  /// Puts a report of every placement on the bus, starts the service, and stops it when all are stored.
  private func takeIn(_ surroundings: Surroundings) async throws -> Double {
    let reports = try await reports(surroundings)
    Console.note("status: \(reports.count) records")
    try await KafkaProducer.withProducer(configuration: surroundings.bus, logger: Surroundings.quiet) { producer in
      for result in await producer.send(reports) { _ = try result.get() }
    }
    let governance = try await surroundings.startGovernance()
    let done: PostgresQuery = "SELECT count(*)::double precision FROM placements WHERE observed_ready"
    try await governance.wait("the reports are stored") {
      try await number(done, surroundings.database) == Double(reports.count)
    }
    try await governance.program.stop()
    let seconds: PostgresQuery = """
      SELECT extract(epoch FROM max(observed_stored_at) - min(observed_stored_at))::double precision FROM placements
      """
    return Double(reports.count) / (try await number(seconds, surroundings.database))
  }

  private func reports(_ surroundings: Surroundings) async throws -> [KafkaMessage] {
    let rows = try await PostgresConnection.withConnection(surroundings.database) { connection in
      try await connection.query("SELECT id, cluster, epoch, revision FROM placements")
    }
    let now = Timestamp(Date())
    return try rows.enumerated().map { number, row in
      let placement = try row.decode(UUID.self, "id")
      let revision = try row.decode(Int64.self, "revision")
      let state = ObservedState(
        placement: placement, zone: surroundings.zone, cluster: try row.decode(String.self, "cluster"),
        incarnation: 1, sequence: Int64(number + 1), observedEpoch: try row.decode(Int64.self, "epoch"),
        observedRevision: revision, phase: .active,
        conditions: [ConditionType.applied, ConditionType.ready].map {
          Condition(type: $0, status: .yes, reason: $0, observedRevision: revision, lastTransitionTime: now)
        },
        timeline: ObservedState.Timeline(publishedAt: now, receivedAt: now, appliedAt: now, readyAt: now))
      let event = try BusCodec.event(
        observed: state, source: "/regie/region-agent/\(surroundings.zone)", id: "\(number)", time: now)
      return KafkaMessage(
        topic: Topics.observed(zone: surroundings.zone), key: Topics.key(placement: placement), value: event.data,
        headers: event.headers.map { KafkaHeader($0.name, $0.value) })
    }
  }

  private func number(_ query: PostgresQuery, _ configuration: PostgresConfiguration) async throws -> Double {
    try await PostgresConnection.withConnection(configuration) { connection in
      guard let row = try await connection.query(query).first else { return .nan }
      return try row.decode(Double.self, at: 0)
    }
  }
}
