import Postgres
import Trail

extension GovernanceStore {
  /// Erases the names of persons from what is not the audit trail, where they are older than `age`: of decisions, votes, keys and
  /// so on who it was, and of operators whom they have named. What was decided, said and voted stays, and so does all that
  /// replaying a decision needs. Of each table `limit` (1 to 1000) rows at most. Nothing while the database is suspended.
  ///
  /// What is current stays: whom an operator names now as its representative, who has asked for a derogation that holds, and what
  /// has changed since. So do the names in what is not decided yet: who has asked for a derogation does not decide on it, and who has written a proposal does not second it,
  /// however long that takes.
  ///
  /// - Parameter age: in whole days; taken as ``shortestNameRetention`` where it is less.
  public func eraseStoredNames(olderThan age: Duration, limit: Int = 500) async throws -> AuditErasureProgress {
    let days = Int64(max(age, Self.shortestNameRetention).components.seconds / 86_400)
    let limit = min(max(limit, 1), 1000)
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        "SELECT pg_advisory_xact_lock(\(StoreLocks.auditEraser))",
        "SELECT EXISTS (SELECT FROM epoch WHERE suspended_at IS NOT NULL) AS suspended",
      ])
      guard try !answers[1].only.decode(Bool.self, "suspended") else {
        return AuditErasureProgress(names: 0, mayHaveMore: false)
      }
      let before: PostgresQuery = "(\(StoreClock.now) - \(days) * interval '24 hours')"
      let erased = try await connection.pipeline(Self.nameErasures(before: before, limit: limit)).map(\.affected)
      return AuditErasureProgress(names: erased.reduce(0, +), mayHaveMore: erased.contains(limit))
    }
  }

  /// One statement for each place where a name may stand, which takes the oldest names before others.
  private static func nameErasures(before: PostgresQuery, limit: Int) -> [PostgresQuery] {
    let erased = AuditPerson.erased
    func column(
      _ table: PostgresQuery, _ name: PostgresQuery, _ key: PostgresQuery, since: PostgresQuery
    ) -> PostgresQuery {
      """
      UPDATE \(table) SET \(name) = \(erased) WHERE \(key) IN (
        SELECT \(key) FROM \(table) WHERE \(since) < \(before) AND names_person(\(name)) ORDER BY \(since)
        LIMIT \(limit) FOR UPDATE SKIP LOCKED)
      """
    }
    func value(
      _ table: PostgresQuery, _ rest: PostgresQuery, since: PostgresQuery, where isDecided: PostgresQuery = "true"
    ) -> PostgresQuery {
      """
      UPDATE \(table) SET body = \(rest), names_erased_at = clock_timestamp() WHERE id IN (
        SELECT id FROM \(table) WHERE \(since) < \(before) AND (names_erased_at IS NULL OR names_erased_at < \(since))
          AND \(isDecided)
        ORDER BY \(since) LIMIT \(limit) FOR UPDATE SKIP LOCKED)
      """
    }
    // The text of a proposal is what was voted on, to the byte: its votes are looked through, and who has written it.
    let proposal: PostgresQuery = """
      body || jsonb_build_object('votes', coalesce(without_names(body -> 'votes'), '[]'))
        || jsonb_strip_nulls(without_names(
          jsonb_build_object('principal', body -> 'principal', 'editors', body -> 'editors')))
      """
    return [
      column("policy_versions", "principal", "version", since: "created_at"),
      column("decisions", "principal", "id", since: "decided_at"),
      column("holds", "principal", "id", since: "created_at"),
      column("api_keys", "created_by", "id", since: "created_at"),
      column("api_keys", "revoked_by", "id", since: "revoked_at"),
      column("policy_votes", "principal", "id", since: "at"),
      column("policy_comments", "principal", "id", since: "at"),
      column("impacts", "principal", "id", since: "requested_at"),
      column("webhooks", "created_by", "id", since: "created_at"),
      column("migrations", "principal", "id", since: "created_at"),
      value("policy_proposals", proposal, since: "updated_at", where: "state NOT IN ('draft', 'open')"),
      value(
        "derogation_requests", "without_names(body)", since: "updated_at",
        where: "state NOT IN ('requested', 'examined', 'decided')"),
      value("network_flows", "without_names(body)", since: "updated_at"),
      value("migrations", "without_names(body)", since: "updated_at"),
      value("moves", "without_names(body)", since: "coalesce(ended_at, since)"),
      persons(in: "resource_history", "id", since: "at", before: before, limit: limit),
      persons(in: "resources", "uid", since: "deleted_at", before: before, limit: limit),
      // Whoever asked for what holds, or is not decided, is known still; its tag changes with what is told of it.
      """
      UPDATE resources SET spec = without_persons(kind, spec), resource_version = nextval('resource_versions')
      WHERE uid IN (
        SELECT uid FROM resources WHERE kind = 'Derogation' AND deleted_at IS NULL AND spec ? 'requestedBy'
          AND updated_at < \(before)
          AND (spec ->> 'decision' = 'refused' OR (spec ->> 'validUntil')::date < \(before))
        ORDER BY updated_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
      """,
    ]
  }

  /// Whom operators and derogations have named, and do not any more.
  private static func persons(
    in table: PostgresQuery, _ key: PostgresQuery, since: PostgresQuery, before: PostgresQuery, limit: Int
  ) -> PostgresQuery {
    """
    UPDATE \(table) SET spec = without_persons(kind, spec) WHERE \(key) IN (
      SELECT \(key) FROM \(table) WHERE kind IN ('Operator', 'Derogation') AND \(since) < \(before) AND spec <> without_persons(kind, spec)
      ORDER BY \(since) LIMIT \(limit) FOR UPDATE SKIP LOCKED)
    """
  }
}
