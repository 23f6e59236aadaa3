public import Foundation
public import Model
import Placement
public import Policy
import Postgres

extension GovernanceStore {
  /// Notified, without a payload, by every commit that asks for an impact.
  public static let impactChannel = "regie_impacts"

  /// Asks what a policy would change; somebody works it out in the background. Asking the same again, for the same
  /// subject, gives the question that there is, unless it failed or was cancelled.
  ///
  /// - Parameters:
  ///   - subject: what the policy belongs to; such a question is answered anew when the world has moved, until
  ///     ``settleImpacts(of:)``.
  /// - Throws: ``StoreError`` of kind `invalid` with all that is wrong with the document.
  public func requestImpact(
    of document: PolicySpec, subject: String? = nil, context: RequestContext
  ) async throws -> ImpactRecord {
    var check = Validation()
    document.validate(&check)
    let problems = check.problems.filter { $0.severity == .error }
    guard problems.isEmpty else { throw StoreError.invalid(problems) }
    let (id, json) = (mint(), try PostgresJSON(model: document))
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        WITH same AS (
          SELECT id FROM impacts WHERE subject = \(subject) AND document = \(json)
            AND state IN ('waiting', 'running', 'done')
          ORDER BY requested_at DESC LIMIT 1),
        fresh AS (
          INSERT INTO impacts (id, subject, document, principal, follows)
          SELECT \(id), \(subject), \(json), \(context.principal), \(subject != nil)
          WHERE NOT EXISTS (SELECT FROM same) RETURNING id)
        SELECT id FROM same UNION ALL SELECT id FROM fresh
        """)
    }
    return try await impact(try rows.only.decode("id"))
  }

  /// One question, and how far its answer is.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func impact(_ id: UUID) async throws -> ImpactRecord {
    let rows = try await pool.withConnection { try await $0.query("\(ImpactRecord.select) WHERE i.id = \(id)") }
    guard let row = rows.first else { throw Self.noImpact(id) }
    return try ImpactRecord(row: row)
  }

  /// The questions, the latest first; of one subject where it is given.
  public func impacts(of subject: String? = nil, limit: Int = 100) async throws -> [ImpactRecord] {
    try Cursor.check(limit: limit)
    let restriction: PostgresQuery = subject.map { "WHERE i.subject = \($0)" } ?? ""
    let rows = try await pool.withConnection {
      try await $0.query("\(ImpactRecord.select) \(restriction) ORDER BY i.requested_at DESC, i.id LIMIT \(limit)")
    }
    return try rows.map { try ImpactRecord(row: $0) }
  }

  /// The latest result of a question, in full; nil where there is none yet.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func impactResult(_ id: UUID) async throws -> Impact? {
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT r.bytes FROM impacts i LEFT JOIN impact_results r ON r.digest = i.result WHERE i.id = \(id)")
    }
    guard let row = rows.first else { throw Self.noImpact(id) }
    guard let bytes = try row.decode([UInt8]?.self, "bytes") else { return nil }
    return try await LongWork.run { try ModelJSON.decoder.decode(Impact.self, from: Data(bytes)) }
  }

  /// Nobody wants the answer any more: whoever works on it stops. What was found before stays.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func cancelImpact(_ id: UUID) async throws -> ImpactRecord {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE impacts SET state = CASE WHEN state IN ('waiting', 'running') THEN 'cancelled' ELSE state END,
          follows = false WHERE id = \(id) RETURNING id
        """)
    }
    guard !rows.isEmpty else { throw Self.noImpact(id) }
    return try await impact(id)
  }

  /// The vote on a subject is over: its impact stays as it was, marked with the moment that it was true of.
  public func settleImpacts(of subject: String) async throws {
    _ = try await pool.withConnection {
      try await $0.query("UPDATE impacts SET follows = false WHERE subject = \(subject) AND follows")
    }
  }

  private static func noImpact(_ id: UUID) -> StoreError {
    let name = id.uuidString.lowercased()
    return StoreError(.notFound, "there is no impact “\(name)”", fr: "il n’existe pas d’impact « \(name) »")
  }

  /// The last of what has happened: whoever changes anything leaves an entry. Not looked at: what only heartbeats say.
  static let lastEntry: PostgresQuery = "(SELECT coalesce(max(id), 0) FROM audit_entries)"

  /// Whether an impact `i` is computed on what there is now.
  static let stillTrue: PostgresQuery = """
    i.result IS NULL OR (i.audit_entry = \(lastEntry) AND i.offer_version = (SELECT version FROM offer_state)
      AND i.policy_version IS NOT DISTINCT FROM (\(inForce)) AND i.epoch = (SELECT epoch FROM epoch)
      AND i.day = \(today)::date)
    """
}
