public import Foundation
public import Identity
public import Migration
import Postgres

/// A move that does not begin, and why.
public struct HeldMove: Sendable, Hashable {
  /// The move.
  public var move: UUID
  /// The project.
  public var project: String
  /// The environment, as it is called where it is.
  public var environment: String
  /// Why.
  public var hold: CampaignHold
}

extension GovernanceStore {
  /// The moves of a migration that do not begin, of those within reach, in the order in which they are looked at. Empty where it
  /// does not run: then none begins.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where none of its moves is within reach.
  public func holds(ofMigration id: UUID, within reach: Scope = .everything) async throws -> [HeldMove] {
    let record = try await migration(id, within: reach)
    let crowded = try await crowdedMoves(of: id)
    return try await pool.withConnection { connection in
      let moves = try await campaignMoves(of: record, crowded: crowded, in: connection)
      let held = record.campaign.released(
        moves, others: try await movesUnderWay(besides: id, in: connection), at: record.asOf
      ).held
      let rows = try await connection.query(
        "SELECT id, project, environment, source_operator, target_operator FROM moves WHERE migration = \(id)")
      var known: [UUID: (project: String, environment: String)] = [:]
      for row in rows {
        let project = try row.decode(String.self, "project")
        let isWithin =
          try reach.covers(project: project) || reach.covers(operator: row.decode(String.self, "source_operator"))
          || reach.covers(operator: row.decode(String.self, "target_operator"))
        if isWithin { known[try row.decode("id")] = (project, try row.decode("environment")) }
      }
      return held.compactMap { one in
        known[one.move].map {
          HeldMove(move: one.move, project: $0.project, environment: $0.environment, hold: one.hold)
        }
      }
    }
  }
}
