public import Events
import Foundation
import Logging
import Model
public import Policy
import Postgres

/// A difference between the ledger and another book, and since when it is known.
public struct KnownLedgerDifference: Sendable, Hashable {
  /// The difference.
  public var difference: LedgerDifference
  /// When it was found, by the database's clock.
  public var foundAt: Timestamp
}

/// A finding about the books: a difference between the ledger and what reservations hold, or quotas enforce, until it ends.
public struct LedgerFinding: Sendable, Hashable {
  /// Counts them; some numbers may be left out.
  public var number: Int64
  /// The difference as it was seen last.
  public var difference: LedgerDifference
  /// When it was found, by the database's clock.
  public var foundAt: Timestamp
  /// When it had ended; nil while it lasts.
  public var endedAt: Timestamp?
}

/// What a look at the ledger has found.
public struct LedgerCheck: Sendable, Hashable {
  /// All that differs now.
  public var differences: [LedgerDifference]
  /// What of it was not known.
  public var opened: [LedgerDifference]
  /// How many have ended.
  public var ended: Int
}

extension GovernanceStore {
  /// Compares what the ledger says with what reservations hold, both of one moment, and writes down what has changed of their
  /// differences; what is new or has ended goes into the audit trail with it, and what is new into the log. The ledger is left
  /// as it is.
  public func checkLedger() async throws -> LedgerCheck {
    let found = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      try await CapacityBooks(withUse: false, in: $0).differences
    }
    let answers = try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        // The numbers of a difference that lasts are those of now, and the moment is of when it began. Two instances that
        // look at once write the same.
        """
        INSERT INTO ledger_differences AS d (cluster, resource, ledger, held)
        SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue)), \(found.map(\.ledger)),
          \(found.map(\.held)))
        ON CONFLICT (cluster, resource) WHERE ended_at IS NULL DO UPDATE SET ledger = excluded.ledger,
          held = excluded.held
        RETURNING \(LedgerDifference.ofReservations), (xmax = 0) AS fresh
        """,
        """
        UPDATE ledger_differences SET ended_at = clock_timestamp()
        WHERE ended_at IS NULL AND NOT (cluster, resource) IN (
          SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue))))
        RETURNING \(LedgerDifference.ofReservations)
        """,
        "SELECT clock_timestamp() AS now",
      ])
      let now = Timestamp(try answers[2].only.decode(Date.self, "now"))
      let opened = try answers[0].filter { try $0.decode(Bool.self, "fresh") }.map(LedgerDifference.init(row:))
      let ended = try answers[1].map { try LedgerDifference(row: $0) }
      try await Self.audit(opened: opened, ended: ended, at: now, in: connection)
      return answers
    }
    let fresh = Set(
      try answers[0].filter { try $0.decode(Bool.self, "fresh") }.map {
        "\(try $0.decode(String.self, "cluster"))/\(try $0.decode(String.self, "resource"))"
      })
    let opened = found.filter { fresh.contains("\($0.cluster)/\($0.resource.rawValue)") }
    for difference in opened {
      logger.error(
        "The ledger says that something else is promised than what reservations hold; nothing is mended by itself",
        metadata: [
          "cluster": "\(difference.cluster)", "resource": "\(difference.resource.rawValue)",
          "ledger": "\(difference.ledger)", "held": "\(difference.held)",
        ])
    }
    return LedgerCheck(differences: found, opened: opened, ended: answers[1].count)
  }

  /// Writes into the audit trail what of the books was found, and what has ended.
  static func audit(
    opened: [LedgerDifference], ended: [LedgerDifference], at now: Timestamp, in connection: PostgresConnection
  ) async throws {
    let rows = try (opened.map { ("opened", $0) } + ended.map { ("resolved", $0) }).map { action, difference in
      try AuditWriter.row(
        at: now, context: accountant, action: action, kind: "LedgerFinding", name: difference.cluster,
        detail: LedgerDetail(difference))
    }
    if !rows.isEmpty { try await connection.execute(AuditWriter.insert(rows)) }
  }

  /// Findings about the books, the latest first: those that last, or those that have ended.
  public func ledgerFindings(
    ended: Bool, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<LedgerFinding> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        (SELECT id, \(LedgerDifference.ofReservations), found_at, ended_at FROM ledger_differences
          WHERE (ended_at IS NOT NULL) = \(ended) AND id < \(before) ORDER BY id DESC LIMIT \(limit + 1))
        UNION ALL
        (SELECT id, \(LedgerDifference.ofQuotas), found_at, ended_at FROM quota_differences
          WHERE (ended_at IS NOT NULL) = \(ended) AND id < \(before) ORDER BY id DESC LIMIT \(limit + 1))
        ORDER BY id DESC LIMIT \(limit + 1)
        """)
    }
    let findings = try rows.map { row in
      LedgerFinding(
        number: try row.decode("id"), difference: try LedgerDifference(row: row),
        foundAt: Timestamp(try row.decode(Date.self, "found_at")),
        endedAt: try row.decode(Date?.self, "ended_at").map(Timestamp.init))
    }
    return try Page(findings, limit: limit, key: \.number)
  }

  /// Who compares: nobody asks for it.
  private static let accountant = RequestContext(principal: "governance:clock")

  /// Since when differences are known, by kind, cluster and resource.
  public func knownLedgerDifferences() async throws -> [KnownLedgerDifference] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT * FROM (
          SELECT \(LedgerDifference.ofReservations), found_at, id FROM ledger_differences WHERE ended_at IS NULL
          UNION ALL
          SELECT \(LedgerDifference.ofQuotas), found_at, id FROM quota_differences WHERE ended_at IS NULL) AS d
        ORDER BY kind DESC, cluster COLLATE "C", id
        """)
    }
    return try rows.map { row in
      KnownLedgerDifference(
        difference: try LedgerDifference(row: row), foundAt: Timestamp(try row.decode(Date.self, "found_at")))
    }
  }
}

/// What the audit trail keeps of such a finding.
private struct LedgerDetail: Encodable {
  /// Absent where reservations are meant, as it was before anything else was compared.
  var kind: String?
  var resource: String
  var ledger: Int64
  var held: Int64

  init(_ difference: LedgerDifference) {
    kind = difference.kind == .reservations ? nil : difference.kind.rawValue
    (resource, ledger, held) = (difference.resource.rawValue, difference.ledger, difference.held)
  }
}

extension LedgerDifference {
  /// Columns of `ledger_differences` that ``init(row:)`` reads.
  static let ofReservations: PostgresQuery = """
    'reservations' AS kind, cluster, resource, ledger, held, '[]'::jsonb AS placements, 0::bigint AS omitted
    """
  /// Columns of `quota_differences` that ``init(row:)`` reads.
  static let ofQuotas: PostgresQuery = "'quotas' AS kind, cluster, resource, ledger, held, placements, omitted"

  init(row: PostgresRow) throws {
    self.init(
      kind: try row.known("kind"), cluster: try row.decode("cluster"), resource: try row.known("resource"),
      ledger: try row.decode("ledger"), held: try row.decode("held"),
      placements: try row.decode(PostgresJSON.self, "placements").decode([Part].self),
      omitted: try row.decode("omitted"))
  }
}
