import Events
import Foundation
import Identity
import Migration
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// Asks for the same flows at the target of a move as its source has, while the move goes on and its target is there. What
  /// can not be asked for, since the system is reached from nowhere there, is left to people: the move tells of it. What was
  /// asked for at the source before somebody has said that the flows are open is what he has spoken of.
  func requestFlows(of move: EnvironmentMigration, in connection: PostgresConnection) async throws {
    guard move.mayAskForFlows else { return }
    let lacking = MoveFlow.selectLacking(move.id, since: move[.flows]?.evidence?.at.date)
    guard try await !connection.query(lacking).isEmpty else { return }
    // Moves of both ends may ask for the same: the second one finds it.
    try await connection.pipeline([StoreLocks.shareAskedFlows(), StoreLocks.takeMoveFlows()])
    let terms = move.terms
    let actor = RequestActor(principal: RequestContext.mover.principal, isApplicant: true)
    var asked = 0
    for row in try await connection.query(lacking) where asked < Self.flowsAtATime {
      let flow = try row.decode(PostgresJSON.self, "body").model(NetworkFlow.self)
      guard let wish = flow.wish.moving(terms.environment, of: terms.project, to: terms.targetEnvironment) else {
        continue
      }
      // Somebody may be asking for it at this moment.
      guard try await liveFlow(like: wish, in: connection) == nil else { continue }
      let moment = try await flowMoment(for: wish, in: connection)
      let next: NetworkFlow
      do throws(RequestRefusal) {
        next = try NetworkFlow(
          id: mint(), wish: wish, ground: moment.ground, policyDelay: moment.policyDelay, isCarriedOver: true,
          by: actor, at: moment.at)
      } catch {
        continue
      }
      _ = try await insert(
        next, at: moment, replacing: (move: move.id, flow: flow.id), context: .mover, in: connection)
      asked += 1
    }
  }

  /// So many are asked for in one transaction; their being asked for has the move looked at again.
  private static let flowsAtATime = 50

  /// Keeps people from saying that the flows are open, and users from being led to the target, while an operator has yet to
  /// answer a request for one.
  func refuseWaitingFlows(of move: EnvironmentMigration, in connection: PostgresConnection) async throws {
    try await connection.execute(StoreLocks.takeAskedFlows())
    try await requestFlows(of: move, in: connection)
    let flows = try await connection.query(MoveFlow.select(ofMoves: [move.id])).map { try MoveFlow(row: $0) }
    guard let waiting = flows.first(where: { $0.state == .pending }), let id = waiting.flow else { return }
    let name = id.uuidString.lowercased()
    throw StoreError(
      .migrationState, path: "flows", "flow request \(name), “\(waiting.system)”, was not answered yet",
      fr: "la demande de flux \(name), « \(waiting.system) », n’a pas encore de réponse",
      accepted: "POST /api/v1/flows/\(name)/open, /reject or /withdraw")
  }

  /// Moves with the flows that have to lead to their targets.
  func withFlows(_ records: [MoveRecord], in connection: PostgresConnection) async throws -> [MoveRecord] {
    guard !records.isEmpty else { return [] }
    var flows: [UUID: [MoveFlow]] = [:]
    for row in try await connection.query(MoveFlow.select(ofMoves: records.map(\.id))) {
      flows[try row.decode("move"), default: []].append(try MoveFlow(row: row))
    }
    return records.map { record in
      var record = record
      record.flows = flows[record.id] ?? []
      return record
    }
  }
}

extension EnvironmentMigration {
  /// Whether flows are asked for at its target: it is there, users will be or are led to it, and nothing halts the move.
  fileprivate var mayAskForFlows: Bool {
    guard target != nil, standing == .running || obstacles.allSatisfy(\.isLateness), pausedBy == nil else {
      return false
    }
    switch step {
    case .targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver, .verified: return true
    default: return false
    }
  }
}

extension MigrationObstacle {
  /// That people are late does not make it wrong to ask.
  fileprivate var isLateness: Bool {
    switch self {
    case .overdue, .waiting, .sourceLate, .targetLate: true
    case .noTarget, .targetIllegal, .targetNotReady, .targetGone, .sourceGone, .wayBackLosesWrites: false
    }
  }
}
