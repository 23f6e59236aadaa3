import Board
import Events
import Foundation
import Logging
import Model
import Postgres
import Trail

/// What is known of what a proposal would change, as the audit trail keeps it with each vote.
struct KnownImpact: Encodable {
  var state: String
  /// SHA-256 of the latest result, hexadecimal; nil where there is none yet.
  var digest: String?
  /// The moment that it was true of.
  var asOf: Timestamp?
  /// What it was worked out on; nil where there is none yet.
  var ground: ToldImpact.Ground?

  init(_ record: ImpactRecord) {
    state = record.state.rawValue
    digest = record.result?.digest
    asOf = record.result?.asOf
    ground = record.result.map { result in
      ToldImpact.Ground(
        policyVersion: result.policyVersion, offerVersion: result.offerVersion,
        snapshotDigest: result.snapshotDigest, day: result.day.description, effectiveAt: record.effectiveAt)
    }
  }
}

extension GovernanceStore {
  /// As what the impact of a proposal is asked for.
  static func impactSubject(of proposal: UUID) -> String { "proposal/\(proposal.uuidString.lowercased())" }

  /// Asks what a proposal would change, in the transaction that proposes it.
  static func question(
    of proposal: Proposal, at moment: BoardMoment, _ context: RequestContext, id: UUID
  ) throws -> PostgresQuery {
    """
    INSERT INTO impacts (id, subject, document, principal, follows, effective_at)
    VALUES (\(id), \(impactSubject(of: proposal.id)), \(try PostgresJSON(model: proposal.spec)),
      \(context.principal), true, \(impactDate(of: proposal, at: moment)?.date))
    """
  }

  /// The moment that the impact of a proposal is to be of; nil for now. An emergency restriction that it is not based on may have
  /// it wait longer than it says.
  private static func impactDate(of proposal: Proposal, at moment: BoardMoment) -> Timestamp? {
    guard proposal.kind == .version else { return proposal.effectiveAt }
    let meant = proposal.effect(ratifiedAt: moment.at)
    let date = moment.line.date(of: proposal.base, meantFor: meant)
    return date > meant ? date : proposal.effectiveAt
  }

  private static let openProposals: PostgresQuery = "FROM policy_proposals WHERE state = 'open'"

  /// Takes the questions of all open proposals, before anything that whoever works on one of them may hold besides.
  func holdQuestions(in connection: PostgresConnection) async throws {
    try await connection.execute(
      """
      SELECT id FROM impacts WHERE subject IN (SELECT 'proposal/' || id::text \(Self.openProposals))
      ORDER BY id FOR NO KEY UPDATE
      """)
  }

  /// Asks anew what open proposals would change whose date is another one since versions were written: what was found, or is being
  /// worked out, is of the wrong moment.
  func redateQuestions(in connection: PostgresConnection) async throws {
    let rows = try await connection.query("SELECT \(StoredProposal.columns) \(Self.openProposals) ORDER BY number")
    guard !rows.isEmpty else { return }
    let moment = try await boardMoment(in: connection)
    var proposals: [Proposal] = []
    for row in rows {
      do {
        proposals.append(try StoredProposal(row: row).proposal)
      } catch {
        // One that can not be read keeps no other vote from ending; verification tells of it, too.
        logger.warning("An open proposal can not be read", metadata: ["error": "\(error)"])
      }
    }
    let (subjects, dates) = (
      proposals.map { Self.impactSubject(of: $0.id) }, proposals.map { Self.impactDate(of: $0, at: moment)?.date }
    )
    let redated: PostgresQuery = """
      unnest(\(subjects), \(dates)) AS d (subject, date)
      WHERE i.subject = d.subject AND i.follows AND i.effective_at IS DISTINCT FROM d.date
      """
    // What was found is of another moment: nobody votes on it, and no end takes it for what was voted on. Somebody may be
    // reading it.
    try await connection.pipeline([
      Self.keep(resultsWhere: "digest IN (SELECT i.result FROM impacts i, \(redated))"),
      """
      UPDATE impacts i SET effective_at = d.date, state = 'waiting', claims_at_result = claim, result = NULL, as_of = NULL
      FROM \(redated)
      """,
      "SELECT pg_notify(\(Self.impactChannel), '')",
    ])
  }

  /// The latest impact of each of these proposals that has one.
  func impacts(of proposals: [UUID], in connection: PostgresConnection) async throws -> [UUID: ImpactRecord] {
    let subjects = Dictionary(proposals.map { (Self.impactSubject(of: $0), $0) }) { first, _ in first }
    let rows = try await connection.query(
      """
      \(ImpactRecord.select) WHERE i.id IN (
        SELECT DISTINCT ON (subject) id FROM impacts WHERE subject = ANY(\(subjects.keys.sorted()))
        ORDER BY subject, requested_at DESC, id)
      """)
    let records = try rows.map { try ImpactRecord(row: $0) }
    return Dictionary(records.compactMap { record in record.subject.flatMap { subjects[$0] }.map { ($0, record) } }) {
      first, _ in first
    }
  }

  /// Whether somebody works out, or is to, what a proposal would change, and nobody knows so far.
  func isImpactAwaited(of proposal: UUID, in connection: PostgresConnection) async throws -> Bool {
    guard let known = try await impacts(of: [proposal], in: connection)[proposal] else { return false }
    return known.result == nil && (known.state == .waiting || known.state == .running)
  }

  /// What the audit trail is told of a proposal's impact. Until the transaction's end it stays so, and the result that is
  /// named is kept for good.
  func knownImpact(of proposal: UUID, in connection: PostgresConnection) async throws -> KnownImpact? {
    let subject = Self.impactSubject(of: proposal)
    try await connection.pipeline([
      "SELECT id FROM impacts WHERE subject = \(subject) ORDER BY id FOR NO KEY UPDATE",
      """
      UPDATE impact_results r SET named_at = clock_timestamp() FROM impacts i
      WHERE i.subject = \(subject) AND r.digest = i.result AND r.named_at IS NULL
      """,
    ])
    return try await impacts(of: [proposal], in: connection)[proposal].map { KnownImpact($0) }
  }
}
