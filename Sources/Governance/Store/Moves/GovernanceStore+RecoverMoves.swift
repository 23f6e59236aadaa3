import Events
import Foundation
import Migration
import Model
import Postgres

extension GovernanceStore {
  /// After a recovery every move under way rests until somebody has looked at it, and nothing of its target goes without its name
  /// being typed: what the lost life has done, a cut-over perhaps, is not known here. What has not begun may have begun there: no
  /// migration goes on by itself.
  func suspendMoves(at now: Timestamp, in connection: PostgresConnection) async throws {
    // Migrations before their moves, as whoever tends them takes them.
    try await suspendCampaigns(in: connection)
    let rows = try await connection.query(
      """
      SELECT \(MoveRecord.columns),
        (SELECT p.phase FROM placements p WHERE p.id = m.source AND p.removed_at IS NULL) AS source_phase
      FROM moves m WHERE m.under_way OR m.step IN ('planned', 'approved')
      ORDER BY m.id FOR UPDATE
      """)
    guard !rows.isEmpty else { return }
    let epoch = try await connection.query("SELECT epoch FROM epoch").only.decode(Int64.self, "epoch")
    var statements: [PostgresQuery] = []
    for row in rows {
      let record = try MoveRecord(row: row, asOf: now)
      var after = record.move
      let event = MigrationEvent.recovered(
        source: try row.decode(String?.self, "source_phase").flatMap(PlacementPhase.init(rawValue:)))
      let notices = try StoreError.moving { () throws(MigrationRefusal) in
        try after.handle(event, by: .mover, at: now)
      }
      let writing = MoveWriting(
        locked: LockedMove(record: record, sight: MoveSight(), epoch: epoch, now: now), after: after, notices: notices,
        context: .mover)
      statements += try writing.statements(mint: mint)
      statements.append(try writing.entry(of: event))
    }
    try await connection.pipeline(statements)
  }
}
