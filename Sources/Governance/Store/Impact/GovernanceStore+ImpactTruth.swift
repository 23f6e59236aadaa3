import Foundation
import Placement
import Postgres
import Trail

extension GovernanceStore {
  /// The last of what has happened: whoever changes anything leaves an entry. Not looked at: what agents say, see ``ImpactMark``,
  /// and what moves nothing by itself: votes before they are a version, requests before they are a derogation, keys, and names that
  /// go from the trail.
  private static let lastEntry: PostgresQuery = "(SELECT coalesce(max(id), 0) FROM audit_entries WHERE \(moves))"

  private static let moves: PostgresQuery =
    "kind <> ALL(\([BoardDetail.kind, DerogationDetail.kind, AuditErasure.kind, "APIKey"]))"

  private static let unsealed: PostgresQuery =
    "(SELECT count(*) FROM audit_entries WHERE \(moves) AND position IS NULL)"

  /// How often the ledger was written: each write counts its row up, and no row ever goes. Agents give room back without an entry in
  /// the trail.
  private static let ledgerWrites: PostgresQuery =
    "(SELECT coalesce(sum(version), 0)::bigint FROM capacity_ledger)"

  /// How long agents may be silent by the policy that an impact `i` is compared with; null where there is none.
  private static let silenceBefore: PostgresQuery = """
    (SELECT \(DecisionBasis.Head.silenceLimit(of: "document")) FROM policy_versions
      WHERE version = (SELECT max(version) FROM policy_versions WHERE effective_at <= \(momentOf)))
    """
  /// The same by its own.
  private static let silenceAfter: PostgresQuery = DecisionBasis.Head.silenceLimit(of: "i.document")

  /// The zones that count as silent now by the one and by the other: heartbeats leave no entry either.
  private static let silentBefore: PostgresQuery = DecisionBasis.Head.silentZones(beyond: silenceBefore)
  private static let silentAfter: PostgresQuery = DecisionBasis.Head.silentZones(beyond: silenceAfter)

  /// The one behind the other, or one where both policies let agents be silent for as long. No two cases look alike: one of them
  /// holds all that is in the other.
  private static let silentZones: PostgresQuery = """
    (\(silentBefore) || CASE WHEN \(silenceAfter) IS DISTINCT FROM \(silenceBefore) THEN \(silentAfter) ELSE '{}' END)
    """

  /// How far the world is for an impact `i`, as a query's columns and as one reads them. Entries become visible out of the
  /// order of their ids: what is committed after a younger one is known by the chain, in whose order they are seen.
  struct ImpactMark: Sendable {
    static let columns: PostgresQuery = """
      \(GovernanceStore.lastEntry) AS entry, (SELECT position FROM audit_chain) AS position,
      \(GovernanceStore.unsealed) AS unsealed, \(GovernanceStore.ledgerWrites) AS ledger,
      \(GovernanceStore.silentZones) AS silent, \(GovernanceStore.silentBefore) AS silent_before,
      \(GovernanceStore.silentAfter) AS silent_after, coalesce(\(GovernanceStore.measuredWithin), 3600) AS measured_within
      """

    /// The trail's last entry.
    var entry: Int64
    /// The chain's end.
    var position: Int64
    /// How many entries are not in the chain yet.
    var unsealed: Int64
    /// How often the ledger was written.
    var ledger: Int64
    /// The zones whose agent is silent, by both policies, as it is stored.
    var silentZones: [String]
    /// Those that are by the policy that it is compared with.
    var silentBefore: [String]
    /// Those that are by its own.
    var silentAfter: [String]
    /// For how many seconds a measurement counts now.
    var measuredWithin: Int64

    init(_ row: PostgresRow) throws {
      entry = try row.decode("entry")
      position = try row.decode("position")
      unsealed = try row.decode("unsealed")
      ledger = try row.decode("ledger")
      silentZones = try row.decode("silent")
      silentBefore = try row.decode("silent_before")
      silentAfter = try row.decode("silent_after")
      measuredWithin = try row.decode("measured_within")
    }
  }

  /// Whether entries were seen since an impact `i` was worked out that are older than others that had been seen. One of an earlier
  /// program does not say how far the chain was.
  private static let hasLateEntries: PostgresQuery = """
    coalesce(i.audit_unsealed <> \(unsealed) + (SELECT count(*) FROM audit_entries WHERE \(moves)
      AND position > i.audit_position AND position <= (SELECT position FROM audit_chain)), false)
    """

  /// The moment that an impact `i` is of.
  private static let momentOf: PostgresQuery = "greatest(clock_timestamp(), i.effective_at)"

  /// Whether since an impact `i` was worked out agents have given room back, fallen silent or been heard again, or a derogation has
  /// taken effect by its date. One that an earlier program worked out does not say on what.
  private static let hasOtherReports: PostgresQuery = """
    coalesce(i.marks_claim = i.claims_at_result AND (i.ledger_writes <> \(ledgerWrites)
      OR i.silent_zones <> \(silentZones) OR coalesce(\(momentOf) >= i.next_notification, false)), false)
    """

  /// Whether an impact `i` that is followed was worked out by an engine of before this one, or by a program that does not say
  /// by which: under the same policy the present one may find something else.
  private static let isOfEarlierEngine: PostgresQuery = """
    (i.follows AND NOT coalesce(i.engine_claim = i.claims_at_result AND i.engine >= \(EngineVersion.number), false))
    """

  /// Whether an impact `i` is computed on what there is now, and by this engine.
  static let stillTrue: PostgresQuery = """
    CASE WHEN i.result IS NULL THEN true WHEN i.audit_entry <> \(lastEntry) THEN false
      ELSE NOT \(hasLateEntries) AND i.offer_version = (SELECT version FROM offer_state)
        AND i.policy_version IS NOT DISTINCT FROM
          (SELECT max(version) FROM policy_versions WHERE effective_at <= \(momentOf))
        AND i.epoch = (SELECT epoch FROM epoch) AND i.day = (\(momentOf) AT TIME ZONE 'Europe/Paris')::date
        AND NOT \(hasOtherReports) AND NOT \(isOfEarlierEngine) END
    """
}
