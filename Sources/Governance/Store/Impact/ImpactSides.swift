import Events
import Foundation
import Model
import Placement
import Postgres

/// What an impact compares: each side has of what was measured what counts by its policy.
struct ImpactSides: Sendable {
  /// The policy in force, compiled; nil where there is none.
  var present: Engine?
  /// What the proposed one is compiled for.
  var offer: Offer
}

extension GovernanceStore {
  /// Puts together what is compared. Where a policy lets measurements count for another time than they do now, what its zone's
  /// latest heartbeat would have made of each is what it counts.
  func sides(of ground: ImpactGround, under proposed: PolicySpec, _ mark: ImpactMark) async throws -> ImpactSides {
    let present = ground.prepared?.engine
    let offer = ground.offer
    let now = mark.measuredWithin
    let before = present?.policy.spec.measuredWithin ?? now
    let after = proposed.measuredWithin
    guard before != now || after != now else { return ImpactSides(present: present, offer: offer) }
    let rows = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await HeardMeasurement.Rows(in: connection)
    }
    return try await LongWork.run(in: .background) {
      let measurements = try HeardMeasurement.all(in: rows)
      let other = before == now ? nil : offer.counting(measurements, within: before, insteadOf: now)
      return ImpactSides(
        present: present.map { engine in
          other.map { Engine(offer: $0, policy: engine.policy, day: engine.day) } ?? engine
        }, offer: offer.counting(measurements, within: after, insteadOf: now))
    }
  }
}

/// What was measured of a cluster that offers no more than that, and what its zone's latest heartbeat says of it.
struct HeardMeasurement: Sendable {
  var known: FactsChange.Known
  var report: AgentStatus.ClusterStatus?
  /// The heartbeat's moment, by the agent's clock.
  var moment: Timestamp
  /// When it was heard, by the centre's clock.
  var heardAt: Timestamp

  /// What the heartbeat makes of it where a measurement counts for so many seconds; nil where none counts.
  func amounts(within seconds: Int64) -> ResourceAmounts? {
    var known = known
    known.longest = seconds
    return FactsChange.capacity(known, report: report, at: moment, heardAt: heardAt)?.amounts
  }

  /// What is read of them, and decoded where nobody waits for it.
  struct Rows: Sendable {
    var clusters: PostgresRows
    var agents: PostgresRows

    init(in connection: PostgresConnection) async throws {
      let clusters = try await connection.query(
        """
        SELECT c.name, z.spec ->> 'slug' AS zone, c.spec -> 'capacity' AS declared, f.capacity, f.stored_at
        FROM resources c
        JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
        LEFT JOIN cluster_facts f ON f.cluster = c.name AND f.zone = z.spec ->> 'slug'
        WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND c.spec ->> 'capacitySource' = 'measured'
        """)
      let zones = Set(try clusters.map { try $0.decode(String.self, "zone") }).sorted()
      self.clusters = clusters
      agents = try await connection.query("SELECT status, stored_at FROM agents WHERE zone = ANY(\(zones))")
    }
  }

  /// Those of zones whose agent was heard.
  static func all(in rows: Rows) throws -> [HeardMeasurement] {
    var heard: [String: (status: AgentStatus, at: Timestamp)] = [:]
    for row in rows.agents {
      let status = try row.decode(PostgresJSON.self, "status").decode(AgentStatus.self)
      heard[status.zone] = (status, Timestamp(try row.decode(Date.self, "stored_at")))
    }
    var measurements: [HeardMeasurement] = []
    for row in rows.clusters {
      guard let latest = try heard[row.decode(String.self, "zone")] else { continue }
      let name = try row.decode(String.self, "name")
      let known = FactsChange.Known(
        cluster: name, capacity: try row.decode(PostgresJSON?.self, "capacity")?.decode(StoredCapacity.self),
        storedAt: try row.decode(Date?.self, "stored_at").map { Timestamp($0) } ?? latest.at,
        declared: ResourceAmounts(try row.decode(PostgresJSON.self, "declared").model(ResourceList.self)),
        isMeasured: true, longest: 0)
      let report = latest.status.clusters.first { $0.name == name }
      measurements.append(
        HeardMeasurement(known: known, report: report, moment: latest.status.at, heardAt: latest.at))
    }
    return measurements
  }
}

extension PolicySpec {
  /// For how many seconds a measurement counts.
  var measuredWithin: Int64 { Int64(capacityMaxAgeSeconds ?? 3600) }
  /// For how many seconds an agent may be silent, as ``DecisionBasis/Head/silenceLimit(of:)`` says of a document.
  var silentAfter: Int64 { Int64(heartbeatLimitSeconds ?? 300) }
}

extension Offer {
  /// The same offer where measurements count for another time. Only what counts by one of the two and not by the other is
  /// another: what an offer does not hold yet for another reason is none of the policy's doing.
  func counting(
    _ measurements: [HeardMeasurement], within seconds: Int64, insteadOf present: Int64
  ) -> Offer {
    var known = Dictionary(facts.map { ($0.cluster, $0) }, uniquingKeysWith: { first, _ in first })
    for measurement in measurements {
      let (now, then) = (measurement.amounts(within: present), measurement.amounts(within: seconds))
      guard (now == nil) != (then == nil) else { continue }
      let cluster = measurement.known.cluster
      var found = known[cluster] ?? ClusterFacts(cluster: cluster)
      found.capacity = then == nil ? nil : found.capacity ?? then
      known[cluster] = found
    }
    return Offer(
      operators: operators, regions: regions, zones: zones, clusters: clusters, chains: chains,
      facts: Array(known.values), unacknowledged: unacknowledged)
  }
}
