import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1

/// `regie explain PROJECT|PLACEMENT`.
struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Dire pourquoi : ce que chaque cluster a répondu. / Say why: what each cluster answered.",
    discussion: """
      Un placement se nomme par son identifiant, son espace de noms, ou PROJET/ENVIRONNEMENT[/RÉPLIQUE].
      A placement is named by its identifier, its namespace, or PROJECT/ENVIRONMENT[/REPLICA].
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Nom d'un projet, ou un placement. / A project's name, or a placement.")
  var subject: String

  @Flag(name: .long, help: "Tous les clusters, non les meilleurs. / Every cluster, not the best ones only.")
  var full = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      var explanation: ExplanationView
      if let placement = try await PlacementLookup(client: client).find(subject) {
        explanation = try await ask("placements/\(placement.metadata.name)", client)
        explanation.environments.removeAll { $0.environment != placement.spec.environment }
      } else {
        explanation = try await ask("projects/\(APIClient.part(subject))", client)
      }
      Console.print(try output.render(explanation) ?? ExplanationText.render(explanation, language: client.language))
    }
  }

  private func ask(_ path: String, _ client: APIClient) async throws -> ExplanationView {
    try await client.send(.GET, "/api/v1/\(path)/explanation\(full ? "?explain=full" : "")").decode()
  }
}

/// Finds the placement that somebody names in one of the ways that people have at hand.
struct PlacementLookup: Sendable {
  let client: APIClient

  /// The placement; nil where `text` is of none of the forms, and so a project's name.
  ///
  /// - Throws: ``ClientError`` where there is no such placement.
  func find(_ text: String) async throws -> PlacementView? {
    if UUID(uuidString: text) != nil {
      return try await client.send(.GET, "/api/v1/placements/\(APIClient.part(text))").decode()
    }
    if text.contains("--") { return try await only("namespace=\(APIClient.part(text))", text) { _ in true } }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return nil }
    let replica = parts.count > 2 ? Int(parts[2]) : 0
    guard parts.count < 4, let replica else { throw ClientError.notThere("placements/\(text)", known: "") }
    return try await only("project=\(APIClient.part(parts[0]))", text) { placement in
      placement.spec.environment == parts[1] && placement.spec.replica == replica
    }
  }

  /// The first of those that are meant: replicas of one namespace share their decision.
  private func only(
    _ filter: String, _ text: String, where isMeant: (PlacementView) -> Bool
  ) async throws -> PlacementView {
    let placements: [PlacementView] = try await client.all("/api/v1/placements?\(filter)")
    guard let found = placements.first(where: isMeant) else {
      let known = placements.map { "\($0.spec.project)/\($0.spec.environment)/\($0.spec.replica)" }
      throw ClientError.notThere("placements/\(text)", known: known.joined(separator: ", "))
    }
    return found
  }
}
