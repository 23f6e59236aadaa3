import Events
import Foundation
import Postgres
import Trail

/// What ``GovernanceStore/eraseAuditNames(olderThan:limit:)`` did.
public struct AuditErasureProgress: Sendable, Hashable {
  /// How many names were erased.
  public let names: Int
  /// Whether more may be due already.
  public let mayHaveMore: Bool
}

extension GovernanceStore {
  /// The shortest time for which the trail may keep names.
  public static let shortestNameRetention: Duration = .seconds(AuditErasure.shortestDays * 86_400)
  /// How long it keeps them unless somebody says otherwise: six years of 365 days, and the days between.
  public static let nameRetention: Duration = .seconds(2192 * 86_400)

  /// Erases the names of persons from sealed entries older than `age`, in the chain's order, looking at `limit` (1 to 1000)
  /// of them; and says so in the trail, in the same transaction.
  ///
  /// Where the name stands beside its pseudonym it goes with the chance that the pseudonym was made with, and all that is
  /// sealed stays. Where it was sealed in clear it is taken out of what was sealed: the entry's digest and link stay, and
  /// the entry that tells of it holds a digest of what is left. One that was sealed in clear after there were
  /// pseudonyms, by an earlier version that still ran beside, is left as it is: nothing could tell that from tampering.
  ///
  /// - Parameter age: in whole days; taken as ``shortestNameRetention`` where it is less.
  public func eraseAuditNames(olderThan age: Duration, limit: Int = 500) async throws -> AuditErasureProgress {
    let days = min(Int(max(age, Self.shortestNameRetention).components.seconds / 86_400), AuditErasure.longestDays)
    let limit = min(max(limit, 1), 1000)
    return try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        "SELECT pg_advisory_xact_lock(\(StoreLocks.auditEraser))",
        """
        SELECT erased_position, told_position, t.now, t.now - \(Int64(days)) * interval '24 hours' AS before
        FROM audit_chain, (SELECT clock_timestamp() AS now) t
        """,
      ])
      let row = try answers[1].only
      let (place, told): (Int64, Int64) = (try row.decode("erased_position"), try row.decode("told_position"))
      let (now, before) = (Timestamp(try row.decode(Date.self, "now")), Timestamp(try row.decode(Date.self, "before")))
      let rows = try await connection.query(
        """
        SELECT \(AuditEntry.columns) FROM audit_entries WHERE position > \(place) ORDER BY position LIMIT \(limit)
        """)
      // An entry that was sealed late stands behind younger ones: it goes with them.
      let due = try rows.map { try AuditEntry($0) }.prefix { $0.at < before }
      guard let last = due.last?.seal?.position else { return AuditErasureProgress(names: 0, mayHaveMore: false) }
      let named = due.filter { $0.person != nil }
      let clear = due.compactMap { AuditErasure.rewritten($0) }
      let end = clear.isEmpty ? nil : try await Self.firstPseudonym(in: connection)
      let rewritten = clear.filter { entry in end.map { entry.seal?.position ?? .max < $0 } ?? true }
      var statements = Self.erase(named, rewritten, at: now)
      // Of what is not a person's the name is no personal data, and stays.
      statements.append(
        """
        UPDATE resource_history SET principal = NULL
        WHERE at < \(before.date) AND principal IS NOT NULL AND principal <> 'local'
          AND NOT (principal LIKE 'key:%' OR principal LIKE 'governance:%')
        """)
      let names = named.count + rewritten.count
      if names > 0 {
        let erasure = AuditErasure(
          from: told + 1, to: last, before: before, days: days, names: names,
          rewritten: rewritten.compactMap { entry in
            entry.seal.map {
              AuditErasure.Rewritten(
                position: $0.position, remains: HexText.encode(AuditErasure.remains(of: entry)))
            }
          })
        statements.append(
          try AuditWriter.entry(
            at: now, context: Self.retention, action: AuditErasure.action, kind: AuditErasure.kind,
            name: AuditErasure.name, detail: erasure))
      }
      statements.append(
        "UPDATE audit_chain SET erased_position = \(last), told_position = \(names > 0 ? last : told)")
      try await connection.pipeline(statements)
      return AuditErasureProgress(names: names, mayHaveMore: due.count == limit)
    }
  }

  private static let retention = RequestContext(principal: AuditErasure.principal)

  /// From where on names are pseudonyms, as anchors say it or as the trail shows; nil where neither is known. ``AuditVerifier``
  /// believes nothing that was rewritten after it.
  private static func firstPseudonym(in connection: PostgresConnection) async throws -> Int64? {
    try await connection.query(
      """
      SELECT least((SELECT position FROM audit_entries WHERE position IS NOT NULL
        AND (starts_with(principal, \(AuditPerson.prefix)) AND principal <> \(AuditPerson.erased)
          OR action = \(AuditErasure.action) AND kind = \(AuditErasure.kind))
        ORDER BY position LIMIT 1), (SELECT pseudonyms_from FROM audit_chain)) AS position
      """
    ).only.decode("position")
  }

  private static func erase(_ named: [AuditEntry], _ rewritten: [AuditEntry], at now: Timestamp) -> [PostgresQuery] {
    var statements: [PostgresQuery] = []
    if !named.isEmpty {
      statements.append(
        """
        UPDATE audit_entries SET person = NULL, salt = NULL, erased_at = \(now.date)
        WHERE id = ANY(\(named.map(\.id)))
        """)
    }
    if !rewritten.isEmpty {
      statements.append(
        """
        UPDATE audit_entries e SET principal = r.principal, body = r.body, erased_at = \(now.date)
        FROM unnest(\(rewritten.map(\.id)), \(rewritten.map(\.principal)), \(rewritten.map(\.body)))
          AS r (id, principal, body)
        WHERE e.id = r.id
        """)
    }
    return statements
  }
}
