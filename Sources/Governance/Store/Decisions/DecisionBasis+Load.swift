import Events
import Foundation
import Model
import Placement
import Postgres

extension DecisionBasis.Head {
  /// Versions and clocks, and the zones whose agent was silent for longer than the policy allows.
  static let select: PostgresQuery = """
    WITH policy AS (
      SELECT version, coalesce((document ->> 'heartbeatLimitSeconds')::bigint, 300) AS limit_seconds
      FROM policy_versions WHERE version = (\(GovernanceStore.inForce)))
    SELECT o.version AS offer, (SELECT version FROM policy) AS policy, e.epoch, \(life) AS life,
      clock_timestamp() AS now,
      \(GovernanceStore.today) AS day,
      ARRAY(SELECT z.name FROM resources z JOIN agents a ON a.zone = z.spec ->> 'slug', policy
        WHERE z.kind = 'Zone' AND z.deleted_at IS NULL AND a.silent_milliseconds > policy.limit_seconds * 1000
        ORDER BY z.name) AS stale,
      EXISTS (SELECT FROM reservations r WHERE \(ReservationStatements.isDue)) AS due,
      o.limits_policy IS NOT DISTINCT FROM (SELECT version FROM policy)
        AND o.limits_day IS NOT DISTINCT FROM \(GovernanceStore.today)::date AS current_limits
    FROM offer_state o, epoch e
    """

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
