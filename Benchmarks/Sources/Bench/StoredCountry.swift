import Foundation
import Logging
import Model
import NIOConcurrencyHelpers
import Postgres
import Store
import Subjects
import TestSupport

/// A database with an offer and many projects, each of one environment.
final class StoredCountry: Sendable {
  let projects: Int
  let url: String
  let clusters: [Resource<ClusterSpec>]
  private let database: PostgresConfiguration
  private let next = NIOLockedValueBox(0)

  init(clusters: Int, projects: Int, on server: PostgresServer) async throws {
    self.projects = projects
    url = try await server.freshDatabase().url
    database = try PostgresConfiguration(url: url)
    _ = try await StoreMigrations.migrate(database, logger: Surroundings.quiet)
    let offer = Self.offer(clusters: clusters)
    self.clusters = offer.clusters
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      let someone = RequestContext(principal: "bench")
      for resource in offer.places { _ = try await store.put(resource, context: someone, acknowledging: true) }
      let spec = try ModelJSON.encoder.encode(Self.project)
      let clusters = try offer.clusters.map { PostgresJSON(bytes: [UInt8](try ModelJSON.encoder.encode($0.spec))) }
      _ = try await pool.withConnection { connection in
        try await connection.pipeline([
          """
          INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
          SELECT gen_random_uuid(), 'Cluster', c.name, 1, '{}', '{}', c.spec
          FROM unnest(\(offer.clusters.map(\.name)), \(clusters)) AS c (name, spec)
          """,
          """
          INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
          SELECT gen_random_uuid(), 'Project', 'projet-' || n, 1, '{}', '{}', \(PostgresJSON(bytes: [UInt8](spec)))
          FROM generate_series(0, \(projects - 1)) AS n
          """,
        ])
      }
      // It comes last: it gives every cluster there is its row in the ledger.
      _ = try await store.put(offer.policy, context: someone)
    }
  }

  /// A project that nobody has asked for yet.
  func nextProject() throws -> String {
    let number = next.withLockedValue { next in
      defer { next += 1 }
      return next
    }
    guard number < projects else { throw BenchError("there are no more than \(projects) projects") }
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

  /// Places every project from this one on without asking the engine.
  func fill(from first: Int = 0, placementsOfEach count: Int) async throws {
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      _ = try await store.decide(
        PlacementRequest(project: "projet-\(projects - 1)"), context: RequestContext(principal: "bench"))
      _ = try await pool.withConnection { connection in
        try await connection.pipeline([
          """
          INSERT INTO placements (id, project, project_id, organisation, environment, environment_id, stage, replica,
            zone, cluster, namespace, sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, created_at)
          SELECT gen_random_uuid(), r.name, gen_random_uuid(), organisation, environment, gen_random_uuid(), stage,
            replica + k, zone, 'cluster-' || lpad((abs(hashtext(r.name)) % 100)::text, 4, '0'), r.name || '-' || k,
            sensitivity, mode, phase, quota, revision, epoch, decision, decided_at, p.created_at
          FROM resources r, generate_series(1, \(count)) AS k, placements p
          WHERE r.kind = 'Project' AND substr(r.name, 8)::int >= \(first)
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
  }

  /// One number that the database says.
  func number(_ query: PostgresQuery) async throws -> Double {
    let rows = try await PostgresConnection.withConnection(database) { try await $0.query(query) }
    guard let row = rows.first else { throw BenchError("the database says nothing") }
    return try row.decode(Double.self, at: 0)
  }

  /// What all projects are.
  static let project = ProjectSpec(
    organisation: "mi", audience: .ministerial, dataClasses: ["public"],
    environments: [
      ProjectSpec.Environment(
        name: "production", stage: "prod",
        quota: ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"), pods: Quantity("10")))
    ])

  private static func offer(
    clusters: Int
  ) -> (places: [AnyResource], clusters: [Resource<ClusterSpec>], policy: AnyResource) {
    let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let regions = (0..<max(1, clusters / 20)).map { "region-\($0)" }
    var resources: [AnyResource] = [
      .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
      .chain(
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: [.usuel, .restricted], regions: regions, audience: audience))),
    ]
    let policy = AnyResource.policy(
      Resource(
        "regie",
        PolicySpec(
          title: LocalizedText(fr: "Politique"),
          dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)])))
    for (number, region) in regions.enumerated() {
      resources.append(
        .region(
          Resource(
            region,
            RegionSpec(
              operator: "dtnum", location: RegionSpec.Location(country: "FR"),
              dataCenters: [RegionSpec.DataCenter(name: "dc1")], audience: audience))))
      resources.append(
        .zone(
          Resource(
            "\(region)-usuel", ZoneSpec(region: region, sensitivity: .usuel, slug: "z\(number)", chain: "forge"))))
    }
    let capacity = ResourceList(
      cpu: Quantity("1000000"), memory: Quantity("4000Ti"), storage: Quantity("1000Ti"), pods: Quantity("1000000"))
    let machines = (0..<clusters).map { number in
      Resource(
        "cluster-" + String(repeating: "0", count: 4 - String(number).count) + String(number),
        ClusterSpec(
          zone: "\(regions[number % regions.count])-usuel", dataCenters: ["dc1"], stages: ["prod"], capacity: capacity))
    }
    return (resources, machines, policy)
  }
}
