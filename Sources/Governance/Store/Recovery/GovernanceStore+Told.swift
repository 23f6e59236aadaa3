import Events
import Foundation
import Postgres
import Trail

extension GovernanceStore {
  /// The database's own account of what it has told on `regie.events`, to be read after the topic.
  ///
  /// - Parameter told: what the topic holds: the same version and the same position are looked at.
  public func account(beside told: ToldEvidence) async throws -> ToldAccount {
    // One state of it: versions, facts and links are written together.
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await Self.account(beside: told, in: connection)
    }
  }

  static func account(beside told: ToldEvidence, in connection: PostgresConnection) async throws -> ToldAccount {
    let key = "policy/\(told.policy?.version ?? 0)"
    let rows = try await connection.query(
      """
      SELECT e.epoch, c.position, (SELECT coalesce(max(version), 0) FROM policy_versions) AS policy,
        (SELECT f.data FROM public_facts f WHERE f.key = \(key) ORDER BY f.id DESC LIMIT 1) AS fact,
        CASE WHEN c.position = \(told.anchor?.position ?? 0) THEN c.link
          ELSE (SELECT a.link FROM audit_entries a WHERE a.position = \(told.anchor?.position ?? 0)) END AS link
      FROM epoch e, audit_chain c
      """)
    let row = try rows.only
    let fact = try row.decode([UInt8]?.self, "fact")
    return ToldAccount(
      epoch: try row.decode("epoch"), policy: try row.decode("policy"),
      digest: try fact.map { try JSONDecoder().decode(PolicyVersionFact.self, from: Data($0)).digest },
      position: try row.decode("position"), link: try row.decode([UInt8]?.self, "link").map(Digest.hexadecimal))
  }
}
