import Board
import Events
import Foundation
import Model
import Postgres

/// What is known of what a proposal would change, as the audit trail keeps it with each vote.
struct KnownImpact: Encodable {
  var state: String
  /// SHA-256 of the latest result, hexadecimal; nil where there is none yet.
  var digest: String?
  /// The moment that it was true of.
  var asOf: Timestamp?
}

extension GovernanceStore {
  /// As what the impact of a proposal is asked for.
  static func impactSubject(of proposal: UUID) -> String { "proposal/\(proposal.uuidString.lowercased())" }

  /// Asks what a proposal would change, in the transaction that proposes it.
  static func question(of proposal: Proposal, _ context: RequestContext, id: UUID) throws -> PostgresQuery {
    """
    INSERT INTO impacts (id, subject, document, principal, follows, effective_at)
    VALUES (\(id), \(impactSubject(of: proposal.id)), \(try PostgresJSON(model: proposal.spec)),
      \(context.principal), true, \(proposal.effectiveAt?.date))
    """
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
    return try await impacts(of: [proposal], in: connection)[proposal].map { record in
      KnownImpact(state: record.state.rawValue, digest: record.result?.digest, asOf: record.result?.asOf)
    }
  }
}
