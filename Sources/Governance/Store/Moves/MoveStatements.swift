import Events
import Foundation
import Migration
import Model
import Postgres

/// Reads and writes moves.
enum MoveStatements {
  static func select(_ id: UUID, locked: Bool = false) -> PostgresQuery {
    """
    SELECT \(MoveRecord.columns), clock_timestamp() AS now FROM moves m WHERE m.id = \(id)
    \(locked ? "FOR UPDATE" : "" as PostgresQuery)
    """
  }

  /// Of a move `m`: whether its environment is known, or being made known, under the new name. One that was given up leads there
  /// where the document was not given back.
  static let leads: PostgresQuery = """
    (m.target IS NOT NULL AND m.step NOT IN ('planned', 'approved', 'rolledBack')
      AND (m.step <> 'failed' OR EXISTS (SELECT FROM placements p WHERE p.id = m.source AND p.leaving)
        AND NOT EXISTS (SELECT FROM moves l WHERE l.source = m.source AND l.target IS NOT NULL
          AND l.step <> 'rolledBack' AND l.started_at > m.started_at)))
    """

  /// Nothing of it has changed: it is looked at again when time alone may change something.
  static func look(at id: UUID, next: Timestamp?) -> PostgresQuery {
    "UPDATE moves SET next_at = \(next?.date) WHERE id = \(id) AND next_at IS DISTINCT FROM \(next?.date)"
  }

  static func update(_ record: MoveRecord, next: Timestamp?) throws -> PostgresQuery {
    let move = record.move
    return """
      UPDATE moves SET target = \(move.target), hold = \(record.hold), step = \(move.step.rawValue),
        standing = \(move.standing.rawValue), under_way = \(move.isUnderWay), revision = \(record.revision),
        next_at = \(next?.date), started_at = \(record.startedAt?.date), ended_at = \(record.endedAt?.date),
        verified_at = \(move.verifiedAt?.date), awaited = \(try PostgresJSON(model: move.awaitedOfParties)), since = \(move.since.date), body = \(try PostgresJSON(model: move))
      WHERE id = \(move.id)
      """
  }

  /// A move has ended: its placements, all of them its project's, have a part in none. By the project they are found; by
  /// the move alone all placements that there ever were would be gone through, with the locks of the move held.
  static func letGo(of id: UUID, in project: String) -> PostgresQuery {
    "UPDATE placements SET move = NULL WHERE project = \(project) AND move = \(id)"
  }

  /// A move that was planned.
  struct New: Sendable {
    var move: EnvironmentMigration
    var migration: UUID
    var ordinal: Int
    var planned: PlannedMove
    var route: MoveRecord.Route
  }

  static func insert(_ new: [New]) throws -> PostgresQuery {
    let (moves, planned, routes) = (new.map(\.move), new.map(\.planned), new.map(\.route))
    return """
      INSERT INTO moves (id, migration, ordinal, wave, project, environment, target_environment, replica, stage, quota,
        awaited, source, from_cluster, to_cluster, from_region, to_region, source_operator, target_operator, step, standing,
        revision, next_at, since, body)
      SELECT n.id, n.migration, n.ordinal, n.wave, n.project, n.environment, n.target_environment, n.replica, n.stage,
        n.quota, n.awaited, n.source, n.from_cluster, n.to_cluster, n.from_region, n.to_region, n.source_operator,
        n.target_operator, n.step, n.standing, 1, n.next_at, n.since, n.body
      FROM unnest(\(moves.map(\.id)), \(new.map(\.migration)), \(new.map { Int32(clamping: $0.ordinal) }),
        \(planned.map { Int32(clamping: $0.wave) }), \(planned.map(\.project)), \(planned.map(\.environment)),
        \(planned.map(\.newName)), \(planned.map { Int32(clamping: $0.replica) }), \(planned.map(\.stage)),
        \(try planned.map { try PostgresJSON(model: $0.quota) }),
        \(try moves.map { try PostgresJSON(model: $0.awaitedOfParties) }), \(planned.map(\.source)),
        \(routes.map(\.fromCluster)), \(routes.map(\.toCluster)), \(routes.map(\.fromRegion)),
        \(routes.map(\.toRegion)), \(routes.map(\.sourceOperator)), \(routes.map(\.targetOperator)),
        \(moves.map(\.step.rawValue)), \(moves.map(\.standing.rawValue)), \(moves.map { ($0.next ?? $0.since).date }),
        \(moves.map(\.since.date)),
        \(try moves.map { try PostgresJSON(model: $0) }))
        AS n (id, migration, ordinal, wave, project, environment, target_environment, replica, stage, quota, awaited, source,
          from_cluster, to_cluster, from_region, to_region, source_operator, target_operator, step, standing, next_at, since, body)
      """
  }

  /// More replicas than any document asks for.
  static let firstLeft = 1000

  /// Replicas of an environment by their numbers: what the project asks for has those of its document, what is left has others.
  static func renumber(_ environment: String, of project: String) -> PostgresQuery {
    """
    UPDATE placements p SET replica = w.place FROM (
      SELECT id, (row_number() OVER (PARTITION BY leaving ORDER BY replica, id) - 1)::integer
        + CASE WHEN leaving THEN \(Int32(firstLeft)) ELSE 0 END AS place FROM placements
      WHERE project = \(project) AND environment = \(environment) AND phase <> 'removed' AND removed_at IS NULL) AS w
    WHERE p.id = w.id AND p.replica <> w.place
    """
  }
}

extension EnvironmentMigration {
  /// Whether it has begun and has not ended.
  var isUnderWay: Bool { !step.isEnd && step != .planned && step != .approved }
}
