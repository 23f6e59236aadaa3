import Contract
import Events
import Foundation
import Migration
import Model
import NIOHTTP1

/// What people do in a demo: what each move of a migration waits for, each party with evidence of its own; tells each step.
struct MoveCarrier: Sendable {
  let people: DemoPeople
  /// Whether the target of the first move that has stopped its writes fails: then that one is led back.
  var fails = false
  /// What has to be so before a source may go; nil for nothing.
  var beforeRemoval: (@Sendable () async throws -> Bool)?

  private var client: APIClient { people.everybody }

  /// How long a migration of a demo may take, on a machine that is busy with something else.
  private static let patience: Duration = .seconds(300)

  /// What was seen and done so far.
  private struct Course {
    let started = ContinuousClock.now
    var steps: [UUID: MigrationStep] = [:]
    var turned: UUID?
    var mayRemove = false
    var isOver = false
  }

  /// Goes on until the migration has ended.
  ///
  /// - Returns: Whether each move was made, but for the one that was led back.
  func carry(_ migration: MigrationView) async throws -> Bool {
    let id = migration.id.uuidString.lowercased()
    var course = Course()
    while ContinuousClock.now - course.started < Self.patience {
      let moves: [MoveView] = try await client.all(MigrationPaths.list("moves", [("migration", id)]))
      for move in moves.sorted(by: { MoveText.name($0) < MoveText.name($1) }) {
        tell(move, &course)
        for act in try await acts(move, &course) { try await perform(act, on: move, &course) }
        if course.isOver { return false }
      }
      let view: MigrationView = try await client.send(.GET, MigrationPaths.migration(id)).decode()
      if view.state.isEnd {
        if let progress = view.progress { Console.print(MigrationText.line(progress, language: client.language)) }
        return view.state == .done && view.progress?.lost ?? 0 == (course.turned == nil ? 0 : 1)
      }
      // Nothing over HTTP tells that something has changed.
      try await Task.sleep(for: .milliseconds(100))
    }
    Console.print("la migration n'a pas fini à temps / the migration has not ended in time")
    return false
  }

  /// What somebody does: who, the act's name, and what is said with it.
  private typealias Act = (party: MigrationParty, name: String, body: [String: String])

  private func acts(_ move: MoveView, _ course: inout Course) async throws -> [Act] {
    if fails, course.turned == nil, move.step == .writesStopped {
      course.turned = move.id
      guard try await isHeldUp(move) else {
        course.isOver = true
        return []
      }
      return [(.serviceBody, "roll-back", [:])]
    }
    let open = move.tasks.filter(\.open)
    guard open.isEmpty else {
      return open.map { ($0.owner, "tasks/\($0.task.rawValue)", ["evidence": Self.evidence(of: $0.task, move)]) }
    }
    switch move.step {
    case .finalCopy: return [(.serviceBody, "cut-over", [:])]
    case .drainingSource where move.source.wanted != .removed:
      if let beforeRemoval, !course.mayRemove {
        guard try await beforeRemoval() else {
          course.isOver = true
          return []
        }
        course.mayRemove = true
      }
      return [(.serviceBody, "confirm-removal", ["environment": move.source.environment])]
    default: return []
    }
  }

  /// A controller that is not Régie's fights over the target's quota: its agent tells so, and the move goes no further.
  ///
  /// - Returns: Whether it was seen in time.
  private func isHeldUp(_ move: MoveView) async throws -> Bool {
    guard let id = move.target.placement else { return false }
    let target: PlacementView = try await client.send(
      .GET, "/api/v1/placements/\(id.uuidString.lowercased())"
    ).decode()
    Console.print(
      "! \(MoveText.name(move)) : un autre contrôleur écrit le quota de la cible / another controller writes the target's quota"
    )
    let path = MigrationPaths.move(move.id.uuidString.lowercased())
    let isSeen = try await QuotaContender(running: people.running).fight(over: target) {
      let now: MoveView = try await client.send(.GET, path).decode()
      guard now.standing == .blocked, let obstacle = now.obstacles.first else { return false }
      Console.print("! \(MoveText.name(move)) : \(obstacle.sentence.fr)")
      Console.print("! \(MoveText.name(move)) : on revient / it is led back")
      return true
    }
    if !isSeen { Console.print("rien n'arrête le déplacement à temps / nothing holds the move up in time") }
    return isSeen
  }

  private func perform(_ act: Act, on move: MoveView, _ course: inout Course) async throws {
    do {
      let path = "\(MigrationPaths.move(move.id.uuidString.lowercased()))/\(act.name)"
      let client = try people.client(of: DemoPeople.name(of: act.party, in: move))
      tell(try await client.post(path, act.body) as MoveView, &course)
    } catch ClientError.refused(let problem, _) where problem.status == 409 {
      // What it needs was not seen yet: an agent's report is on its way.
    }
  }

  private func tell(_ move: MoveView, _ course: inout Course) {
    guard course.steps.updateValue(move.step, forKey: move.id) != move.step, move.step != .planned else { return }
    let seconds = (ContinuousClock.now - course.started) / .seconds(1)
    let way = "\(move.source.cluster) → \(move.target.cluster)"
    let columns = [
      String(format: "%6.1f s", seconds), MoveText.name(move).padding(toLength: 18, withPad: " ", startingAt: 0),
      way.padding(toLength: 27, withPad: " ", startingAt: 0),
      move.step.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0), move.title.fr,
    ]
    Console.print(columns.joined(separator: "  "))
  }

  private static func evidence(of task: MigrationTask.Kind, _ move: MoveView) -> String {
    let (from, to) = (move.source.environment, move.target.environment)
    return switch task {
    case .createEnvironment: "\(to) créé dans la console"
    case .firstCopy: "première copie de \(from) vers \(to), 12,4 Gio"
    case .secrets: "secrets chiffrés pour \(move.target.cluster)"
    case .values: "valeurs au nom de \(to)"
    case .flows: "flux ouverts depuis \(move.target.region)"
    case .restoreBackup: "sauvegarde de la nuit restaurée sur \(to)"
    case .stopWrites: "\(from) mis à zéro réplique par l'équipe"
    case .finalCopy: "sommes de contrôle égales des deux côtés"
    case .switchNames: "DNS mené à \(to)"
    case .verify: "parcours de test passé sur \(to)"
    case .dashboards: "tableaux de bord menés à \(to)"
    case .emptySource: "plus aucune charge sur \(from)"
    case .salvage: "rien d'autre sur \(from)"
    case .removeEnvironment: "\(from) retiré de la console"
    case .reverseCopy: "copie de \(to) vers \(from) comparée"
    }
  }
}
