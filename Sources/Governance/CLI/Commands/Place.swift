import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1

/// `regie place PROJECT`.
struct Place: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Décider où va un projet, et réserver. / Decide where a project goes, and reserve.",
    discussion: "Code de sortie 1 si le projet ne tient nulle part. / Exit code 1 when the project fits nowhere.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Nom du projet. / The project's name.")
  var project: String

  @Option(name: .long, help: "Clé d'idempotence ; créée sinon. / Idempotency key; minted otherwise.")
  var idempotencyKey: String?

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let decision = try await Self.place(project, key: idempotencyKey ?? UUID().uuidString, with: client)
      let language = try options.language()
      Console.print(try output.render(decision) ?? Self.text(decision, language: language, wide: output == .wide))
      if !decision.decision.placed { throw ExitCode(ExitStatus.refused) }
    }
  }

  static func place(_ project: String, key: String, with client: APIClient) async throws -> DecisionView {
    try await client.send(
      .POST, "/api/v1/placements", body: try JSONEncoder().encode(["project": project]),
      headers: [("idempotency-key", key)]
    ).decode()
  }

  private static func text(_ decision: DecisionView, language: Language, wide: Bool) -> String {
    guard decision.decision.placed else { return ExplanationText.render(decision.explanation, language: language) }
    var lines = [PlacementTable.render(decision.placements, wide: wide)]
    for move in decision.pendingMoves {
      lines.append(
        language == .fr
          ? "\(move.placement) ne peut rester sur \(move.from) : une migration vers \(move.to) est à décider"
          : "\(move.placement) may not stay on \(move.from): a migration to \(move.to) is to be decided")
    }
    return lines.joined(separator: "\n")
  }
}

/// `regie explain PROJECT|PLACEMENT`.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Dire pourquoi : ce que chaque cluster a répondu. / Say why: what each cluster answered.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Nom d'un projet ou identifiant d'un placement. / A project's name or a placement's identifier.")
  var subject: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let path = UUID(uuidString: subject) == nil ? "projects" : "placements"
      let explanation: ExplanationView = try await client.send(
        .GET, "/api/v1/\(path)/\(APIClient.part(subject))/explanation"
      ).decode()
      let language = try options.language()
      Console.print(try output.render(explanation) ?? ExplanationText.render(explanation, language: language))
    }
  }
}
