import Foundation
import Logging
import Model
import NIOConcurrencyHelpers
import Postgres
import Store
import Subjects
import TestSupport

/// A database with an offer and many projects: those that were placed beforehand, and behind them those that nobody has
/// asked for yet.
final class StoredCountry: Sendable {
  /// Who asks at the same time.
  static let callers = 32

  private struct Numbers {
    /// How many projects there are.
    var declared = 0
    /// The first that nobody has asked for yet.
    var next = 0
  }

  let subject: CountrySubject
  let url: String
  private let database: PostgresConfiguration
  private let numbers = NIOLockedValueBox(Numbers())

  init(_ subject: CountrySubject, projects: Int, on server: PostgresServer) async throws {
    self.subject = subject
    url = try await server.freshDatabase().url
    database = try PostgresConfiguration(url: url)
    _ = try await StoreMigrations.migrate(database, logger: Surroundings.quiet)
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      let someone = RequestContext(principal: "bench")
      for resource in subject.places { _ = try await store.put(resource, context: someone, acknowledging: true) }
      let clusters = try subject.clusters.map { PostgresJSON(bytes: [UInt8](try ModelJSON.encoder.encode($0.spec))) }
      _ = try await pool.withConnection { connection in
        try await connection.execute(
          """
          INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
          SELECT gen_random_uuid(), 'Cluster', c.name, 1, '{}', '{}', c.spec
          FROM unnest(\(subject.clusters.map(\.name)), \(clusters)) AS c (name, spec)
          """)
      }
      // It comes last: it gives every cluster there is its row in the ledger.
      _ = try await store.put(.policy(subject.policy), context: someone, acknowledging: true)
    }
    try await declare(projects)
  }

  /// How many projects there are.
  var projects: Int { numbers.withLockedValue { $0.declared } }

  /// Makes so many more projects. It is done while no store is kept, as each would be told of each.
  func declare(_ count: Int) async throws {
    guard count > 0 else { return }
    let first = projects
    let specs = try subject.projects.map { PostgresJSON(bytes: [UInt8](try ModelJSON.encoder.encode($0))) }
    _ = try await PostgresConnection.withConnection(database) { connection in
      try await connection.execute(
        """
        INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
        SELECT gen_random_uuid(), 'Project', 'projet-' || n, 1, '{}', '{}', s.spec
        FROM generate_series(\(first), \(first + count - 1)) AS n
        JOIN unnest(\(specs)) WITH ORDINALITY AS s (spec, place) ON s.place = n % \(specs.count) + 1
        """, deadline: .now + .seconds(120))
    }
    numbers.withLockedValue { $0.declared += count }
  }

  /// A project that nobody has asked for yet, and that is not placed.
  func nextProject() throws -> String {
    let number = numbers.withLockedValue { numbers -> Int? in
      guard numbers.next < numbers.declared else { return nil }
      defer { numbers.next += 1 }
      return numbers.next
    }
    guard let number else { throw BenchError("all of \(projects) projects were asked for") }
    return "projet-\(number)"
  }

  /// Runs `body` with a store whose memory is kept true.
  func run(connections: Int, _ body: (GovernanceStore) async throws -> Void) async throws {
    var configuration = database
    configuration.maximumConnections = connections
    try await PostgresPool.withPool(configuration, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { [configuration] in await store.keepWorld(configuration) }
        while !store.isWorldLive { try await Task.sleep(for: .milliseconds(20)) }
        try await body(store)
        group.cancelAll()
      }
    }
  }

  /// Has so many new projects decided on: each caller has one after the other placed.
  ///
  /// - Returns: How many there were per second.
  func decide(_ count: Int, through stores: [GovernanceStore]) async throws -> Double {
    let left = NIOLockedValueBox(count)
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<Self.callers {
        let store = stores[caller % stores.count]
        group.addTask {
          while Self.takesOne(of: left) {
            let outcome = try await store.decide(
              PlacementRequest(project: try self.nextProject()), context: RequestContext(principal: "bench"))
            guard outcome.changed else { throw BenchError("\(outcome.decision.project) was not placed") }
          }
        }
      }
      try await group.waitForAll()
    }
    return Double(count) / ((ContinuousClock.now - started) / .seconds(1))
  }

  private static func takesOne(of left: NIOLockedValueBox<Int>) -> Bool {
    left.withLockedValue { left in
      left -= 1
      return left >= 0
    }
  }

  /// Places every project that there is as the engine places the last of them, and asks it for no other. None of them
  /// is a ``nextProject()`` any more.
  func fill(placementsOfEach count: Int) async throws {
    let (last, clusters) = ("projet-\(projects - 1)", subject.clusters.map(\.name))
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      _ = try await store.decide(PlacementRequest(project: last), context: RequestContext(principal: "bench"))
      _ = try await pool.withConnection { connection in
        try await connection.pipeline([
          """
          INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica,
            zone, cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at)
          SELECT gen_random_uuid(), r.name, gen_random_uuid(), organisation, environment, gen_random_uuid(), stage,
            replica + k, zone, (\(clusters))[1 + abs(hashtext(r.name)) % \(Int32(clusters.count))],
            r.name || '-' || k, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, p.created_at
          FROM resources r, generate_series(0, \(count - 1)) AS k, placements p
          WHERE r.kind = 'Project' AND r.name <> p.project
          """,
          """
          INSERT INTO reservations (placement, cluster, state, cpu, memory, gpu, storage, pods, confirmed_at)
          SELECT id, cluster, 'confirmed', 2000, 4294967296, 0, 0, 10, decided_at FROM placements p
          WHERE NOT EXISTS (SELECT FROM reservations r WHERE r.placement = p.id)
          """,
          """
          INSERT INTO project_identities (project, project_id, from_console)
          SELECT DISTINCT ON (project) project, project_id, false FROM placements ON CONFLICT DO NOTHING
          """,
          """
          INSERT INTO environment_identities (project, environment, environment_id, from_console)
          SELECT DISTINCT ON (project, environment) project, environment, environment_id, false FROM placements
          ON CONFLICT DO NOTHING
          """, "ANALYZE",
        ])
      }
    }
    numbers.withLockedValue { $0.next = $0.declared }
  }

  /// Has the server look at what its tables hold: what is planned while they are empty reads them from end to end.
  func analyze() async throws {
    _ = try await PostgresConnection.withConnection(database) { try await $0.execute("ANALYZE") }
  }

  /// One number that the database says.
  func number(_ query: PostgresQuery) async throws -> Double {
    let rows = try await PostgresConnection.withConnection(database) { try await $0.query(query) }
    guard let row = rows.first else { throw BenchError("the database says nothing") }
    return try row.decode(Double.self, at: 0)
  }
}
