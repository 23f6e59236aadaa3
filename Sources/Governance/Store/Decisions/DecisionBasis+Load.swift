import Events
import Foundation
import Model
import Placement
import Postgres

extension DecisionBasis.Head {
  /// Versions and clocks, and the zones whose agent was silent for longer than the policy allows. The clock is read once: the
  /// version in force is that of `now`, and so is the day.
  static let select: PostgresQuery = """
    WITH clock AS MATERIALIZED (
      SELECT t.now, (t.now AT TIME ZONE 'Europe/Paris')::date AS day FROM (SELECT clock_timestamp() AS now) t),
    policy AS (
      SELECT version, \(silenceLimit(of: "document")) AS limit_seconds
      FROM policy_versions
      WHERE version = (SELECT max(version) FROM policy_versions WHERE effective_at <= (SELECT now FROM clock)))
    SELECT o.version AS offer, (SELECT version FROM policy) AS policy, e.epoch, \(life) AS life,
      clock.now, clock.day::text AS day,
      \(silentZones(beyond: "(SELECT limit_seconds FROM policy)")) AS stale,
      e.suspended_at IS NULL
        AND EXISTS (SELECT FROM reservations r WHERE r.state = 'pending' AND r.expires_at <= (SELECT now FROM clock))
        AS due,
      o.limits_policy IS NOT DISTINCT FROM (SELECT version FROM policy)
        AND o.limits_day IS NOT DISTINCT FROM clock.day AS current_limits
    FROM offer_state o, epoch e, clock
    """

  /// How long an agent may be silent by a policy's document, in seconds.
  static func silenceLimit(of document: PostgresQuery) -> PostgresQuery {
    "coalesce((\(document) ->> 'heartbeatLimitSeconds')::bigint, 300)"
  }

  /// The names of the zones whose agent was silent for longer than so many seconds, in their order; also of those whose agent was
  /// never heard in as long. It begins with the silent ones: mostly there is none, and zones are many.
  static func silentZones(beyond limit: PostgresQuery) -> PostgresQuery {
    """
    ARRAY(SELECT z.name
      FROM (
        SELECT a.zone FROM agents a WHERE a.silent_milliseconds > \(limit) * 1000
        UNION ALL
        SELECT u.zone FROM unheard_zones u
        WHERE u.silent_milliseconds > \(limit) * 1000 AND NOT EXISTS (SELECT FROM agents a WHERE a.zone = u.zone)
      ) AS s JOIN resources z ON z.spec ->> 'slug' = s.zone
      WHERE z.kind = 'Zone' AND z.deleted_at IS NULL ORDER BY z.name)
    """
  }

  /// ``life``, of `epoch e`.
  static let life: PostgresQuery = """
    concat_ws('/', e.tableoid,
      CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) END)
    """

  init(row: PostgresRow) throws {
    self.init(
      offerVersion: try row.decode("offer"), policyVersion: try row.decode("policy"), epoch: try row.decode("epoch"),
      life: try row.decode("life"), now: Timestamp(try row.decode(Date.self, "now")),
      day: try GovernanceStore.day(row.decode("day")),
      staleZones: try row.decode("stale"), hasDueReservations: try row.decode("due"),
      hasCurrentLimits: try row.decode("current_limits"))
  }
}
