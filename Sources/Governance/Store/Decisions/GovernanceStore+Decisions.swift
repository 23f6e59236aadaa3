import Events
public import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// One decision with its inputs.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func decision(_ id: UUID) async throws -> DecisionRecord {
    guard let record = try await record("d.id = \(id)") else {
      throw StoreError(
        .notFound, path: "id", "there is no decision \(id.uuidString.lowercased())",
        fr: "il n’existe pas de décision \(id.uuidString.lowercased())")
    }
    return record
  }

  /// The latest decision on a project; nil when none was made.
  public func latestDecision(project: String) async throws -> DecisionRecord? {
    try await record(
      "d.number = (SELECT max(number) FROM decisions WHERE project = \(project)) AND d.project = \(project)")
  }

  /// Decisions, on one project or on all, newest first.
  public func decisions(
    project: String? = nil, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<DecisionSummary> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let restriction: PostgresQuery = project.map { "AND project = \($0)" } ?? ""
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(DecisionSummary.columns) FROM decisions d WHERE number < \(before) \(restriction)
        ORDER BY number DESC LIMIT \(limit + 1)
        """)
    }
    return try Page(rows.map { try DecisionSummary(row: $0) }, limit: limit, key: \.number)
  }

  private func record(_ condition: PostgresQuery) async throws -> DecisionRecord? {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(DecisionSummary.columns), d.inputs, d.decision, s.bytes, v.document
        FROM decisions d JOIN offer_snapshots s ON s.digest = d.snapshot_digest
        JOIN policy_versions v ON v.version = d.policy_version WHERE \(condition)
        """)
    }
    return try rows.first.map { try DecisionRecord(row: $0) }
  }
}

extension DecisionSummary {
  /// Columns that ``init(row:)`` reads, of `decisions d`.
  static let columns: PostgresQuery = """
    d.id, d.number, d.project, d.placed, d.attempts, d.engine_version, d.policy_version, d.snapshot_digest, d.epoch,
    d.principal, d.decided_at
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), number: try row.decode("number"), project: try row.decode("project"),
      placed: try row.decode("placed"), attempts: Int(try row.decode(Int32.self, "attempts")),
      engineVersion: try row.decode("engine_version"), policyVersion: try row.decode("policy_version"),
      snapshotDigest: Digest.hexadecimal(try row.decode("snapshot_digest")), epoch: try row.decode("epoch"),
      principal: try row.decode("principal"), decidedAt: Timestamp(try row.decode(Date.self, "decided_at")))
  }
}

extension DecisionRecord {
  fileprivate init(row: PostgresRow) throws {
    let summary = try DecisionSummary(row: row)
    let bytes = try row.decode([UInt8].self, "decision")
    self.init(
      summary: summary, decision: try ModelJSON.decoder.decode(Decision.self, from: Data(bytes)),
      canonicalBytes: bytes,
      inputs: try ModelJSON.decoder.decode(DecisionInputs.self, from: Data(try row.decode([UInt8].self, "inputs"))),
      offer: try ModelJSON.decoder.decode(Offer.self, from: Data(try row.decode([UInt8].self, "bytes"))),
      policy: EffectivePolicy(
        version: summary.policyVersion,
        spec: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)))
  }
}
