import ArgumentParser
import Contract
import Events
import Foundation
import NIOCore
import NIOHTTP1

/// `regie decision …`.
struct DecisionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decision",
    abstract: "Retrouver les décisions, et les rejouer. / Find decisions, and replay them.",
    subcommands: [DecisionList.self, DecisionShow.self, DecisionReplay.self])

  /// Decisions as a table.
  static func table(_ decisions: [DecisionIdentity]) -> String {
    var table = Table("DECISION", "PROJECT", "PLACED", "POLICY", "ENGINE", "ATTEMPTS", "PRINCIPAL", "DECIDED")
    for decision in decisions {
      table.add(
        decision.id.uuidString.lowercased(), decision.project, decision.placed ? "yes" : "no",
        String(decision.policyVersion), decision.engineVersion, String(decision.attempts), decision.principal,
        decision.decidedAt.description)
    }
    return table.render()
  }
}

/// `regie decision list`.
struct DecisionList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Les décisions, la plus récente d'abord. / Decisions, the newest first.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Celles d'un projet. / Those of a project.")
  var project: String?

  @Option(name: .long, help: "Au plus combien, 1 à 1000. / At most how many.")
  var limit = 20

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError("--limit \(limit) : attendu 1…1000 / expected 1…1000")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let filter = project.map { "&project=\(APIClient.part($0))" } ?? ""
      let page: ListView<DecisionIdentity> = try await client.send(
        .GET, "/api/v1/decisions?limit=\(limit)\(filter)"
      ).decode()
      Console.print(try output.render(page.items) ?? DecisionCommand.table(page.items))
      if page.next != nil, output == .table {
        Console.note(
          client.language == .fr ? "Il y en a d'autres : --limit, --project" : "There are more: --limit, --project")
      }
    }
  }
}

/// `regie decision show ID`.
struct DecisionShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Une décision, et pourquoi. / A decision, and why.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Identifiant de la décision. / The decision's identifier.")
  var decision: String

  @Flag(name: .long, help: "Tous les clusters, non les meilleurs. / Every cluster, not the best ones only.")
  var full = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// Both answers as one value, for machines.
  private struct Shown: Encodable {
    var decision: DecisionIdentity
    var explanation: ExplanationView
  }

  func run() async throws {
    try await reporting {
      let (client, path) = (try options.client(), "/api/v1/decisions/\(APIClient.part(decision))")
      let identity: DecisionIdentity = try await client.send(.GET, path).decode()
      let explanation: ExplanationView = try await client.send(
        .GET, "\(path)/explanation\(full ? "?explain=full" : "")"
      ).decode()
      Console.print(
        try output.render(Shown(decision: identity, explanation: explanation))
          ?? DecisionCommand.table([identity]) + "\n\n"
          + ExplanationText.render(explanation, language: client.language))
    }
  }
}

/// `regie decision replay ID`.
struct DecisionReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Reprendre une décision avec ce qui en est gardé. / Make a decision again from what is kept of it.",
    discussion: "Codes de sortie : 0 la même ; 1 une autre. / Exit codes: 0 the same; 1 another one.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Identifiant de la décision. / The decision's identifier.")
  var decision: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: ReplayView = try await client.send(
        .POST, "/api/v1/decisions/\(APIClient.part(decision)):replay", timeout: .minutes(2)
      ).decode()
      Console.print(try output.render(view) ?? view.sentence)
      if view.outcome != .equal { throw ExitCode(ExitStatus.refused) }
    }
  }
}
