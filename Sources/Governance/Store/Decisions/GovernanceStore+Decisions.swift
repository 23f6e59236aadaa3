import Events
public import Foundation
import Model
public import Placement
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

  /// Makes a stored decision again, from what is stored alone, and compares byte for byte.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func replay(_ id: UUID) async throws -> ReplayResult {
    try await decision(id).replay()
  }

  /// A stored decision with the verdict of every cluster.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func explanation(of id: UUID) async throws -> Explanation {
    try await decision(id).explanation()
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
    try await pool.withConnection { connection in
      let rows = try await connection.query(
        """
        SELECT \(DecisionSummary.columns), d.inputs, d.decision, d.day::text AS day, d.stale_zones, d.ledger_delta,
          c.bytes AS checkpoint
        FROM decisions d LEFT JOIN ledger_checkpoints c ON c.digest = d.ledger_checkpoint WHERE \(condition)
        """)
      guard let row = rows.first else { return nil }
      let summary = try DecisionSummary(row: row)
      guard let day = try row.decode(String?.self, "day"), let checkpoint = try row.decode([UInt8]?.self, "checkpoint")
      else { throw StoreError.ofEarlierForm(summary) }
      let ledger = try LedgerCheckpoint(bytes: checkpoint).ledger(try row.decode("ledger_delta"))
      let request = try ModelJSON.decoder.decode(
        DecisionRequest.self, from: Data(try row.decode([UInt8].self, "inputs")))
      let inputs = DecisionInputs(
        request: request, ledger: ledger, staleZones: try row.decode("stale_zones"), day: try Self.day(day))
      return DecisionRecord(
        summary: summary, canonicalBytes: try row.decode("decision"), inputs: inputs,
        engine: try await engine(
          of: try row.decode("snapshot_digest"), policy: summary.policyVersion, on: inputs.day, in: connection))
    }
  }

  /// The engine of the offer and the policy that a decision was made on.
  private func engine(
    of digest: [UInt8], policy version: Int64, on day: CalendarDay, in connection: PostgresConnection
  ) async throws -> Engine {
    let key = EngineCache.Key(offer: digest, policy: version, day: day)
    if let known = engines.find(key) { return known }
    let answers = try await connection.pipeline([
      "SELECT bytes FROM offer_snapshots WHERE digest = \(digest)",
      "SELECT document FROM policy_versions WHERE version = \(version)",
    ])
    let bytes = Data(try answers[0].only.decode([UInt8].self, "bytes"))
    let policy = try answers[1].only.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let engine = try await LongWork.run {
      let offer = try ModelJSON.decoder.decode(Offer.self, from: bytes)
      return Engine(offer: offer, policy: EffectivePolicy(version: version, spec: policy), day: day)
    }
    engines.keep(engine, as: key)
    return engine
  }
}

extension StoreError {
  /// Written by a version of the program that was never released.
  fileprivate static func ofEarlierForm(_ summary: DecisionSummary) -> StoreError {
    StoreError(
      .conflict, path: "id", "decision \(summary.id.uuidString.lowercased()) is not stored with its inputs",
      fr: "la décision \(summary.id.uuidString.lowercased()) n’est pas conservée avec ses entrées")
  }
}

extension DecisionSummary {
  /// Columns that ``init(row:)`` reads, of `decisions d`.
  static let columns: PostgresQuery = """
    d.id, d.number, d.project, d.placed, d.attempts, d.moved, d.engine_version, d.policy_version, d.snapshot_digest,
    d.epoch, d.principal, d.decided_at
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), number: try row.decode("number"), project: try row.decode("project"),
      placed: try row.decode("placed"), attempts: Int(try row.decode(Int32.self, "attempts")),
      moved: try row.decode("moved"), engineVersion: try row.decode("engine_version"),
      policyVersion: try row.decode("policy_version"),
      snapshotDigest: Digest.hexadecimal(try row.decode("snapshot_digest")), epoch: try row.decode("epoch"),
      principal: try row.decode("principal"), decidedAt: Timestamp(try row.decode(Date.self, "decided_at")))
  }
}
