public import Foundation
public import Identity
import Postgres
public import Requests

/// A network flow that has to lead to a move's target, as one leads, or is to lead, to its source.
public struct MoveFlow: Codable, Sendable, Hashable {
  /// The flow to the target, whoever has asked for it; nil while nobody has: the target is not ready yet, or the system is
  /// reached from nowhere there.
  public var flow: UUID?
  /// The flow of the source in whose place it is.
  public var insteadOf: UUID
  /// The project that asks for it: the one that moves, or one that reaches it.
  public var project: String
  /// The system at the other end.
  public var system: String
  /// How far the flow to the target has come.
  public var state: NetworkFlow.State?
  /// The operators concerned by it.
  var operators: [String]
  /// The project at the other end, where it is one.
  var peer: String?

  /// Whether somebody whose reach this is may know of it, by the rule of flows.
  public func isWithin(_ reach: Scope) -> Bool {
    operators.contains { reach.covers(operator: $0) } || reach.covers(project: project)
      || peer.map { reach.covers(project: $0) } ?? false
  }

  init(row: PostgresRow) throws {
    flow = try row.decode("flow")
    insteadOf = try row.decode("instead_of")
    project = try row.decode("project")
    system = try row.decode("system")
    state = flow == nil ? nil : try row.known("state")
    operators = try row.decode("operators")
    peer = try row.decode("peer_project")
  }

  /// The flows that are to lead to the targets of moves: for each that the source has, or waits for, and for each that was asked
  /// for in the place of one, what there is of it at the target. What the move itself has asked for comes before what others have.
  static func select(ofMoves ids: [UUID]) -> PostgresQuery {
    """
    SELECT m.id AS move, n.id AS flow, f.id AS instead_of, coalesce(n.project, f.project) AS project,
      coalesce(n.system, f.system) AS system, n.state, coalesce(n.operators, f.operators) AS operators,
      coalesce(n.peer_project, f.peer_project) AS peer_project
    FROM moves m JOIN network_flows f ON \(isOfSource)
    LEFT JOIN LATERAL (
      SELECT n.* FROM network_flows n WHERE (n.move = m.id AND n.instead_of = f.id AND n.state <> 'lapsed') OR \(isEqual)
      ORDER BY n.move IS NOT DISTINCT FROM m.id DESC, n.number DESC LIMIT 1) AS n ON true
    WHERE m.id = ANY(\(ids)) AND (n.id IS NOT NULL OR (m.standing <> 'ended' AND f.state IN ('pending', 'opened')))
    ORDER BY m.id, f.number
    """
  }

  /// The flows of a move's source that nobody has asked for at its target.
  ///
  /// - Parameter moment: only what was asked for at the source since.
  static func selectLacking(_ id: UUID, since moment: Date?) -> PostgresQuery {
    """
    SELECT f.body FROM moves m JOIN network_flows f ON \(isOfSource) AND f.state IN ('pending', 'opened')
    WHERE m.id = \(id) AND (f.created_at > \(moment)::timestamptz OR \(moment)::timestamptz IS NULL)
      AND NOT EXISTS (
        SELECT FROM network_flows n WHERE (n.move = m.id AND n.instead_of = f.id AND n.state <> 'lapsed') OR \(isEqual))
    ORDER BY f.number
    """
  }

  /// Whether a flow `f` begins or ends at the source of a move `m`.
  private static let isOfSource: PostgresQuery = """
    ((f.project = m.project AND f.environment = m.environment)
      OR (f.peer_project = m.project AND f.peer_environment = m.environment))
    """

  /// Whether `n` is alive and, but for its motive, what a flow `f` of a move `m` is to be at the target.
  private static let isEqual: PostgresQuery = """
    (n.state IN ('pending', 'opened', 'suspended') AND n.project = f.project
      AND n.environment = CASE WHEN f.project = m.project AND f.environment = m.environment THEN m.target_environment
        ELSE f.environment END
      AND n.system = CASE WHEN f.peer_project = m.project AND f.peer_environment = m.environment
        THEN m.project || '/' || m.target_environment ELSE f.system END
      AND (n.body -> 'wish') - '{environment,system,motive}'::text[]
        = (f.body -> 'wish') - '{environment,system,motive}'::text[])
    """
}
