import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Keeps the ledger's limits in step with declared capacity and policy. A limit that falls below what is committed is
  /// kept as it is: an over-promise, which refuses whatever would add to it.
  ///
  /// The column holds the highest limit among the cluster's stages, for people and metrics; a reservation is checked
  /// against the limit of its own stage, which the decision brings along, and against this one.
  func refreshLimits(after written: AnyResource, in connection: PostgresConnection) async throws {
    switch written.kind {
    case .region, .zone, .cluster, .policy: break
    case .operator, .chain, .project, .derogation, .placement, .migration, .flowRequest: return
    }
    let isKnown = try await refreshLimits(where: Self.concerned(by: written), in: connection)
    if !isKnown { try await store(limits: Self.withoutPolicy(written), in: connection) }
  }

  /// The same for some clusters, where what agents found has changed.
  func refreshLimits(of clusters: [String], in connection: PostgresConnection) async throws {
    _ = try await refreshLimits(where: "c.name = ANY(\(clusters))", in: connection)
  }

  /// The same for all, where they are of another day or of a policy that was replaced by its moment having come.
  func refreshLimitsOfTheDay() async throws {
    try await pool.withTransaction { connection in
      try await connection.pipeline([StoreLocks.takeOffer()])
      // Nothing, but that all are worked out where they are not current.
      try await refreshLimits(of: [], in: connection)
    }
  }

  /// - Parameter condition: which clusters, `c`; nil for all.
  /// - Returns: Whether there is a policy.
  private func refreshLimits(where condition: PostgresQuery?, in connection: PostgresConnection) async throws -> Bool {
    let answers = try await connection.pipeline([
      Self.selectPlaces(where: condition ?? "true"),
      """
      SELECT p.version, p.document, d.day,
        p.version IS NOT DISTINCT FROM o.limits_policy AND d.day::date IS NOT DISTINCT FROM o.limits_day AS current
      FROM policy_versions p, offer_state o, (SELECT \(Self.today) AS day) AS d WHERE p.version = (\(Self.inForce))
      """,
      Self.selectFacts(where: condition ?? "true"),
    ])
    guard let row = answers[1].first else { return false }
    guard try condition == nil || row.decode("current") else {
      return try await refreshLimits(where: nil, in: connection)
    }
    let offer = Offer(try answers[0].map { try AnyResource(row: $0) }, facts: try Self.facts(answers[2]))
    let policy = try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let day = try row.decode(String.self, "day")
    try await store(limits: Self.limits(in: offer, policy: policy, on: Self.day(day)), in: connection)
    if condition == nil {
      try await connection.execute(
        "UPDATE offer_state SET limits_policy = \(row.decode(Int64.self, "version")), limits_day = \(day)::date")
    }
    return true
  }

  /// Nothing may be promised before there is a policy.
  private static func withoutPolicy(_ written: AnyResource) -> [String: ResourceAmounts] {
    written.kind == .cluster ? [written.metadata.name: ResourceAmounts()] : [:]
  }

  private static func limits(in offer: Offer, policy: PolicySpec, on day: CalendarDay) -> [String: ResourceAmounts] {
    let regions = Dictionary(offer.regions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let zones = Dictionary(offer.zones.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let facts = Dictionary(offer.facts.map { ($0.cluster, $0) }, uniquingKeysWith: { first, _ in first })
    var limits: [String: ResourceAmounts] = [:]
    for cluster in offer.clusters {
      guard let zone = zones[cluster.spec.zone], let region = regions[zone.spec.region] else { continue }
      limits[cluster.name] = cluster.spec.stages.reduce(into: ResourceAmounts()) { highest, stage in
        let limit = PromiseLimits.of(
          cluster: cluster, facts: facts[cluster.name], zone: zone, region: region, stage: stage, policy: policy,
          on: day)
        for resource in CountedResource.allCases { highest[resource] = max(highest[resource], limit[resource]) }
      }
    }
    return limits
  }

  private func store(limits: [String: ResourceAmounts], in connection: PostgresConnection) async throws {
    guard !limits.isEmpty else { return }
    let sorted = limits.sorted { $0.key < $1.key }
    func column(_ resource: CountedResource) -> [Int64] { sorted.map { $0.value[resource] } }
    try await connection.execute(
      """
      INSERT INTO capacity_ledger AS l (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
      SELECT * FROM unnest(\(sorted.map(\.key)), \(column(.cpu)), \(column(.memory)), \(column(.gpu)),
        \(column(.storage)), \(column(.pods)))
      ON CONFLICT (cluster) DO UPDATE SET limit_cpu = excluded.limit_cpu, limit_memory = excluded.limit_memory,
        limit_gpu = excluded.limit_gpu, limit_storage = excluded.limit_storage, limit_pods = excluded.limit_pods,
        version = l.version + 1
      WHERE (l.limit_cpu, l.limit_memory, l.limit_gpu, l.limit_storage, l.limit_pods) IS DISTINCT FROM
        (excluded.limit_cpu, excluded.limit_memory, excluded.limit_gpu, excluded.limit_storage, excluded.limit_pods)
      """)
  }

  /// The clusters, `c`, whose limits a written resource may change.
  private static func concerned(by written: AnyResource) -> PostgresQuery? {
    let name = written.metadata.name
    switch written {
    case .cluster: return "c.name = \(name)"
    case .zone: return "c.spec ->> 'zone' = \(name)"
    case .region:
      return """
        c.spec ->> 'zone' IN (SELECT name FROM resources
          WHERE kind = 'Zone' AND deleted_at IS NULL AND spec ->> 'region' = \(name))
        """
    default: return nil
    }
  }

  /// Clusters, with the zones and regions that they are in.
  private static func selectPlaces(where condition: PostgresQuery) -> PostgresQuery {
    """
    WITH c AS (SELECT * FROM resources c WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND \(condition)),
      z AS (SELECT * FROM resources WHERE kind = 'Zone' AND deleted_at IS NULL AND name IN (SELECT spec ->> 'zone' FROM c)),
      r AS (SELECT * FROM resources
        WHERE kind = 'Region' AND deleted_at IS NULL AND name IN (SELECT spec ->> 'region' FROM z))
    SELECT \(AnyResource.columns) FROM (TABLE c UNION ALL TABLE z UNION ALL TABLE r) AS places
    """
  }

  /// All that a decision is made on, by kind.
  static let selectOffer: PostgresQuery = """
    SELECT \(AnyResource.columns) FROM resources
    WHERE kind IN ('Operator', 'Chain', 'Region', 'Zone', 'Cluster', 'Derogation') AND deleted_at IS NULL
    ORDER BY kind, name
    """

  /// Today in Paris, where qualifications and rules count their days. It is read once for the whole statement, as
  /// ``StoreClock/now`` is: what is kept by the day is then entered at it, and not gone through.
  static let today: PostgresQuery = "(SELECT (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date::text)"

  static func day(_ text: String) throws -> CalendarDay {
    guard let day = CalendarDay(text) else {
      throw StoreError(
        .conflict, "the database's clock says “\(text)”, which is no day",
        fr: "l’horloge de la base indique « \(text) », qui n’est pas un jour")
    }
    return day
  }
}
