import Foundation

/// The commands that runbooks print, all in one place.
struct RunbookCommands {
  /// The migration that they are about.
  var migration: String
  /// The language of what stands for a text to be written.
  var language: RunbookLanguage

  /// What is to be written in quotes.
  private func text(_ fr: String, _ en: String) -> String { "\"\(language == .fr ? fr : en)\"" }

  var start: String { "regie migrate start \(migration)" }
  var status: String { "regie migrate status \(migration)" }
  var watch: String { "regie migrate watch \(migration)" }
  var pause: String { "regie migrate pause \(migration)" }
  var resume: String { "regie migrate resume \(migration)" }

  func approve(_ move: UUID, as party: MigrationParty) -> String {
    "regie migrate approve \(Self.name(move)) --as \(party.rawValue)"
  }

  func done(_ kind: MigrationTask.Kind, _ move: UUID) -> String {
    let evidence = "--evidence \(text("ce qui le montre", "what shows it"))"
    // The console gives what it makes an identifier, and nothing is published before it is told.
    let identifier = kind == .createEnvironment ? " --environment-id UUID" : ""
    return "regie migrate done \(kind.rawValue) \(Self.name(move)) \(evidence)\(identifier)"
  }

  func cutOver(_ move: UUID) -> String { "regie migrate cut-over \(Self.name(move))" }

  func confirmRemoval(_ move: UUID, of environment: String) -> String {
    "regie migrate confirm-removal \(Self.name(move)) --typed \(environment)"
  }

  func declareGone(_ move: UUID, of environment: String) -> String {
    "regie migrate declare-gone \(Self.name(move)) --typed \(environment) --reason "
      + text("pourquoi on ne le reverra pas", "why it will not be seen again")
  }

  func confirmTargetRemoval(_ move: UUID, of environment: String) -> String {
    "regie migrate confirm-target-removal \(Self.name(move)) --typed \(environment)"
  }

  func flow(_ request: UUID) -> String { "regie flow show \(Self.name(request))" }

  func rollback(_ move: UUID) -> String { "regie migrate rollback \(Self.name(move))" }

  func rollbackWithLoss(_ move: UUID) -> String {
    rollback(move) + " --accept-loss " + text("ce qui est perdu", "what is lost")
  }

  private static func name(_ move: UUID) -> String { move.uuidString.lowercased() }
}
