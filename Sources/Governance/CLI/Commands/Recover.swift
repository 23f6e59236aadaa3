import ArgumentParser
import Contract
import Foundation
import Model
import NIOCore
import NIOHTTP1

/// `regie recover`.
struct Recover: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remettre à jour une base restaurée, d'après le bus. / Bring a restored database up to date, by the bus.",
    discussion: """
      Montre ce qui change, puis demande confirmation. Rien n'est supprimé, aucune promesse n'est oubliée.
      Codes de sortie : 0 fait, ou rien à faire ; 1 renoncé, ou --dry-run et il y a à faire.
      """)

  @OptionGroup var options: ClientOptions

  @Flag(name: .long, help: "Montrer seulement. / Show only.")
  var dryRun = false

  @Flag(name: .long, help: "Ne pas demander confirmation. / Do not ask for confirmation.")
  var yes = false

  @Flag(
    name: .customLong("despite-unverified"),
    help:
      "Agir bien que des enregistrements du bus n'aient pu être crus. / Go on although records could not be believed.")
  var despiteUnverified = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let plan: RecoveryView = try await client.send(.GET, "/api/v1/recovery", timeout: .minutes(10)).decode()
      if dryRun || !plan.needed {
        try show(plan, client.language)
        if plan.needed { throw ExitCode(ExitStatus.refused) }
        return
      }
      if !yes {
        Console.note(RecoveryText.render(plan, language: client.language))
        guard isAgreed(client.language) else { throw ExitCode(ExitStatus.refused) }
      }
      let done: RecoveryView = try await client.send(
        .POST, "/api/v1/recovery",
        body: try JSONEncoder().encode(Agreement(plan: plan.plan, despiteUnverified: despiteUnverified)),
        timeout: .minutes(10)
      ).decode()
      try show(done, client.language)
    }
  }

  private struct Agreement: Encodable {
    var plan: String
    var despiteUnverified: Bool
  }

  private func show(_ view: RecoveryView, _ language: Language) throws {
    Console.print(try output.render(view) ?? RecoveryText.render(view, language: language))
  }

  /// A word, not a key: it can not be hit by chance.
  private func isAgreed(_ language: Language) -> Bool {
    let word = language == .fr ? "oui" : "yes"
    Console.note(
      language == .fr
        ? "Écrire « \(word) » pour remettre la base à jour ainsi :"
        : "Write “\(word)” to bring the database up to date so:")
    return readLine(strippingNewline: true) == word
  }
}
