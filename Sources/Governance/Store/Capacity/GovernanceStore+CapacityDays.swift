import Foundation
public import Model
public import Policy
import Postgres

extension GovernanceStore {
  /// How long days are kept.
  public static let capacityRetentionDays = 1100

  /// Writes down what there is of each cluster today, where that is not written yet. A day on which nobody did it stays out:
  /// nobody knows any more what there was.
  ///
  /// - Returns: how many clusters were written.
  public func recordCapacity() async throws -> Int {
    let isDone = try await pool.withConnection { try await $0.query(Self.selectUnrecorded) }
    guard try isDone.only.decode(Bool.self, "missing") else { return 0 }
    // Both of one snapshot: the day is that of what was read.
    let state = try await capacityState(withUse: true)
    let rows = state.clusters.flatMap { cluster in
      CountedResource.allCases.map { (cluster: cluster, resource: $0) }
    }
    let written = try await pool.withConnection {
      try await $0.query(
        """
        INSERT INTO capacity_days (day, cluster, resource, zone, region, operator, published, declared, promisable,
          committed, reserved, used)
        SELECT \(state.day.description)::date, * FROM unnest(\(rows.map(\.cluster.cluster)),
          \(rows.map(\.resource.rawValue)), \(rows.map(\.cluster.zone)), \(rows.map(\.cluster.region)),
          \(rows.map(\.cluster.operator)), \(rows.map(\.cluster.isPublished)),
          \(rows.map { $0.cluster.figures.declared[$0.resource] }),
          \(rows.map { $0.cluster.figures.limit[$0.resource] }),
          \(rows.map { $0.cluster.figures.committed[$0.resource] }),
          \(rows.map { $0.cluster.figures.reserved[$0.resource] }),
          \(rows.map { $0.cluster.figures.used?[$0.resource] }))
        ON CONFLICT DO NOTHING RETURNING cluster
        """)
    }
    return Set(try written.map { try $0.decode(String.self, "cluster") }).count
  }

  /// Whether a cluster on offer has no row of today.
  static let selectUnrecorded: PostgresQuery = """
    SELECT EXISTS (SELECT FROM resources c
      JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.deleted_at IS NULL
      WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND NOT EXISTS (SELECT FROM capacity_days d
        WHERE d.day = \(today)::date AND d.cluster = c.name)) AS missing
    """

  /// What clusters had together, day by day, the first one first, and which day it is. Days that nobody has written down are
  /// left out.
  ///
  /// - Parameter reach: clusters of which whoever asks may not know what is promised are left out.
  public func capacityDays(_ filter: CapacityDayFilter, reach: CapacityReach) async throws -> (
    days: [CapacityDay], today: CalendarDay
  ) {
    var conditions: [PostgresQuery] = ["d.day > \(Self.today)::date - \(Int32(clamping: filter.days))"]
    if let region = filter.region { conditions.append("d.region = \(region)") }
    if let zone = filter.zone { conditions.append("d.zone = \(zone)") }
    if let cluster = filter.cluster { conditions.append("d.cluster = \(cluster)") }
    var isOwn: PostgresQuery = "true"
    if case .own(let operators) = reach {
      isOwn = "d.operator = ANY(\(operators.sorted()))"
      conditions.append("(d.published OR \(isOwn))")
    }
    let restriction = PostgresQuery.join(conditions, separator: " AND ")
    func sum(_ column: String, _ filter: PostgresQuery = "") -> PostgresQuery {
      "least(sum(d.\(unescaped: column)) \(filter), 9223372036854775807)::bigint"
    }
    let ofLast: PostgresQuery = "FILTER (WHERE d.cluster IN (SELECT cluster FROM last))"
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        """
        WITH shown AS MATERIALIZED (SELECT d.* FROM capacity_days d WHERE \(restriction)),
          last AS MATERIALIZED (SELECT DISTINCT cluster FROM shown WHERE day = (SELECT max(day) FROM shown))
        SELECT d.day::text AS day, d.resource, count(*) AS clusters, \(sum("declared")) AS declared,
          \(sum("promisable")) AS promisable, \(sum("committed")) AS committed, \(sum("reserved")) AS reserved,
          CASE WHEN bool_and(\(isOwn)) AND count(d.used) > 0 THEN \(sum("used")) END AS used,
          CASE WHEN count(*) \(ofLast) = (SELECT count(*) FROM last) THEN \(sum("committed", ofLast)) END AS alike
        FROM shown d GROUP BY d.day, d.resource ORDER BY d.day, d.resource
        """,
        "SELECT \(Self.today) AS day",
      ])
    }
    var days: [CapacityDay] = []
    for row in answers[0] {
      let day = try Self.day(row.decode("day"))
      if days.last?.day != day { days.append(CapacityDay(day: day, clusters: try row.decode("clusters"))) }
      try days[days.count - 1].take(row)
    }
    return (days, try Self.day(answers[1].only.decode("day")))
  }

  /// Forgets days that are older than is kept, `limit` rows at most.
  ///
  /// - Returns: how many rows.
  public func forgetCapacity(olderThan days: Int = GovernanceStore.capacityRetentionDays, limit: Int) async throws
    -> Int
  {
    let rows = try await pool.withConnection { try await $0.query(Self.deleteCapacity(olderThan: days, limit: limit)) }
    return rows.count
  }

  static func deleteCapacity(olderThan days: Int, limit: Int) -> PostgresQuery {
    """
    DELETE FROM capacity_days WHERE (day, cluster, resource) IN (SELECT day, cluster, resource FROM capacity_days
      WHERE day <= \(today)::date - \(Int32(clamping: days)) ORDER BY day LIMIT \(limit)
      FOR UPDATE SKIP LOCKED)
    RETURNING 1
    """
  }
}

extension CapacityDay {
  /// Takes the row of one resource.
  fileprivate mutating func take(_ row: PostgresRow) throws {
    let resource: CountedResource = try row.known("resource")
    declared[resource] = try row.decode("declared")
    limit[resource] = try row.decode("promisable")
    committed[resource] = try row.decode("committed")
    reserved[resource] = try row.decode("reserved")
    if let amount = try row.decode(Int64?.self, "used") {
      var amounts = used ?? ResourceAmounts()
      amounts[resource] = amount
      used = amounts
    }
    if let amount = try row.decode(Int64?.self, "alike") {
      var amounts = alike ?? ResourceAmounts()
      amounts[resource] = amount
      alike = amounts
    }
  }
}
