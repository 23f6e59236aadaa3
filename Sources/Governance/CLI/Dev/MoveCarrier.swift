import Contract
import Events
import Foundation
import Migration
import Model
import NIOHTTP1

/// The people of a demo: does what each move of a migration waits for, with evidence, and tells each step.
struct MoveCarrier: Sendable {
  let client: APIClient
  /// Whether the first move that has stopped its writes is led back once.
  let turnsBack: Bool

  /// How long a migration of a demo may take.
  private static let patience: Duration = .seconds(90)

  /// What was seen and done so far.
  private struct Course {
    let started = ContinuousClock.now
    var steps: [UUID: MigrationStep] = [:]
    var turned: UUID?
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
        for act in try acts(move, &course) { try await perform(act, on: move, &course) }
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

  /// What somebody does: the act's name, and what is said with it.
  private typealias Act = (name: String, body: [String: String])

  private func acts(_ move: MoveView, _ course: inout Course) throws -> [Act] {
    if turnsBack, course.turned == nil, move.step == .writesStopped {
      course.turned = move.id
      Console.print("! \(MoveText.name(move)) : la copie échoue, on revient / the copy fails, it is led back")
      return [("roll-back", [:])]
    }
    let open = move.tasks.filter(\.open)
    guard open.isEmpty else {
      return open.map { ("tasks/\($0.task.rawValue)", ["evidence": Self.evidence(of: $0.task, move)]) }
    }
    return switch move.step {
    case .finalCopy: [("cut-over", [:])]
    case .drainingSource where move.source.wanted != .removed:
      [("confirm-removal", ["environment": move.source.environment])]
    default: []
    }
  }

  private func perform(_ act: Act, on move: MoveView, _ course: inout Course) async throws {
    do {
      let path = "\(MigrationPaths.move(move.id.uuidString.lowercased()))/\(act.name)"
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
