import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// Keeps the ledger's limits in step with declared capacity and policy. A limit that falls below what is committed is
  /// kept as it is: an over-promise, which refuses whatever would add to it.
  ///
  /// The column holds the highest limit among the cluster's stages, for people and metrics; a reservation is checked
  /// against the limit of its own stage, which the decision brings along.
  func refreshLimits(after written: AnyResource, in connection: PostgresConnection) async throws {
    switch written.kind {
    case .region, .zone, .cluster, .policy: break
    case .operator, .chain, .project, .derogation, .placement, .migration, .flowRequest: return
    }
    let only = written.kind == .cluster ? written.metadata.name : nil
    let isKnown = try await refreshLimits(of: only, in: Self.selectPlaces(of: written), connection)
    if !isKnown { try await store(limits: Self.withoutPolicy(written), in: connection) }
  }

  /// The same for all clusters, where what agents found has changed.
  func refreshAllLimits(in connection: PostgresConnection) async throws {
    _ = try await refreshLimits(of: nil, in: Self.selectOffer, connection)
  }

  /// - Returns: Whether there is a policy.
  private func refreshLimits(
    of only: String?, in places: PostgresQuery, _ connection: PostgresConnection
  ) async throws -> Bool {
    let answers = try await connection.pipeline([
      places, "SELECT document, \(Self.today) AS day FROM policy_versions WHERE version = (\(Self.inForce))",
      Self.selectFacts,
    ])
    guard let row = answers[1].first else { return false }
    let offer = Offer(try answers[0].map { try AnyResource(row: $0) }, facts: try Self.facts(answers[2]))
    let policy = try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let day = try Self.day(row.decode("day"))
    try await store(limits: Self.limits(in: offer, of: only, policy: policy, on: day), in: connection)
    return true
  }

  /// Nothing may be promised before there is a policy.
  private static func withoutPolicy(_ written: AnyResource) -> [String: ResourceAmounts] {
    written.kind == .cluster ? [written.metadata.name: ResourceAmounts()] : [:]
  }

  static func limits(
    in offer: Offer, of only: String?, policy: PolicySpec, on day: CalendarDay
  ) -> [String: ResourceAmounts] {
    let regions = Dictionary(offer.regions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let zones = Dictionary(offer.zones.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let facts = Dictionary(offer.facts.map { ($0.cluster, $0) }, uniquingKeysWith: { first, _ in first })
    var limits: [String: ResourceAmounts] = [:]
    for cluster in offer.clusters where only == nil || only == cluster.name {
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
    try await connection.pipeline(
      limits.sorted { $0.key < $1.key }.map { cluster, limit in
        """
        INSERT INTO capacity_ledger AS l (cluster, limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods)
        VALUES (\(cluster), \(limit.cpu), \(limit.memory), \(limit.gpu), \(limit.storage), \(limit.pods))
        ON CONFLICT (cluster) DO UPDATE SET limit_cpu = excluded.limit_cpu, limit_memory = excluded.limit_memory,
          limit_gpu = excluded.limit_gpu, limit_storage = excluded.limit_storage, limit_pods = excluded.limit_pods,
          version = l.version + 1
        WHERE (l.limit_cpu, l.limit_memory, l.limit_gpu, l.limit_storage, l.limit_pods) IS DISTINCT FROM
          (excluded.limit_cpu, excluded.limit_memory, excluded.limit_gpu, excluded.limit_storage, excluded.limit_pods)
        """
      })
  }

  /// What the limits depend on that a written resource changes: of a cluster its own place alone.
  private static func selectPlaces(of written: AnyResource) -> PostgresQuery {
    guard case .cluster(let cluster) = written else { return selectOffer }
    let zone = cluster.spec.zone
    return """
      SELECT \(AnyResource.columns) FROM resources
      WHERE deleted_at IS NULL AND ((kind = 'Cluster' AND name = \(cluster.name))
        OR (kind = 'Zone' AND name = \(zone))
        OR (kind = 'Region' AND name = (SELECT z.spec ->> 'region' FROM resources z
          WHERE z.kind = 'Zone' AND z.name = \(zone) AND z.deleted_at IS NULL)))
      """
  }

  /// All that a decision is made on, by kind.
  static let selectOffer: PostgresQuery = """
    SELECT \(AnyResource.columns) FROM resources
    WHERE kind IN ('Operator', 'Chain', 'Region', 'Zone', 'Cluster', 'Derogation') AND deleted_at IS NULL
    ORDER BY kind, name
    """

  /// Today in Paris, where qualifications and rules count their days.
  static let today: PostgresQuery = "(clock_timestamp() AT TIME ZONE 'Europe/Paris')::date::text"

  static func day(_ text: String) throws -> CalendarDay {
    guard let day = CalendarDay(text) else {
      throw StoreError(
        .conflict, "the database's clock says “\(text)”, which is no day",
        fr: "l’horloge de la base indique « \(text) », qui n’est pas un jour")
    }
    return day
  }
}
