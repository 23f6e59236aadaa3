public import Events
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
  ///   - effectiveAt: when the policy is to take effect: the impact is of that day, and against the version that is in force
  ///     by then. Nil, or a moment that has passed, is now.
  /// - Throws: ``StoreError`` of kind `invalid` with all that is wrong with the document; of kind `conflict` where too many
  ///   questions without a subject wait for the same principal.
  public func requestImpact(
    of document: PolicySpec, subject: String? = nil, effectiveAt: Timestamp? = nil, context: RequestContext
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
            AND effective_at IS NOT DISTINCT FROM \(effectiveAt?.date) AND state IN ('waiting', 'running', 'done')
          ORDER BY requested_at DESC LIMIT 1),
        fresh AS (
          INSERT INTO impacts (id, subject, document, principal, follows, effective_at)
          SELECT \(id), \(subject), \(json), \(context.principal), \(subject != nil), \(effectiveAt?.date)
          WHERE NOT EXISTS (SELECT FROM same) AND (\(subject != nil) OR
            (SELECT count(*) FROM impacts WHERE subject IS NULL AND principal = \(context.principal)
              AND state IN ('waiting', 'running')) < \(Int64(Self.mostImpactsWaiting))) RETURNING id)
        SELECT id FROM same UNION ALL SELECT id FROM fresh
        """)
    }
    guard let row = rows.first else { throw Self.tooManyImpacts }
    return try await impact(try row.decode("id"))
  }

  /// One question, and how far its answer is.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func impact(_ id: UUID) async throws -> ImpactRecord {
    let rows = try await pool.withConnection { try await $0.query("\(ImpactRecord.select) WHERE i.id = \(id)") }
    guard let row = rows.first else { throw Self.noImpact(id) }
    return try ImpactRecord(row: row)
  }

  /// The questions, the latest first, `limit` (1 to 1000) at a time; of one subject where it is given.
  public func impacts(
    of subject: String? = nil, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<ImpactRecord> {
    try Cursor.check(limit: limit)
    var conditions: [PostgresQuery] = ["true"]
    if let subject { conditions.append("i.subject = \(subject)") }
    if let key = try Cursor.decode(cursor, as: ImpactKey.self) {
      let at = key.requestedAt.date
      conditions.append("(i.requested_at < \(at) OR i.requested_at = \(at) AND i.id > \(key.id))")
    }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        \(ImpactRecord.select) WHERE \(PostgresQuery.join(conditions, separator: " AND "))
        ORDER BY i.requested_at DESC, i.id LIMIT \(limit + 1)
        """)
    }
    return try Page(rows.map { try ImpactRecord(row: $0) }, limit: limit) { ImpactKey($0) }
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
  /// - Parameter principal: whose question it has to be; nil where anybody's may be cancelled.
  /// - Throws: ``StoreError``: `notFound`; `conflict` where it belongs to a vote; `forbidden` where it is somebody else's.
  public func cancelImpact(_ id: UUID, by principal: String? = nil) async throws -> ImpactRecord {
    let present = try await impact(id)
    if let subject = present.subject {
      throw StoreError(
        .conflict, path: "subject", "it belongs to “\(subject)”, and is needed there",
        fr: "il relève de « \(subject) », qui en a besoin", accepted: "a question without a subject")
    }
    if let principal, principal != present.principal {
      throw StoreError(
        .forbidden, path: "id", "somebody else has asked this", fr: "quelqu’un d’autre l’a demandé",
        accepted: "\(present.principal); governance-admin")
    }
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

  /// The vote on a subject is over: its impact stays as it was, marked with the moment that it was true of; one that was
  /// never worked out is cancelled.
  public func settleImpacts(of subject: String) async throws {
    _ = try await pool.withConnection {
      try await $0.query(Self.settle(subject))
    }
  }

  /// So many questions without a subject may wait for one principal, or be worked on.
  public static let mostImpactsWaiting = 20

  private static var tooManyImpacts: StoreError {
    StoreError(
      .conflict, "\(mostImpactsWaiting) impacts that you have asked for are not worked out yet",
      fr: "\(mostImpactsWaiting) impacts que vous avez demandés ne sont pas encore calculés",
      accepted: "asking again when one is done, or has been cancelled")
  }

  /// Computes the impacts of a subject no more. What is not worked out by now never will be: after the vote it would be
  /// compared with the very version that was voted on.
  static func settle(_ subject: String) -> PostgresQuery {
    """
    UPDATE impacts SET follows = false, state = CASE
      WHEN state NOT IN ('waiting', 'running') THEN state WHEN result IS NULL THEN 'cancelled' ELSE 'done' END
    WHERE subject = \(subject) AND (follows OR state IN ('waiting', 'running'))
    """
  }

  static func noImpact(_ id: UUID) -> StoreError {
    let name = id.uuidString.lowercased()
    return StoreError(.notFound, "there is no impact “\(name)”", fr: "il n’existe pas d’impact « \(name) »")
  }
}

/// The order of lists of impacts.
private struct ImpactKey: Codable, Sendable {
  var requestedAt: Timestamp
  var id: UUID

  init(_ record: ImpactRecord) {
    requestedAt = record.requestedAt
    id = record.id
  }
}
