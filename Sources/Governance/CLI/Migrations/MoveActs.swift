import ArgumentParser
import Contract
import Foundation
import Migration

/// `regie migrate done TASK MOVE --evidence TEXT`.
struct MigrateDone: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "done", abstract: "Dire une tâche faite, et ce qui le montre. / Say that a task was done.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La tâche. / The task.")
  var task: MigrationTask.Kind

  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Ce qui le montre : lien, somme de contrôle, phrase. / What shows it.")
  var evidence: String?

  @Option(
    name: .long, help: "Avec createEnvironment : l'UUID dans la console. / With createEnvironment: its UUID there.")
  var environmentID: String?

  func validate() throws {
    guard evidence != nil || environmentID != nil else {
      throw ValidationError("--evidence manque / is missing")
    }
    guard let environmentID else { return }
    guard task == .createEnvironment else {
      throw ValidationError("--environment-id : avec createEnvironment seulement / only with createEnvironment")
    }
    guard UUID(uuidString: environmentID) != nil else {
      throw ValidationError("--environment-id \(environmentID) : attendu un UUID / expected a UUID")
    }
  }

  func run() async throws {
    try await reporting {
      var body: [String: String] = [:]
      body["evidence"] = evidence
      body["environmentID"] = environmentID
      try await move.act("tasks/\(task.rawValue)", body, options)
    }
  }
}

/// `regie migrate cut-over MOVE`.
struct MigrateCutOver: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut-over",
    abstract: "Mener les usagers à l'arrivée : le retour coûte à partir de là. / Have users led to the target.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  func run() async throws {
    try await reporting { try await move.act("cut-over", NothingSaid(), options) }
  }
}

/// `regie migrate confirm-removal MOVE --typed ENVIRONMENT`.
struct MigrateConfirmRemoval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm-removal",
    abstract: "Confirmer que la source s'en va, en écrivant son nom. / Confirm that the source goes, by its name.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Le nom de l'environnement qui s'en va. / The name of the environment that goes.")
  var typed: String

  func run() async throws {
    try await reporting { try await move.act("confirm-removal", ["environment": typed], options) }
  }
}

/// `regie migrate confirm-target-removal MOVE --typed ENVIRONMENT`.
struct MigrateConfirmTargetRemoval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm-target-removal",
    abstract: "Après un retour, confirmer que l'arrivée s'en va. / After a rollback, confirm that the target goes.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Le nom de l'environnement qui s'en va. / The name of the environment that goes.")
  var typed: String

  func run() async throws {
    try await reporting { try await move.act("confirm-target-removal", ["environment": typed], options) }
  }
}

/// `regie migrate source-lost MOVE --accept-loss TEXT`.
struct MigrateSourceLost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source-lost",
    abstract: "Déclarer la source perdue, et répondre de ce qui l'est. / Declare the source lost, and answer for it.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Ce qui est perdu. / What is lost.")
  var acceptLoss: String

  func run() async throws {
    try await reporting { try await move.act("source-lost", ["acceptedLoss": acceptLoss], options) }
  }
}

/// `regie migrate declare-gone MOVE --typed ENVIRONMENT --reason TEXT`.
struct MigrateDeclareGone: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "declare-gone",
    abstract: "Déclarer disparue une source perdue que nul n'a revue. / Declare a source gone that was lost.",
    discussion: "Ordonne son retrait et déclare sa perte. / Orders its removal and declares its loss.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Le nom de l'environnement qui a disparu. / The name of the environment that is gone.")
  var typed: String

  @Option(name: .long, help: "Pourquoi on ne le reverra pas. / Why it will not be seen again.")
  var reason: String

  func run() async throws {
    try await reporting { try await move.act("declare-gone", ["environment": typed, "reason": reason], options) }
  }
}

/// `regie migrate rollback MOVE`.
struct MigrateRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract:
      "Revenir à la source ; sans perte avant la bascule. / Go back to the source; nothing is lost before cut-over.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Après la bascule : ce qui est perdu, et dont vous répondez. / After it: what is lost.")
  var acceptLoss: String?

  func run() async throws {
    try await reporting {
      var body: [String: String] = [:]
      body["acceptedLoss"] = acceptLoss
      try await move.act("roll-back", body, options)
    }
  }
}

/// `regie migrate give-up MOVE --reason TEXT`.
struct MigrateGiveUp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "give-up",
    abstract: "Laisser les deux copies comme elles sont, pour toujours. / Leave both copies as they are, for good.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveActOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  func run() async throws {
    try await reporting { try await move.act("give-up", ["reason": reason], options) }
  }
}
