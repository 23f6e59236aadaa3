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
    let answers = try await connection.pipeline([
      """
      SELECT e.epoch, c.position, c.anchored_position,
        (SELECT coalesce(max(version), 0) FROM policy_versions) AS policy,
        CASE WHEN c.position = \(told.anchor?.position ?? 0) THEN c.link
          ELSE (SELECT a.link FROM audit_entries a WHERE a.position = \(told.anchor?.position ?? 0)) END AS link
      FROM epoch e, audit_chain c
      """,
      "SELECT data FROM public_facts WHERE key = \("policy/\(told.policy?.version ?? 0)")",
      lostActs(told.acts.filter { $0.value.epoch == told.epoch }),
    ])
    let row = try answers[0].only
    let epoch = try row.decode(Int64.self, "epoch")
    let facts = try answers[1].map {
      try JSONDecoder().decode(PolicyVersionFact.self, from: Data($0.decode([UInt8].self, "data")))
    }
    return ToldAccount(
      epoch: epoch, policy: try row.decode("policy"),
      // Each state of a version was told; which of them the bus holds is not known.
      digests: Set(facts.filter { $0.epoch == epoch }.map(\.digest)),
      position: try row.decode("position"), anchored: try row.decode("anchored_position"),
      link: try row.decode([UInt8]?.self, "link").map(Digest.hexadecimal),
      lostActs: try answers[2].first?.decode("total") ?? 0,
      lostKeys: try answers[2].map { try $0.decode(String.self, "key") })
  }

  /// How many keys are named to people.
  private static let lostNamed = 10

  /// Those that are not here in the revision that was told, or with other bytes. Rows of proposals, votes and comments are
  /// never deleted; a recovery tells the last of each again in its epoch, so bytes of a later one are not compared.
  private static func lostActs(_ acts: [String: ToldEvidence.Act]) -> PostgresQuery {
    let acts = Array(acts)
    return """
      SELECT t.key, count(*) OVER () AS total FROM unnest(\(acts.map(\.key)), \(acts.map(\.value.epoch)),
        \(acts.map(\.value.revision)), \(acts.map(\.value.content.bytes))) AS t (key, epoch, revision, content)
      CROSS JOIN epoch e LEFT JOIN public_facts f ON f.key = t.key AND f.revision = t.revision
      WHERE t.epoch >= e.epoch AND (f.id IS NULL OR (t.epoch = e.epoch AND sha256(f.data) <> t.content))
      ORDER BY t.key COLLATE "C" LIMIT \(lostNamed)
      """
  }

  /// Keeps the numbers of versions that were told of in any life from being given again, where the comparison is in order:
  /// a life that was lost before this program knew of it may have told of higher ones.
  ///
  /// - Parameters:
  ///   - highest: the highest version that was told of.
  ///   - epoch: the epoch that was compared.
  public func keepNumbersTold(upTo highest: Int64, comparedIn epoch: Int64) async throws {
    guard highest > 0 else { return }
    _ = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE epoch SET policies_told = \(highest) WHERE suspended_at IS NULL AND epoch = \(epoch)
          AND policies_told < \(highest) AND \(highest) > (SELECT coalesce(max(version), 0) FROM policy_versions)
        """)
    }
  }
}
