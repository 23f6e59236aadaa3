import Model
import Postgres

/// What the decisions of a batch add to the ledger, in one statement: each cluster's row is written once, and only if
/// there is room for every one of them. The limits are those that each decision brings along, for its stage; what does
/// not ask for a resource does not look at it, so that a cluster promised beyond its memory may still give processors.
struct LedgerDemand: Sendable {
  private struct Cluster {
    var name: String
    var added = ResourceAmounts()
    /// The most that may be committed before, for all to have room: the least of what each leaves, after those before it.
    var ceiling = ResourceAmounts(cpu: .max, memory: .max, gpu: .max, storage: .max, pods: .max)
    var steps: Int64 = 0
  }

  /// By name.
  private let clusters: [Cluster]
  private let heedsLimits: Bool

  /// - Parameters:
  ///   - reservations: in the order decided.
  ///   - heedsLimits: whether the ledger's own limits bind as well: they are of the policy and the day decided on.
  init(_ reservations: [PlacementPlan.Reservation], heedsLimits: Bool) {
    self.heedsLimits = heedsLimits
    var found: [String: Cluster] = [:]
    for reservation in reservations {
      var cluster = found[reservation.cluster] ?? Cluster(name: reservation.cluster)
      cluster.steps += 1
      for resource in CountedResource.allCases where reservation.added[resource] != 0 {
        cluster.added[resource] += reservation.added[resource]
        let left = reservation.limit[resource].subtractingReportingOverflow(cluster.added[resource])
        cluster.ceiling[resource] = min(cluster.ceiling[resource], left.overflow ? .min : left.partialValue)
      }
      found[reservation.cluster] = cluster
    }
    clusters = found.values.sorted { $0.name < $1.name }
  }

  var isEmpty: Bool { clusters.isEmpty }
  var clusterCount: Int { clusters.count }

  /// Locks the rows in their order, which gives what they hold; then adds, and gives what they hold then. Where one has no
  /// room the second fails, as ``isShort(_:)`` tells. The lock is the one that a plain update takes: whoever has written a reservation holds its
  /// cluster's key already, and two who both wanted more than that would wait for each other. An amount that would run
  /// over is refused by the database like one for which there is no room.
  var statements: [PostgresQuery] {
    guard !isEmpty else { return [] }
    let names = clusters.map(\.name)
    let fits = PostgresQuery.join(
      CountedResource.allCases.map { resource in
        let (name, own) = (PostgresQuery(unescaped: resource.rawValue), heedsLimits)
        return """
          l.committed_\(name) <= least(w.\(name)_to,
            CASE WHEN \(own) AND w.\(name) > 0 THEN l.limit_\(name) - w.\(name) END)
          """
      }, separator: " AND ")
    func column(_ values: (Cluster) -> ResourceAmounts, _ resource: CountedResource) -> [Int64] {
      clusters.map { values($0)[resource] }
    }
    return [
      """
      SELECT cluster, committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods, version,
        limit_cpu, limit_memory, limit_gpu, limit_storage, limit_pods
      FROM capacity_ledger WHERE cluster = ANY(\(names)) ORDER BY cluster COLLATE "C" FOR NO KEY UPDATE
      """,
      """
      WITH promised AS (UPDATE capacity_ledger l SET version = l.version + w.steps, committed_cpu = l.committed_cpu + w.cpu,
        committed_memory = l.committed_memory + w.memory, committed_gpu = l.committed_gpu + w.gpu,
        committed_storage = l.committed_storage + w.storage, committed_pods = l.committed_pods + w.pods
      FROM unnest(\(names), \(clusters.map(\.steps)), \(column(\.added, .cpu)), \(column(\.added, .memory)),
        \(column(\.added, .gpu)), \(column(\.added, .storage)), \(column(\.added, .pods)),
        \(column(\.ceiling, .cpu)), \(column(\.ceiling, .memory)), \(column(\.ceiling, .gpu)),
        \(column(\.ceiling, .storage)), \(column(\.ceiling, .pods)))
        AS w (cluster, steps, cpu, memory, gpu, storage, pods, cpu_to, memory_to, gpu_to, storage_to, pods_to)
      WHERE l.cluster = w.cluster AND \(fits)
      RETURNING l.cluster, l.committed_cpu, l.committed_memory, l.committed_gpu, l.committed_storage,
        l.committed_pods, l.version)
      SELECT p.* FROM (SELECT insist(count(*) = \(clusterCount), 'a cluster has no room') AS all_have FROM promised) AS n
        LEFT JOIN promised p ON n.all_have
      """,
    ]
  }

  /// The ledger's own limits, in the rows that the first of ``statements`` gives; none where they do not bind.
  func limits(_ rows: PostgresRows) throws -> [String: ResourceAmounts] {
    guard heedsLimits else { return [:] }
    return try Dictionary(
      rows.map { (try $0.decode(String.self, "cluster"), try ResourceAmounts(row: $0, prefix: "limit_")) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whether a failure says that a cluster has no room.
  static func isShort(_ failure: PostgresError) -> Bool { failure.sqlState?.rawValue == "RG001" }
}
