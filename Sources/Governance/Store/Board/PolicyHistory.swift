public import Board
public import Events
public import Foundation
public import Model
import Postgres

/// A version of the policy, and how it came about.
public struct PolicyHistoryEntry: Sendable, Hashable {
  /// From 1.
  public let version: Int64
  /// From when on it is in force, unless a later one is.
  public let effectiveAt: Timestamp
  /// How it came about.
  public let origin: BoardVersion.Origin
  /// The proposal that it was; nil where it was applied directly.
  public let proposal: UUID?
  /// The version that was decided, where this one only carries it behind an emergency restriction.
  public let carries: Int64?
  /// Who wrote it: who applied it, or whose vote closed the ballot; the clock where the deadline did.
  public let principal: String
  /// When it was written.
  public let createdAt: Timestamp
  /// The policy's name.
  public let name: String
  /// The document.
  public let spec: PolicySpec
  /// SHA-256 of the document, hexadecimal, as the audit trail has it.
  public let digest: String
  /// Whether it is the one in force.
  public let isInForce: Bool
  /// The later version that has its place, or will have it from its own date on; nil for none.
  public let supersededBy: Int64?

  fileprivate init(row: PostgresRow) throws {
    version = try row.decode("version")
    effectiveAt = Timestamp(try row.decode(Date.self, "effective_at"))
    origin = BoardVersion.Origin(rawValue: try row.decode("origin")) ?? .applied
    proposal = try row.decode("proposal")
    carries = try row.decode("carries")
    principal = try row.decode("principal")
    createdAt = Timestamp(try row.decode(Date.self, "created_at"))
    name = try row.decode("name")
    spec = try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    digest = try BoardDetail.digest(of: spec)
    isInForce = try row.decode("in_force")
    supersededBy = try row.decode("superseded_by")
  }
}

extension GovernanceStore {
  /// The versions of the policy, the latest first.
  public func policyVersions(limit: Int = 100, cursor: String? = nil) async throws -> Page<PolicyHistoryEntry> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let rows = try await pool.withConnection {
      try await $0.query(
        "\(Self.selectHistory) WHERE v.version < \(before) ORDER BY v.version DESC LIMIT \(limit + 1)")
    }
    return try Page(rows.map { try PolicyHistoryEntry(row: $0) }, limit: limit, key: \.version)
  }

  /// One version of the policy.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func policyVersion(_ number: Int64) async throws -> PolicyHistoryEntry {
    let rows = try await pool.withConnection { try await $0.query("\(Self.selectHistory) WHERE v.version = \(number)") }
    guard let row = rows.first else { throw StoreError.noVersion(number) }
    return try PolicyHistoryEntry(row: row)
  }

  /// The version that was, or will be, in force at a moment, as things stand; nil before the first.
  public func policyVersion(inForceAt moment: Timestamp?) async throws -> PolicyHistoryEntry? {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        \(Self.selectHistory) WHERE v.version = (
          SELECT max(version) FROM policy_versions
          WHERE effective_at <= coalesce(\(moment?.date), clock_timestamp()))
        """)
    }
    return try rows.first.map { try PolicyHistoryEntry(row: $0) }
  }

  private static let selectHistory: PostgresQuery = """
    SELECT v.version, v.effective_at, coalesce(o.origin, 'applied') AS origin, o.proposal,
      CASE WHEN o.origin = 'carried' THEN (SELECT max(d.version) FROM policy_origins d
        WHERE d.version < v.version AND d.proposal = o.proposal) END AS carries, v.principal, v.created_at,
      r.name, v.document, v.version = coalesce((\(inForce)), 0) AS in_force,
      (SELECT w.version FROM policy_versions w WHERE w.version > v.version
        ORDER BY greatest(w.effective_at, v.effective_at), w.version DESC LIMIT 1) AS superseded_by
    FROM policy_versions v JOIN resources r ON r.uid = v.resource LEFT JOIN policy_origins o ON o.version = v.version
    """
}
