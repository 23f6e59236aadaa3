import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres

/// What agents find on their clusters becomes part of what decisions are made on.
extension GovernanceStore {
  /// What is known of the clusters that belong to the zone whose agent said it.
  static let selectFacts: PostgresQuery = selectFacts(where: "true")

  /// The same of some clusters, `f`.
  static func selectFacts(where condition: PostgresQuery) -> PostgresQuery {
    """
    SELECT f.cluster, f.conformity,
      CASE WHEN c.spec ->> 'capacitySource' = 'measured' THEN f.capacity END AS capacity
    FROM cluster_facts f
    JOIN resources c ON c.kind = 'Cluster' AND c.name = f.cluster AND c.deleted_at IS NULL
    JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      AND z.spec ->> 'slug' = f.zone
    WHERE \(condition)
    ORDER BY f.cluster COLLATE "C"
    """
  }

  /// Reads ``selectFacts``.
  static func facts(_ rows: PostgresRows) throws -> [ClusterFacts] {
    try rows.map { row in
      ClusterFacts(
        cluster: try row.decode("cluster"),
        conformity: try row.decode(PostgresJSON.self, "conformity").decode(StoredConformity.self).findings,
        capacity: try row.decode(PostgresJSON?.self, "capacity")?.decode(StoredCapacity.self).amounts)
    }
  }

  /// For how many seconds a measurement counts by the policy in force; null where there is none.
  static let measuredWithin: PostgresQuery = """
    (SELECT coalesce((document ->> 'capacityMaxAgeSeconds')::bigint, 3600) FROM policy_versions
      WHERE version = (\(inForce)))
    """

  /// Takes in what the latest of a zone's heartbeats says of its clusters, and what it no longer says. Only what changes what
  /// decisions look at is a new version of the offer, see ``FactsPace``; most heartbeats cost one look.
  ///
  /// It has transactions of its own; the one that changes the offer takes its lock first of all. What fails between them
  /// and the heartbeat's own leaves the offset where it was: the heartbeat comes again, and finds nothing new.
  func takeFacts(
    of heartbeats: [AgentStatus], zone: String, at now: ContinuousClock.Instant = .now
  ) async throws {
    let latest = heartbeats.max { ($0.incarnation, $0.sequence) < ($1.incarnation, $1.sequence) }
    guard let latest else { return }
    let reading = try await pool.withConnection { try await Self.known(of: latest, in: $0) }
    let changes = reading.changes(by: latest, withRises: true)
    let weight = changes.map(\.weight).max() ?? .nothing
    let together = pace.withLockedValue { $0.hear(latest, weight, at: now) }
    if together.isEmpty {
      guard !reading.changes(by: latest, withRises: false).isEmpty else { return }
      return try await storeAside(latest)
    }
    let isVersion = try await pool.withTransaction { connection in
      try await connection.pipeline([StoreLocks.takeOffer()])
      var moved: [String] = []
      for status in together {
        let changes = try await Self.known(of: status, in: connection).changes(by: status, withRises: true)
        try await Self.store(changes, zone: status.zone, in: connection)
        moved += changes.filter { $0.weight > .nothing }.map(\.cluster)
      }
      guard !moved.isEmpty else { return false }
      try await connection.execute("UPDATE offer_state SET version = version + 1")
      try await refreshLimits(of: moved, in: connection)
      return true
    }
    if isVersion { world.forgetHead() }
  }

  /// Stores what changes nothing of the offer, and shares its lock with decisions: none waits for it. What is known and
  /// declared of the clusters stays as it is meanwhile: another zone's heartbeat may take along what waited of this one.
  private func storeAside(_ status: AgentStatus) async throws {
    try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.shareOffer())
      let reading = try await Self.known(of: status, in: connection)
      let changes = reading.changes(by: status, withRises: false).filter { $0.weight == .nothing }
      try await Self.store(changes, zone: status.zone, in: connection)
    }
  }

  private static func store(
    _ changes: [FactsChange], zone: String, in connection: PostgresConnection
  ) async throws {
    guard !changes.isEmpty else { return }
    try await connection.execute(
      """
      INSERT INTO cluster_facts (cluster, zone, conformity, capacity)
      SELECT w.cluster, \(zone), w.conformity, w.capacity
      FROM unnest(\(changes.map(\.cluster)),
        \(try changes.map { PostgresJSON(bytes: try BusCodec.encode($0.conformity)) }),
        \(try changes.map { try $0.capacity.map { PostgresJSON(bytes: try BusCodec.encode($0)) } }))
        AS w (cluster, conformity, capacity)
      ON CONFLICT (cluster) DO UPDATE SET zone = excluded.zone, conformity = excluded.conformity,
        capacity = excluded.capacity, stored_at = clock_timestamp()
      """)
  }

  /// What is known of all clusters of a heartbeat's zone, and when that was read.
  private struct Reading {
    var clusters: [FactsChange.Known]
    var now: Timestamp

    func changes(by status: AgentStatus, withRises: Bool) -> [FactsChange] {
      let reported = Dictionary(status.clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      return clusters.compactMap { known in
        FactsChange(
          known, report: reported[known.cluster], at: status.at, heardAt: now, withRises: withRises)
      }
    }
  }

  /// Nothing where a later heartbeat was stored already.
  private static func known(of status: AgentStatus, in connection: PostgresConnection) async throws -> Reading {
    let zone = status.zone
    let rows = try await connection.query(
      """
      SELECT c.name, f.conformity, f.capacity, f.zone AS zone, f.stored_at, clock_timestamp() AS now,
        c.spec ->> 'capacitySource' = 'measured' AS measured, c.spec -> 'capacity' AS declared,
        \(measuredWithin) AS age
      FROM resources c
      JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      LEFT JOIN cluster_facts f ON f.cluster = c.name
      WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND z.spec ->> 'slug' = \(zone)
        AND NOT EXISTS (SELECT FROM agents a WHERE a.zone = \(zone)
          AND (a.incarnation, a.sequence) > (\(status.incarnation), \(status.sequence)))
      ORDER BY c.name COLLATE "C"
      """)
    var reading = Reading(clusters: [], now: status.at)
    for row in rows {
      reading.now = Timestamp(try row.decode(Date.self, "now"))
      // What an agent of another zone said of the cluster is none of this zone's.
      let isOwn = try row.decode(String?.self, "zone") == zone
      let conformity = isOwn ? try row.decode(PostgresJSON?.self, "conformity") : nil
      let capacity = isOwn ? try row.decode(PostgresJSON?.self, "capacity") : nil
      reading.clusters.append(
        FactsChange.Known(
          cluster: try row.decode("name"),
          conformity: try conformity?.decode(StoredConformity.self) ?? StoredConformity(),
          capacity: try capacity?.decode(StoredCapacity.self),
          storedAt: try row.decode(Date?.self, "stored_at").map { Timestamp($0) } ?? reading.now,
          declared: ResourceAmounts(try row.decode(PostgresJSON.self, "declared").model(ResourceList.self)),
          isMeasured: try row.decode(Bool?.self, "measured") ?? false,
          longest: try row.decode(Int64?.self, "age") ?? 3600))
    }
    return reading
  }
}
