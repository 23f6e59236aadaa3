import Foundation
import Model
import Policy
import Postgres

/// A placement whose quota was said to enforce something else than the ledger holds for it, as it stands now.
struct QuotaDoubt: Sendable {
  var holding: QuotaHolding
  /// How often it was said.
  var times: Int64
  /// Since when, by the database's clock.
  var age: Duration

  /// `seen (zone, cluster)`: clusters that an agent reaches, of zones whose agent is not silent for longer than the policy
  /// allows.
  static let seenClusters: PostgresQuery = """
    seen AS MATERIALIZED (
      SELECT a.zone, c.value ->> 'name' AS cluster
      FROM agents a, jsonb_array_elements(a.status -> 'clusters') AS c
      WHERE c.value -> 'reachable' = 'true' AND a.silent_milliseconds <= 1000 * coalesce((
        SELECT (v.document ->> 'heartbeatLimitSeconds')::bigint FROM policy_versions v
        WHERE v.version = (\(GovernanceStore.inForce))), 300))
    """

  /// Whether the last report of `placements p` is of what was decided last.
  static let isCurrent: PostgresQuery = """
    (p.observed_epoch = p.epoch AND p.observed_revision = p.revision AND p.observed ->> 'phase' = p.phase)
    """
  /// Whether the cluster of `placements p` is in ``seenClusters``.
  static let isSeen: PostgresQuery = "(p.zone, p.cluster) IN (SELECT zone, cluster FROM seen)"

  /// Whether what `placements p` holds can be compared with its quota; as ``QuotaHolding/standing`` has it.
  static let isCompared: PostgresQuery = """
    (p.revision >= 1 AND p.removed_at IS NULL AND p.phase <> 'removed' AND jsonb_typeof(p.observed -> 'enforced') = 'object'
      AND \(isCurrent) AND \(isSeen))
    """

  /// The sums of `reservations r`, held at the largest number there is.
  static let sums: PostgresQuery = """
    least(sum(r.cpu), 9223372036854775807)::bigint AS cpu, least(sum(r.memory), 9223372036854775807)::bigint AS memory,
    least(sum(r.gpu), 9223372036854775807)::bigint AS gpu, least(sum(r.storage), 9223372036854775807)::bigint AS storage,
    least(sum(r.pods), 9223372036854775807)::bigint AS pods
    """

  static let select: PostgresQuery = """
    WITH \(seenClusters)
    SELECT d.placement, d.times, (extract(epoch FROM clock_timestamp() - d.since) * 1000)::bigint AS age, p.project,
      p.environment, p.replica, p.cluster, p.phase, p.quota, p.removed_at IS NOT NULL OR r.state = 'released' AS gone,
      CASE jsonb_typeof(p.observed -> 'enforced') WHEN 'object' THEN p.observed -> 'enforced' END AS enforced,
      CASE jsonb_typeof(p.observed -> 'used') WHEN 'object' THEN p.observed -> 'used' END AS used,
      \(isCurrent) IS TRUE AS current, \(isSeen) AS seen, r.cpu, r.memory, r.gpu, r.storage, r.pods
    FROM quota_doubts d JOIN placements p ON p.id = d.placement JOIN reservations r ON r.placement = d.placement
    ORDER BY d.placement
    """

  init(row: PostgresRow) throws {
    let isGone: Bool = try row.decode("gone")
    holding = QuotaHolding(
      placement: try row.decode("placement"), project: try row.decode("project"),
      environment: try row.decode("environment"), replica: Int(try row.decode(Int32.self, "replica")),
      cluster: try row.decode("cluster"), phase: isGone ? .removed : try row.known("phase"),
      decided: ResourceAmounts(try row.decode(PostgresJSON.self, "quota").model(ResourceList.self)),
      reserved: try ResourceAmounts(row: row),
      // An agent may say what this program can not read: that is not compared.
      enforced: try row.decode(PostgresJSON?.self, "enforced").flatMap { try? $0.model(ResourceList.self) },
      used: try row.decode(PostgresJSON?.self, "used").flatMap { try? $0.model(ResourceList.self) },
      isCurrent: try row.decode("current"), isSeen: try row.decode("seen"))
    times = try row.decode("times")
    age = .milliseconds(try row.decode(Int64.self, "age"))
  }

  /// Takes away what is no doubt any more, unless it was said again since.
  static func settle(_ doubts: [QuotaDoubt]) -> PostgresQuery {
    let settled = doubts.filter { [.gone, .agrees].contains($0.holding.standing) }
    // A row that a report is just written of is left to the next look: waiting for it here could wait for ever.
    return """
      DELETE FROM quota_doubts WHERE placement IN (
        SELECT d.placement FROM quota_doubts d
        JOIN unnest(\(settled.map(\.holding.placement)), \(settled.map(\.times))) AS s (placement, times) USING (placement, times)
        FOR UPDATE OF d SKIP LOCKED)
      """
  }

  /// What reports that are being stored say.
  ///
  /// - Parameter holdings: of the reports' placements, as they stand afterwards.
  static func note(_ holdings: [QuotaHolding]) -> [PostgresQuery] {
    let differing = holdings.filter { $0.standing == .differs }.map(\.placement)
    let settled = holdings.filter { [.gone, .agrees].contains($0.standing) }.map(\.placement)
    var statements: [PostgresQuery] = []
    if !differing.isEmpty {
      statements.append(
        """
        INSERT INTO quota_doubts AS d (placement) SELECT * FROM unnest(\(differing))
        ON CONFLICT (placement) DO UPDATE SET times = d.times + 1
        """)
    }
    if !settled.isEmpty {
      statements.append("DELETE FROM quota_doubts WHERE placement = ANY(\(settled))")
    }
    return statements
  }
}
