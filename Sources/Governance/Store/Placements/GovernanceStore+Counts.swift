import Events
import Model
import Postgres

extension GovernanceStore {
  /// Figures for metrics. Whoever holds a whole table of these, as a migration does, is waited for five seconds.
  ///
  /// - Throws: `PostgresError` whose `sqlState` is `lockNotAvailable` where that was not enough: who waits for longer does not
  ///   tell such a database from a silent one.
  public func counts() async throws -> StoreCounts {
    let answers = try await pool.withTransaction(readOnly: true) { connection in
      try await connection.execute("SET LOCAL lock_timeout = '5s'")
      return try await connection.pipeline([
        """
        SELECT phase, observed_ready, count(*) FROM placements WHERE removed_at IS NULL AND revision >= 1
        GROUP BY phase, observed_ready ORDER BY phase, observed_ready
        """,
        "SELECT count(*), \(Self.age(of: "min(created_at)")) AS age FROM outbox WHERE published_at IS NULL",
        "SELECT count(*), \(Self.age(of: "min(at)")) AS age FROM audit_entries WHERE position IS NULL",
        """
        SELECT a.zone FROM agents a
        WHERE a.status -> 'zoneRecord' ->> 'verdict' = ANY(\(Self.suspectVerdicts)) AND \(Self.isOfDeclaredZone) ORDER BY a.zone
        """,
        Self.selectSuspension,
        // Nobody signs a heartbeat: the sum is held at the largest number there is, and none takes away from it.
        """
        SELECT least(coalesce(sum(greatest((a.status -> 'orphans' ->> 'count')::bigint, 0)), 0),
            9223372036854775807)::bigint AS orphans,
          (SELECT count(*) FROM left_states) AS left FROM agents a WHERE \(Self.isOfDeclaredZone)
        """,
        "SELECT count(*), \(Self.age(of: "min(at)")) AS age FROM public_facts WHERE published_at IS NULL",
        Self.countAway,
      ])
    }
    let (outbox, audit, facts) = (try answers[1].only, try answers[2].only, try answers[6].only)
    let away = try answers[7].only
    return StoreCounts(
      placements: try answers[0].map { row in
        StoreCounts.Placements(
          phase: try row.known("phase"), ready: try row.decode("observed_ready"), count: try row.decode("count"))
      },
      unpublished: try outbox.decode("count"), oldestUnpublishedAge: try outbox.age("age"),
      unpublishedFacts: try facts.decode("count"), oldestFactAge: try facts.age("age"),
      unsealed: try audit.decode("count"), oldestUnsealedAge: try audit.age("age"),
      suspectZones: try answers[3].map { try $0.decode("zone") },
      orphans: try answers[5].only.decode("orphans"), left: try answers[5].only.decode("left"),
      silentZones: try away.decode("silent"), unreachableClusters: try away.decode("unreachable"),
      judgedAgo: try away.age("judged"), suspension: try answers[4].first.map { try Suspension(row: $0) })
  }

  /// Whether the zone that `agents a` speaks of is declared: what was heard of one that is deleted stays as it was.
  static let isOfDeclaredZone: PostgresQuery = """
    EXISTS (SELECT FROM resources z WHERE z.kind = 'Zone' AND z.deleted_at IS NULL AND z.spec ->> 'slug' = a.zone)
    """

  /// Who is not heard, what agents do not reach, and since when nobody has judged.
  private static let countAway: PostgresQuery = """
    SELECT cardinality(\(DecisionBasis.Head.silentZones(beyond: silenceLimit)))::bigint AS silent,
      (SELECT count(*) FROM agents a, jsonb_array_elements(a.status -> 'clusters') AS c
        WHERE c.value -> 'reachable' = 'false' AND \(isOfDeclaredZone)) AS unreachable,
      (SELECT \(age(of: "judged_at")) FROM findings_judged) AS judged
    """

  /// How long an agent may be silent by the policy in force, in seconds.
  private static let silenceLimit: PostgresQuery = """
    coalesce((SELECT \(DecisionBasis.Head.silenceLimit(of: "v.document")) FROM policy_versions v
      WHERE v.version = (\(inForce))), 300)
    """

  private static let suspectVerdicts = ZoneAgreement.Verdict.allCases.filter(\.isBusSuspect).map(\.rawValue)

  /// The ledger, by cluster, of the clusters on offer.
  public func capacity() async throws -> [ClusterLedger] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT l.* FROM capacity_ledger l JOIN resources c ON c.kind = 'Cluster' AND c.name = l.cluster
        WHERE c.deleted_at IS NULL ORDER BY l.cluster
        """)
    }
    return try rows.map { row in
      ClusterLedger(
        cluster: try row.decode("cluster"), limit: try ResourceAmounts(row: row, prefix: "limit_"),
        committed: try ResourceAmounts(row: row, prefix: "committed_"), version: try row.decode("version"))
    }
  }

  /// Microseconds since a moment, by the database's clock.
  static func age(of moment: PostgresQuery) -> PostgresQuery {
    "(extract(epoch FROM clock_timestamp() - \(moment)) * 1000000)::bigint"
  }
}

extension PostgresRow {
  /// Reads ``GovernanceStore/age(of:)``; never negative, even when a clock was set back.
  func age(_ column: String) throws -> Duration? {
    try decode(Int64?.self, column).map { .microseconds(max(0, $0)) }
  }
}
