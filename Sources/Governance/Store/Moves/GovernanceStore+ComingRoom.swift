import Foundation
import Migration
import Model
import Placement
import Postgres

/// The room that a plan has made for its moves, one after the other.
extension GovernanceStore {
  /// The moves of a migration that have no place, and no room now where they go to beside those before them: only where the
  /// migration itself is still to make room. Elsewhere nothing is waited for, and it is the engine that says whether there is any.
  func crowdedMoves(of migration: UUID) async throws -> Set<UUID> {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let rows = try await connection.query(
        """
        SELECT id, to_cluster, stage, quota FROM moves
        WHERE migration = \(migration) AND target IS NULL AND standing IN ('running', 'blocked') AND step <> 'rollingBack'
          AND to_cluster IN (SELECT from_cluster FROM moves
            WHERE migration = \(migration) AND standing <> 'ended' AND step <> 'removed')
        ORDER BY to_cluster, wave, ordinal
        """)
      guard !rows.isEmpty else { return [] }
      let engine = try await prepareHere(in: connection).engine
      let ledger = try DecisionBasis.ledger(try await connection.query(DecisionBasis.selectLedger))
      var byCluster: [String: [(id: UUID, coming: ComingRoom.Coming)]] = [:]
      for row in rows {
        byCluster[try row.decode("to_cluster"), default: []]
          .append((try row.decode("id"), try ComingRoom.Coming(row: row)))
      }
      var crowded: Set<UUID> = []
      for (cluster, moves) in byCluster {
        let coming = moves.map(\.coming)
        guard let room = Self.room(of: cluster, for: coming, in: engine, ledger) else { continue }
        crowded.formUnion(room.crowded(coming).map { moves[$0].id })
      }
      return crowded
    }
  }

  /// Whether a move that has found a place is not to have it: what is left is for one of its migration that comes before it, and
  /// the two do not both fit. One that would not fit anyhow, where nothing more is to leave, is not waited for; nor one that does
  /// not look for a place itself, as it has not begun or was paused: it could be waiting for this one.
  ///
  /// It is asked in the transaction that takes the place, under ``StoreLocks/comingRoom``: whoever places a move waits for who
  /// placed one before.
  func givesWay(
    _ record: MoveRecord, taking quota: ResourceAmounts, in connection: PostgresConnection
  ) async throws -> Bool {
    let cluster = record.route.toCluster
    let answers = try await connection.pipeline([
      """
      SELECT stage, quota FROM moves
      WHERE migration = \(record.migration) AND to_cluster = \(cluster) AND target IS NULL
        AND standing IN ('running', 'blocked') AND step = 'preparingTarget' AND wave < \(record.wave)
      ORDER BY wave, ordinal
      """,
      """
      SELECT EXISTS (SELECT FROM moves WHERE migration = \(record.migration) AND from_cluster = \(cluster)
        AND standing <> 'ended' AND step <> 'removed') AS leaves
      """,
    ])
    guard !answers[0].isEmpty else { return false }
    let first = try answers[0].map { try ComingRoom.Coming(row: $0) }
    let own = ComingRoom.Coming(stage: record.stage, quota: quota)
    let engine = try await prepareHere(in: connection).engine
    let ledger = try DecisionBasis.ledger(try await connection.query(DecisionBasis.selectLedger))
    guard let room = Self.room(of: cluster, for: first + [own], in: engine, ledger) else { return false }
    return room.givesWay(own, to: first, mayGrow: try answers[1].only.decode(Bool.self, "leaves"))
  }

  /// Nil where the cluster is not on offer any more.
  private static func room(
    of cluster: String, for coming: [ComingRoom.Coming], in engine: Engine, _ ledger: Ledger
  ) -> ComingRoom? {
    guard let site = engine.clusters.firstIndex(of: cluster) else { return nil }
    let limits = Set(coming.map(\.stage)).map { ($0, engine.limits(in: $0)[site]) }
    return ComingRoom(committed: ledger[cluster].committed, limits: Dictionary(uniqueKeysWithValues: limits))
  }
}

extension ComingRoom.Coming {
  fileprivate init(row: PostgresRow) throws {
    self.init(
      stage: try row.decode("stage"), quota: try row.decode(PostgresJSON.self, "quota").model(ResourceAmounts.self))
  }
}
