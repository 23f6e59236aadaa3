import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1

/// `regie place PROJECT`.
struct Place: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Décider où va un projet, et réserver. / Decide where a project goes, and reserve.",
    discussion: """
      Avec -f, le projet du fichier est d'abord enregistré. Avec --dry-run, rien n'est enregistré : c'est « regie query ».
      With -f, the file's project is stored first. With --dry-run nothing is stored: it is “regie query”.

      Code de sortie 1 si le projet ne tient nulle part. / Exit code 1 when the project fits nowhere.
      """)

  @OptionGroup var options: ClientOptions

  @OptionGroup var subject: ProjectSubject

  @Flag(name: .long, help: "Dire où il irait, sans rien enregistrer. / Say where it would go, store nothing.")
  var dryRun = false

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard !dryRun || key.idempotencyKey == nil else {
      throw ValidationError("--idempotency-key ne vaut pas avec --dry-run / does not go with --dry-run")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      if dryRun {
        let read = try subject.read()
        return try await Query.show(
          try read.questionBody(), contentType: read.contentType, path: "/api/v1/placements:query", with: client,
          as: output)
      }
      let decision = try await Self.place(
        body: try subject.read().wishBody(), key: key.orNew, with: client)
      let language = try options.language()
      Console.print(try output.render(decision) ?? Self.text(decision, language: language, wide: output == .wide))
      if !decision.decision.placed { throw ExitCode(ExitStatus.refused) }
    }
  }

  static func place(_ project: String, key: String, with client: APIClient) async throws -> DecisionView {
    try await place(body: try ProjectSubject.Read.named(project).wishBody(), key: key, with: client)
  }

  private static func place(body: Data, key: String, with client: APIClient) async throws -> DecisionView {
    try await client.change("/api/v1/placements", body: body, key: key).decode()
  }

  private static func text(_ decision: DecisionView, language: Language, wide: Bool) -> String {
    let race = RaceText.render(decision.decision, language: language).map { [$0] } ?? []
    guard decision.decision.placed else {
      return (race + [ExplanationText.render(decision.explanation, language: language)]).joined(separator: "\n")
    }
    var lines = race + [PlacementTable.render(decision.placements, wide: wide)]
    for move in decision.pendingMoves {
      lines.append(
        language == .fr
          ? "\(move.placement) ne peut rester sur \(move.from) : une migration vers \(move.to) est à décider"
          : "\(move.placement) may not stay on \(move.from): a migration to \(move.to) is to be decided")
    }
    return lines.joined(separator: "\n")
  }
}
