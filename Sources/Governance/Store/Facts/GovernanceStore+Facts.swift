import Events
import Foundation
import Model
import Placement
import Postgres

/// What agents find on their clusters becomes part of what decisions are made on.
extension GovernanceStore {
  /// What is known of the clusters that belong to the zone whose agent said it.
  static let selectFacts: PostgresQuery = """
    SELECT f.cluster, f.conformity,
      CASE WHEN c.spec ->> 'capacitySource' = 'measured' THEN f.capacity END AS capacity
    FROM cluster_facts f
    JOIN resources c ON c.kind = 'Cluster' AND c.name = f.cluster AND c.deleted_at IS NULL
    JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      AND z.spec ->> 'slug' = f.zone
    ORDER BY f.cluster COLLATE "C"
    """

  /// Reads ``selectFacts``.
  static func facts(_ rows: PostgresRows) throws -> [ClusterFacts] {
    try rows.map { row in
      ClusterFacts(
        cluster: try row.decode("cluster"),
        conformity: try row.decode(PostgresJSON.self, "conformity").decode(StoredConformity.self).findings,
        capacity: try row.decode(PostgresJSON?.self, "capacity")?.decode(MeasuredCapacity.self).amounts)
    }
  }

  /// Takes in what the latest of a zone's heartbeats says of its clusters. Only what changes what decisions look at is a new
  /// version of the offer; most heartbeats cost one look.
  ///
  /// It has a transaction of its own, which takes the offer's lock first of all. What fails between it and the heartbeat's own
  /// leaves the offset where it was: the heartbeat comes again, and finds nothing new.
  func takeFacts(of heartbeats: [AgentStatus], zone: String) async throws {
    let latest = heartbeats.max { ($0.incarnation, $0.sequence) < ($1.incarnation, $1.sequence) }
    guard let latest, latest.clusters.contains(where: { $0.conformity != nil || $0.capacity != nil }) else { return }
    let isNews = try await pool.withConnection { connection in
      try await !Self.changes(by: latest, zone: zone, in: connection).isEmpty
    }
    guard isNews else { return }
    let changesOffer = try await pool.withTransaction { connection in
      try await connection.pipeline([StoreLocks.takeOffer()])
      let changes = try await Self.changes(by: latest, zone: zone, in: connection)
      var statements = try changes.map { change -> PostgresQuery in
        """
        INSERT INTO cluster_facts AS f (cluster, zone, conformity, capacity)
        VALUES (\(change.cluster), \(zone), \(PostgresJSON(bytes: try BusCodec.encode(change.conformity))),
          \(try change.capacity.map { PostgresJSON(bytes: try BusCodec.encode($0)) }))
        ON CONFLICT (cluster) DO UPDATE SET zone = excluded.zone, conformity = excluded.conformity,
          capacity = excluded.capacity, stored_at = clock_timestamp()
        """
      }
      let changesOffer = changes.contains(where: \.changesOffer)
      if changesOffer { statements.append("UPDATE offer_state SET version = version + 1") }
      if !statements.isEmpty { try await connection.pipeline(statements) }
      if changesOffer { try await refreshAllLimits(in: connection) }
      return changesOffer
    }
    if changesOffer { world.forgetHead() }
  }

  /// What is to be stored of a cluster.
  private struct FactsChange {
    var cluster: String
    var conformity: StoredConformity
    var capacity: MeasuredCapacity?
    var changesOffer: Bool
  }

  /// What a heartbeat changes; nothing where a later one was stored already.
  private static func changes(
    by status: AgentStatus, zone: String, in connection: PostgresConnection
  ) async throws -> [FactsChange] {
    let rows = try await connection.query(
      """
      SELECT c.name, f.conformity, f.capacity, f.zone AS zone, c.spec ->> 'capacitySource' = 'measured' AS measured,
        (SELECT coalesce((document ->> 'capacityMaxAgeSeconds')::bigint, 3600) FROM policy_versions
          WHERE version = (\(inForce))) AS age
      FROM resources c
      JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      LEFT JOIN cluster_facts f ON f.cluster = c.name
      WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND z.spec ->> 'slug' = \(zone)
        AND c.name = ANY(\(status.clusters.map(\.name)))
        AND NOT EXISTS (SELECT FROM agents a WHERE a.zone = \(zone)
          AND (a.incarnation, a.sequence) > (\(status.incarnation), \(status.sequence)))
      ORDER BY c.name COLLATE "C"
      """)
    let reported = Dictionary(status.clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return try rows.compactMap { row in
      let name = try row.decode(String.self, "name")
      // What an agent of another zone said of the cluster is none of this zone's.
      let isOwn = try row.decode(String?.self, "zone") == zone
      let known = try row.decode(PostgresJSON?.self, "conformity").map { try $0.decode(StoredConformity.self) }
      let before = isOwn ? known ?? StoredConformity() : StoredConformity()
      let measured = isOwn ? try row.decode(PostgresJSON?.self, "capacity")?.decode(MeasuredCapacity.self) : nil
      let conformity = before.merged(with: reported[name]?.conformity, at: status.at)
      let age = try row.decode(Int64?.self, "age") ?? 3600
      let capacity = (reported[name]?.capacity ?? measured).flatMap { $0.counts(at: status.at, within: age) ? $0 : nil }
      let movesCapacity = capacity?.amounts != measured?.amounts
      // That a measurement still holds is written down now and then only.
      let isLater = capacity?.isMuchLater(than: measured, within: age) ?? false
      guard conformity != before || movesCapacity || isLater else { return nil }
      let isMeasured = try row.decode(Bool?.self, "measured") ?? false
      return FactsChange(
        cluster: name, conformity: conformity, capacity: capacity,
        changesOffer: conformity.findings != before.findings || (isMeasured && movesCapacity))
    }
  }
}

extension MeasuredCapacity {
  /// Whether it still counts; both moments are the agent's. A clock that went back does not make it young for ever.
  fileprivate func counts(at now: Timestamp, within seconds: Int64) -> Bool {
    let age = now.microseconds(since: asOf)
    return age <= seconds * 1_000_000 && age >= -seconds * 1_000_000
  }

  fileprivate func isMuchLater(than other: MeasuredCapacity?, within seconds: Int64) -> Bool {
    guard let other else { return true }
    return asOf.microseconds(since: other.asOf) > seconds * 1_000_000 / 4 || asOf < other.asOf
  }
}
