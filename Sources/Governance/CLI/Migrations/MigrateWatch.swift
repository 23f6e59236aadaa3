import ArgumentParser
import Contract
import Foundation
import Migration
import NIOHTTP1

/// `regie migrate watch ID`.
struct MigrateWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Suivre une migration jusqu'à sa fin. / Follow a migration to its end.",
    discussion: """
      Code de sortie 0 si tout a été déplacé ; 1 si elle est annulée, si quelque chose n'a pas été déplacé, ou si --for est
      passé. La table montre une ligne par changement, json et yaml la migration telle qu'elle a fini.
      Exit code 0 if everything was moved; 1 if it was cancelled, if something was not moved, or if --for is over.
      """)

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationOptions

  @Option(name: .long, help: "Secondes entre deux regards, 1 à 3600. / Seconds between two looks.")
  var every = 2

  @Option(name: .customLong("for"), help: "Secondes, au plus. / Seconds, at most.")
  var most: Int?

  func validate() throws {
    guard (1...3600).contains(every) else {
      throw ValidationError("--every \(every) : attendu 1 à 3600 / expected 1 to 3600")
    }
    guard most.map({ $0 >= 1 }) ?? true else { throw ValidationError("--for : attendu 1 ou plus / expected 1 or more") }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let deadline = most.map { ContinuousClock.now + .seconds($0) }
      var shown: String?
      while true {
        let view: MigrationView = try await client.send(.GET, MigrationPaths.migration(migration.id)).decode()
        let line = Self.line(view, client)
        if line != shown, try migration.output.render(view) == nil { Console.print(line) }
        shown = line
        if view.state.isEnd {
          if let text = try migration.output.render(view) { Console.print(text) }
          guard view.state == .done, view.progress?.lost ?? 0 == 0 else { throw ExitCode(ExitStatus.refused) }
          return
        }
        if let deadline, .now + .seconds(every) > deadline {
          Console.note(
            client.language == .fr ? "regie: pas finie à temps" : "regie: it has not ended in time")
          throw ExitCode(ExitStatus.refused)
        }
        // Nothing over HTTP tells that something has changed.
        try await Task.sleep(for: .seconds(every))
      }
    }
  }

  private static func line(_ view: MigrationView, _ client: APIClient) -> String {
    let state = MigrationText.name(of: view.state).text(client.language)
    return view.progress.map { "\(state) ; \(MigrationText.line($0, language: client.language))" } ?? state
  }
}
