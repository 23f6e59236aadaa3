import Foundation
import Model
import Postgres
import Trail

extension GovernanceStore {
  /// What of the decisions that entries tell of is not as they say. Whoever has the tables can put another decision in the
  /// place of one, with what that would have been made on: made again it is the same. The trail has the digest of the one
  /// that was made.
  static func decisionFindings(
    _ entries: [AuditEntry], in connection: PostgresConnection
  ) async throws -> [AuditFinding] {
    let told = entries.compactMap { ToldDecision($0) }
    guard !told.isEmpty else { return [] }
    let rows = try await connection.query(
      "SELECT id, sha256(decision) AS digest FROM decisions WHERE id = ANY(\(told.map(\.decision)))")
    var stored: [UUID: String] = [:]
    for row in rows { stored[try row.decode("id")] = Digest.hexadecimal(try row.decode("digest")) }
    return told.filter { stored[$0.decision] != $0.digest }.map(\.finding)
  }
}

/// What an entry tells of a decision.
private struct ToldDecision {
  private struct Body: Decodable {
    struct Detail: Decodable {
      var decision: UUID
      var digest: String
    }

    var detail: Detail
  }

  /// The actions of such entries.
  private static let actions = ["decided", "reserved"]

  let decision: UUID
  /// SHA-256 of the document, hexadecimal.
  let digest: String
  private let position: Int64
  private let entry: Int64

  /// Nil where it tells of something else, or not as such entries do.
  init?(_ entry: AuditEntry) {
    guard entry.kind == ResourceKind.project.rawValue, Self.actions.contains(entry.action),
      let body = try? JSONDecoder().decode(Body.self, from: Data(entry.body))
    else { return nil }
    decision = body.detail.decision
    digest = body.detail.digest
    position = entry.seal?.position ?? 0
    self.entry = entry.id
  }

  /// That the decision is another one, or none.
  var finding: AuditFinding {
    AuditFinding(.decision, at: position, id: entry, subject: decision.uuidString.lowercased())
  }
}
