import ArgumentParser
import Contract
import Model

/// `regie findings`: placements that do not comply with the policy in force.
struct Findings: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lister les placements qui ne sont plus conformes. / List placements that do not comply any more.",
    discussion: """
      Rien n'est déplacé pour autant : il faut une migration ou une dérogation avant l'échéance.
      Codes de sortie : 0 aucun constat ; 1 des constats. / Exit codes: 0 no findings; 1 findings.
      """)

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "D'un projet. / Of one project.")
  var project: String?

  @Option(name: .customLong("operator"), help: "Des régions d'un opérateur. / Of one operator's regions.")
  var operatorName: String?

  @Option(name: .long, help: "Qui enfreignent une règle. / That break one rule.")
  var rule: String?

  @Option(name: .long, help: "open, overdue ou resolved. / open, overdue or resolved.")
  var state = State.open

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// How the findings asked for stand.
  enum State: String, ExpressibleByArgument, CaseIterable {
    case open
    case overdue
    case resolved
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let filters = [("project", project), ("operator", operatorName), ("rule", rule), ("state", state.rawValue)]
      let query = filters.compactMap { name, value in value.map { "\(name)=\(APIClient.part($0))" } }
      let findings: [FindingView] = try await client.all("/api/v1/findings?\(query.joined(separator: "&"))")
      Console.print(try output.render(findings) ?? Self.table(findings, client.language))
      if state != .resolved, !findings.isEmpty { throw ExitCode(ExitStatus.refused) }
    }
  }

  static func table(_ findings: [FindingView], _ language: Language) -> String {
    var table = Table(
      language == .fr
        ? ["PROJET", "ENVIRONNEMENT", "CLUSTER", "OPÉRATEUR", "ÉTAT", "ÉCHÉANCE", "VERSION", "POURQUOI"]
        : ["PROJECT", "ENVIRONMENT", "CLUSTER", "OPERATOR", "STATE", "DUE", "VERSION", "WHY"])
    for finding in findings {
      let state = finding.resolution.map { "\(finding.state.rawValue) (\($0))" } ?? finding.state.rawValue
      table.add(
        finding.project, "\(finding.environment)/\(finding.replica)", finding.cluster, finding.operator, state,
        finding.dueOn.description, String(finding.policyVersion), finding.reasons.first?.sentence ?? "")
    }
    return table.render()
  }
}
