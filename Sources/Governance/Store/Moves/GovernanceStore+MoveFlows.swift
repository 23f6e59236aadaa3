import Events
import Foundation
import Identity
import Migration
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// The flows of a move's source that nobody has asked for at its target; none before flows can be opened there.
  static func flowsToMove(of id: UUID) -> PostgresQuery {
    """
    SELECT f.body FROM moves m JOIN network_flows f ON \(MoveFlow.lacking)
    WHERE m.id = \(id) AND m.under_way AND m.target IS NOT NULL AND m.step NOT IN ('preparingTarget', 'rollingBack')
    ORDER BY f.number
    """
  }

  /// Asks for the same flows at the target of a move as its source has. What can not be asked for, since the system is reached
  /// from nowhere there, is left to people: their task stays open, and the move tells of it.
  func requestFlows(
    _ wanted: [NetworkFlow], of locked: LockedMove, in connection: PostgresConnection
  ) async throws {
    let terms = locked.record.move.terms
    let actor = RequestActor(principal: RequestContext.mover.principal, isApplicant: true)
    for flow in wanted {
      guard let wish = flow.wish.moving(terms.environment, of: terms.project, to: terms.targetEnvironment) else {
        continue
      }
      let moment = try await flowMoment(for: wish, in: connection)
      let next: NetworkFlow
      do throws(RequestRefusal) {
        next = try NetworkFlow(
          id: mint(), wish: wish, ground: moment.ground, policyDelay: moment.policyDelay, by: actor, at: moment.at)
      } catch {
        continue
      }
      _ = try await insert(
        next, at: moment, replacing: (move: locked.record.id, flow: flow.id), context: .mover, in: connection)
    }
  }

  /// What keeps people from saying that the flows are open: requests that an operator has not answered yet.
  static func refuseWaitingFlows(_ record: MoveRecord) throws(StoreError) {
    guard let waiting = record.flows.first(where: { $0.state == .pending }), let id = waiting.flow else { return }
    let name = id.uuidString.lowercased()
    throw StoreError(
      .migrationState, path: "flows", "flow request \(name), “\(waiting.system)”, was not answered yet",
      fr: "la demande de flux \(name), « \(waiting.system) », n’a pas encore de réponse",
      accepted: "POST /api/v1/flows/\(name)/open, /reject or /withdraw")
  }
}
