public import Foundation
import Postgres
public import Requests

/// A network flow that has to lead to a move's target, as one leads, or is to lead, to its source.
public struct MoveFlow: Codable, Sendable, Hashable {
  /// The request for it; nil while there is none: the target is not ready yet, or the system is reached from nowhere there.
  public var flow: UUID?
  /// The flow of the source in whose place it is.
  public var insteadOf: UUID
  /// The project that asks for it: the one that moves, or one that reaches it.
  public var project: String
  /// The system at the other end.
  public var system: String
  /// How far the request has come.
  public var state: NetworkFlow.State?

  /// Whether nobody has to do anything for it any more.
  var isSettled: Bool { state == .opened || state == .withdrawn }

  /// The flows of a move that a query calls `m`, as JSON; null where there are none.
  static let column: PostgresQuery = """
    (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('flow', w.flow, 'insteadOf', w.instead_of, 'project', w.project,
      'system', w.system, 'state', w.state)) ORDER BY w.number) FROM (
        SELECT n.id AS flow, n.instead_of, n.project, n.system, n.state, n.number FROM network_flows n
        WHERE n.move = m.id AND n.state <> 'lapsed'
        UNION ALL
        SELECT NULL, f.id, f.project, f.system, NULL, f.number FROM network_flows f
        WHERE m.standing <> 'ended' AND \(lacking)) AS w) AS flows
    """

  /// Whether a flow `f` of the source of a move `m` has nothing in its place at the target: neither what the move has asked for,
  /// whatever became of it, nor the same flow that somebody else has asked for, another move perhaps.
  static let lacking: PostgresQuery = """
    f.state IN ('pending', 'opened')
      AND ((f.project = m.project AND f.environment = m.environment)
        OR (f.peer_project = m.project AND f.peer_environment = m.environment))
      AND NOT EXISTS (SELECT FROM network_flows n WHERE n.move = m.id AND n.instead_of = f.id AND n.state <> 'lapsed')
      AND NOT EXISTS (
        SELECT FROM network_flows e WHERE e.state IN ('pending', 'opened', 'suspended') AND e.project = f.project
          AND e.environment = CASE WHEN (f.project, f.environment) = (m.project, m.environment) THEN m.target_environment
            ELSE f.environment END
          AND e.system = CASE WHEN (f.peer_project, f.peer_environment) = (m.project, m.environment)
            THEN m.project || '/' || m.target_environment ELSE f.system END
          AND (e.body -> 'wish') - '{environment,system,motive}'::text[]
            = (f.body -> 'wish') - '{environment,system,motive}'::text[])
    """
}
