import Board
import Events
import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// The moment as the board's rules see it, by the database's clock.
  func boardMoment(in connection: PostgresConnection) async throws -> BoardMoment {
    let answers = try await connection.pipeline([
      """
      SELECT name, coalesce(spec -> 'representatives', '[]') AS representatives FROM resources
      WHERE kind = 'Operator' AND deleted_at IS NULL
      """,
      // One reading of the clock: whatever has its date by then is in force, and the rest is awaited.
      """
      WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
      SELECT clock.now, (SELECT policies_told FROM epoch) AS told, v.version, v.effective_at, v.document,
        coalesce(o.origin, 'applied') AS origin,
        CASE WHEN o.origin IN ('emergencyEnd', 'carried') THEN ARRAY(
          SELECT w.version FROM policy_versions w WHERE w.version < v.version AND w.document = v.document
          ORDER BY w.version)
        WHEN o.origin = 'emergency' THEN ARRAY(
          SELECT w.version FROM policy_versions w JOIN policy_origins p ON p.version = w.version
          WHERE p.origin = 'emergency' AND w.version < v.version AND w.document = v.document
          ORDER BY w.version) END AS alike,
        CASE WHEN o.origin = 'emergencyEnd' THEN ARRAY(
          SELECT w.version FROM policy_versions w JOIN policy_origins p ON p.version = w.version
          JOIN policy_versions e ON e.version = v.version - 1 AND e.document = w.document
          WHERE p.origin = 'emergency' AND w.version < v.version - 1 ORDER BY w.version) END AS ends
      FROM clock LEFT JOIN policy_versions v
        ON v.version >= (SELECT max(version) FROM policy_versions WHERE effective_at <= clock.now)
      LEFT JOIN policy_origins o ON o.version = v.version ORDER BY v.version
      """,
    ])
    guard let first = answers[1].first else { throw StoreError.noVersion(0) }
    let versions = try answers[1].compactMap { row -> BoardVersion? in
      guard let version = try row.decode(Int64?.self, "version") else { return nil }
      return BoardVersion(
        version: version, effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")),
        origin: BoardVersion.Origin(rawValue: try row.decode("origin")) ?? .applied,
        spec: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self),
        alike: try row.decode([Int64]?.self, "alike") ?? [], ends: try row.decode([Int64]?.self, "ends") ?? [])
    }
    let named = try answers[0].map { row in
      (
        try row.decode(String.self, "name"),
        try row.decode(PostgresJSON.self, "representatives").model([OperatorSpec.Representative].self)
      )
    }
    return BoardMoment(
      at: Timestamp(try first.decode(Date.self, "now")),
      electorate: Electorate(Dictionary(named, uniquingKeysWith: { first, _ in first })),
      line: VersionLine(versions, told: try first.decode("told")))
  }

  /// A stored draft or proposal.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  func stored(_ id: UUID, locked: Bool, in connection: PostgresConnection) async throws -> StoredProposal {
    let select: PostgresQuery = "SELECT \(StoredProposal.columns) FROM policy_proposals WHERE id = \(id)"
    guard let row = try await connection.query(locked ? "\(select) FOR UPDATE" : select).first else {
      throw StoreError.noProposal(id)
    }
    return try StoredProposal(row: row)
  }

  /// The text of a version.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  func document(of version: Int64, in connection: PostgresConnection) async throws -> PolicySpec {
    let rows = try await connection.query("SELECT document FROM policy_versions WHERE version = \(version)")
    guard let row = rows.first else { throw StoreError.noVersion(version) }
    return try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
  }

  func policyName(in connection: PostgresConnection) async throws -> String {
    try await connection.query("SELECT name FROM resources WHERE kind = 'Policy' AND deleted_at IS NULL").only
      .decode("name")
  }

  /// Stores what a proposal has become, and what follows from it.
  func store(
    _ proposal: Proposal, after present: StoredProposal, _ actions: [BoardAction], at moment: BoardMoment,
    context: RequestContext, in connection: PostgresConnection
  ) async throws {
    var statements: [PostgresQuery] = [
      """
      UPDATE policy_proposals SET state = \(proposal.state.rawValue), revision = revision + 1,
        closes_at = \(proposal.closesAt?.date), body = \(try PostgresJSON(model: proposal)), updated_at = \(moment.at.date)
      WHERE id = \(proposal.id)
      """
    ]
    let isWritten = actions.contains { if case .write = $0 { true } else { false } }
    if isWritten { try await holdQuestions(in: connection) }
    var detail = BoardDetail(proposal)
    detail.before = try BoardDetail.Before(present.proposal)
    switch (present.proposal.state, proposal.state) {
    case (.draft, .open): statements.append(try Self.question(of: proposal, at: moment, context, id: mint()))
    case (.open, .open): detail.impact = try await knownImpact(of: proposal.id, in: connection)
    case (.open, _):
      detail.impact = try await knownImpact(of: proposal.id, in: connection)
      statements.append(Self.settle(Self.impactSubject(of: proposal.id)))
    default: break
    }
    for action in actions {
      switch action {
      case .keep(let vote):
        detail.vote = vote
        detail.before?.vote = present.proposal.votes.first { $0.operator == vote.operator }.map { AuditedVote($0) }
        statements.append(
          """
          INSERT INTO policy_votes (proposal, operator, choice, reason, principal, at)
          VALUES (\(proposal.id), \(vote.operator), \(vote.choice.rawValue), \(vote.reason), \(vote.principal),
            \(vote.at.date))
          """)
      case .say(let comment):
        detail.comment = BoardDetail.Said(comment)
        statements.append(
          """
          INSERT INTO policy_comments (proposal, operator, principal, body, at)
          VALUES (\(proposal.id), \(comment.operator), \(comment.principal), \(comment.text), \(comment.at.date))
          """)
      case .write(let versions):
        let carried = try await Self.proposals(of: versions.compactMap(\.carries), in: connection)
        detail.versions = try versions.map { version in
          try BoardDetail.Written(version, of: version.carries.flatMap { carried[$0] } ?? proposal.id)
        }
        for version in versions { statements += try Self.write(version, of: proposal, context) }
      case .tell(let deed):
        statements.append(try detail.entry(deed.rawValue, at: moment.at, context))
      }
    }
    if let state = ProposalFact.State(rawValue: proposal.state.rawValue) {
      let writer = try await FactWriter(at: moment.at, traceparent: context.traceparent, mint: mint, in: connection)
      let revision = present.revision + 1
      statements += try tell(actions, on: proposal.id, revision: revision, by: writer)
      if state.rawValue != present.proposal.state.rawValue || actions.contains(.tell(.prolonged)) {
        statements += [try tell(of: proposal, revision: revision, by: writer)].compactMap(\.self)
      }
    }
    try await connection.pipeline(statements)
    guard isWritten else { return }
    try await tellForeseen(actions, of: proposal.id, at: moment.at, in: connection)
    try await tellEffects(context: context, in: connection)
    try await tellVersions(context: context, in: connection)
    try await redateQuestions(in: connection)
  }

  /// The proposals that these versions were.
  private static func proposals(of versions: [Int64], in connection: PostgresConnection) async throws -> [Int64: UUID] {
    guard !versions.isEmpty else { return [:] }
    let rows = try await connection.query(
      "SELECT version, proposal FROM policy_origins WHERE version = ANY(\(versions))")
    return Dictionary(
      try rows.map { (try $0.decode(Int64.self, "version"), try $0.decode(UUID.self, "proposal")) },
      uniquingKeysWith: { first, _ in first })
  }

  private static func write(
    _ version: BoardVersion, of proposal: Proposal, _ context: RequestContext
  ) throws -> [PostgresQuery] {
    [
      """
      INSERT INTO policy_versions (version, resource, effective_at, document, principal)
      SELECT \(version.version), uid, \(version.effectiveAt.date), \(try PostgresJSON(model: version.spec)),
        \(context.principal)
      FROM resources WHERE kind = 'Policy' AND deleted_at IS NULL
      """,
      """
      INSERT INTO policy_origins (version, origin, proposal)
      SELECT \(version.version), \(version.origin.rawValue),
        coalesce((SELECT proposal FROM policy_origins WHERE version = \(version.carries)), \(proposal.id))
      """,
    ]
  }
}
