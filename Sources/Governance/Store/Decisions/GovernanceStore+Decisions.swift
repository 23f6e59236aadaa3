import Events
public import Foundation
import Model
import Placement
import Postgres

extension GovernanceStore {
  /// What names one decision: whatever version of the program has made it.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func summary(ofDecision id: UUID) async throws -> DecisionSummary {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT \(DecisionSummary.columns) FROM decisions d WHERE d.id = \(id)")
    }
    guard let row = rows.first else { throw StoreError.noDecision(id) }
    return try DecisionSummary(row: row)
  }

  /// One decision with its inputs.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func decision(_ id: UUID) async throws -> DecisionRecord {
    guard let record = try await record("d.id = \(id)") else { throw StoreError.noDecision(id) }
    return record
  }

  /// The latest decision on a project; nil when none was made.
  public func latestDecision(project: String) async throws -> DecisionRecord? {
    try await record(
      "d.number = (SELECT max(number) FROM decisions WHERE project = \(project)) AND d.project = \(project)")
  }

  /// Makes a stored decision again, from what is stored alone, and compares byte for byte.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`; `conflict` as ``explanation(of:)``.
  public func replay(_ id: UUID) async throws -> ReplayResult {
    let record = try await decision(id)
    return try await LongWork.run { try record.replay() }
  }

  /// A stored decision, explained as it was made.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, `conflict` where this program can not read it, or what it was made on is not
  ///   any more what its digests name.
  public func explanation(of id: UUID) async throws -> DecisionRecord.Explained {
    let record = try await decision(id)
    return try await LongWork.run { try record.explained() }
  }

  /// The decision of an answer that is committed, explained as ``explanation(of:)``; where what it was made on is not any more
  /// what its digests name, by what is stored of it alone. Whoever has asked is told what was decided all the same, and
  /// nothing that other contents would have come to.
  func explanation(ofCommitted id: UUID) async throws -> DecisionRecord.Explained {
    guard let record = try await record("d.id = \(id)", comparesDigests: false) else { throw StoreError.noDecision(id) }
    return try await LongWork.run { try record.explained() }
  }

  /// The decision that chose the chain of a placement, where that is a later one than the decision that made its revision, and
  /// its explanation, where this program can read it; nil where it is the same decision, and where it is not known.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where what it was made on is not any more what its digests name.
  public func chainChoice(
    of placement: PlacementRecord
  ) async throws -> (decision: DecisionSummary, explained: DecisionRecord.Explained?)? {
    guard let id = placement.chainDecision else { return nil }
    let decision = try await summary(ofDecision: id)
    do {
      return (decision, try await explanation(of: id))
    } catch let error as StoreError where error == StoreError.ofAnotherForm(decision) {
      return (decision, nil)
    }
  }

  /// Decisions, on one project or on all, newest first; with `projects` only what is of these.
  public func decisions(
    project: String? = nil, of projects: [String]? = nil, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<DecisionSummary> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    let one: PostgresQuery = project.map { "AND project = \($0)" } ?? ""
    let restriction: PostgresQuery = projects.map { "\(one) AND project = ANY(\($0))" } ?? one
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(DecisionSummary.columns) FROM decisions d WHERE number < \(before) \(restriction)
        ORDER BY number DESC LIMIT \(limit + 1)
        """)
    }
    return try Page(rows.map { try DecisionSummary(row: $0) }, limit: limit, key: \.number)
  }

  /// What is read of a decision while a connection is held; all that takes long comes after.
  private struct Stored {
    var summary: DecisionSummary
    var document: [UInt8]
    var day: String
    var row: PostgresRow
    var source: Source
    /// Whether it is refused where what it names by its digest is something else, or is gone.
    var comparesDigests: Bool

    /// What explains it.
    enum Source {
      case engine(Engine)
      case parts(offer: [UInt8], policy: PolicySpec)
      /// Another engine's: the offer alone.
      case foreign(offer: [UInt8])
    }
  }

  private func record(_ condition: PostgresQuery, comparesDigests: Bool = true) async throws -> DecisionRecord? {
    let stored = try await pool.withConnection { connection -> Stored? in
      let rows = try await connection.query(
        """
        SELECT \(DecisionSummary.columns), d.inputs, d.decision, d.day::text AS day, d.stale_zones, d.ledger_delta,
          d.ledger_checkpoint, c.bytes AS checkpoint, md5(v.document::text) AS policy_digest
        FROM decisions d LEFT JOIN ledger_checkpoints c ON c.digest = d.ledger_checkpoint
          LEFT JOIN policy_versions v ON v.version = d.policy_version
        WHERE \(condition)
        """)
      guard let row = rows.first else { return nil }
      let summary = try DecisionSummary(row: row)
      guard let day = try row.decode(String?.self, "day") else { throw StoreError.ofAnotherForm(summary) }
      return Stored(
        summary: summary, document: try row.decode("decision"), day: day, row: row,
        source: try await source(of: summary, day: day, row, in: connection), comparesDigests: comparesDigests)
    }
    guard let stored else { return nil }
    return DecisionRecord(
      summary: stored.summary, canonicalBytes: stored.document, ground: try await ground(of: stored))
  }

  private func source(
    of summary: DecisionSummary, day: String, _ row: PostgresRow, in connection: PostgresConnection
  ) async throws -> Stored.Source {
    let isOurs = summary.engineVersion == EngineVersion.current
    if isOurs, let known = engines.find(try Self.key(summary, day, row)) { return .engine(known) }
    let answers = try await connection.pipeline([
      "SELECT bytes FROM offer_snapshots WHERE digest = \(try row.decode([UInt8].self, "snapshot_digest"))",
      "SELECT document FROM policy_versions WHERE version = \(summary.policyVersion)",
    ])
    // What is gone is not what the digest names either.
    let offer = try answers[0].first?.decode([UInt8].self, "bytes") ?? []
    guard isOurs else { return .foreign(offer: offer) }
    return .parts(
      offer: offer, policy: try answers[1].only.decode(PostgresJSON.self, "document").model(PolicySpec.self))
  }

  /// What a decision's engine is made of.
  private static func key(_ summary: DecisionSummary, _ day: String, _ row: PostgresRow) throws -> EngineCache.Key {
    EngineCache.Key(
      offer: try row.decode("snapshot_digest"), policy: summary.policyVersion,
      document: try row.decode("policy_digest"), day: try self.day(day))
  }

  private func ground(of stored: Stored) async throws -> DecisionRecord.Ground {
    let summary = stored.summary
    let isStrict = stored.comparesDigests
    let digest = try stored.row.decode([UInt8].self, "snapshot_digest")
    do {
      switch stored.source {
      case .foreign(let offer):
        return .document(
          try await LongWork.run {
            // Numbers of clusters say nothing by another offer than that of then.
            guard try Self.isNamed(offer, by: digest, of: summary, isStrict) else { return Offer() }
            return try Self.offer(offer)
          })
      case .engine(let engine): return try ground(of: stored, by: engine)
      case .parts(let offer, let policy):
        let key = try Self.key(stored.summary, stored.day, stored.row)
        let made = try await LongWork.run { [engines] () throws -> Engine? in
          guard try Self.isNamed(offer, by: digest, of: summary, isStrict) else { return nil }
          let engine = Engine(
            offer: try Self.offer(offer), policy: EffectivePolicy(version: key.policy, spec: policy), day: key.day)
          engines.keep(engine, as: key)
          return engine
        }
        guard let made else { return .document(Offer()) }
        return try ground(of: stored, by: made)
      }
    } catch let error where error is DecodingError || error is CompactReader.Malformed {
      throw StoreError.ofAnotherForm(stored.summary)
    }
  }

  private func ground(of stored: Stored, by engine: Engine) throws -> DecisionRecord.Ground {
    guard let inputs = try inputs(of: stored) else { return .document(engine.offer) }
    return .engine(inputs, engine)
  }

  private static func offer(_ bytes: [UInt8]) throws -> Offer {
    try ModelJSON.decoder.decode(Offer.self, from: Data(bytes))
  }

  /// Whether these bytes are what a decision names by their digest: explained by others, it would not be as it was made.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where they are not, and it is refused then (`isStrict`).
  private static func isNamed(
    _ bytes: [UInt8], by digest: [UInt8], of summary: DecisionSummary, _ isStrict: Bool
  ) throws -> Bool {
    let isNamed = Digest.sha256(bytes) == digest
    if isStrict, !isNamed { throw StoreError.ofOtherContents(summary) }
    return isNamed
  }

  /// What was asked of the engine; nil where the ledger is not any more what its digest names.
  private func inputs(of stored: Stored) throws -> DecisionInputs? {
    let row = stored.row
    let checkpoint = try row.decode([UInt8]?.self, "checkpoint") ?? []
    let digest = try row.decode([UInt8].self, "ledger_checkpoint")
    guard try Self.isNamed(checkpoint, by: digest, of: stored.summary, stored.comparesDigests) else { return nil }
    let ledger = try LedgerCheckpoint(bytes: checkpoint).ledger(row.decode("ledger_delta"))
    let request = try ModelJSON.decoder.decode(DecisionRequest.self, from: Data(row.decode([UInt8].self, "inputs")))
    return DecisionInputs(
      request: request, ledger: ledger, staleZones: try row.decode("stale_zones"), day: try Self.day(stored.day))
  }
}

extension StoreError {
  /// There is no such decision, or none that may be known of.
  public static func noDecision(_ id: UUID) -> StoreError {
    StoreError(
      .notFound, path: "id", "there is no decision \(id.uuidString.lowercased())",
      fr: "il n’existe pas de décision \(id.uuidString.lowercased())")
  }

  /// Written by another version of the program, in a form that this one does not know.
  static func ofAnotherForm(_ summary: DecisionSummary) -> StoreError {
    let id = summary.id.uuidString.lowercased()
    return StoreError(
      .conflict, path: "id", "decision \(id), made by \(summary.engineVersion), is stored in a form not known here",
      fr: "la décision \(id), prise par \(summary.engineVersion), est conservée sous une forme inconnue ici",
      accepted: "a version of this program that knows \(summary.engineVersion)")
  }

  /// The offer or the ledger that it names by a digest is another one by now, or is there no more.
  static func ofOtherContents(_ summary: DecisionSummary) -> StoreError {
    let id = summary.id.uuidString.lowercased()
    return StoreError(
      .conflict, path: "id",
      "what decision \(id) was made on is not what its digest names: it was changed since, or damaged",
      fr: "ce sur quoi la décision \(id) a été prise n’est pas ce que nomme son empreinte : modifié depuis, ou abîmé")
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
