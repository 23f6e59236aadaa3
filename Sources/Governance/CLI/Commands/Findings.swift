import ArgumentParser
import Contract
import Events
import Model
import Placement
import Policy

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

  @Flag(
    name: .long,
    help: "Ceux des livres : le registre et les réservations, ou les quotas, diffèrent. / Those about the books.")
  var ledger = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// How the findings asked for stand.
  enum State: String, ExpressibleByArgument, CaseIterable {
    case open
    case overdue
    case resolved
  }

  func validate() throws {
    guard !ledger || (project == nil && operatorName == nil && rule == nil && state != .overdue) else {
      throw ValidationError("--ledger ne va qu'avec --state open, resolved / goes with --state open, resolved only")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      if ledger { return try await books(client) }
      let filters = [("project", project), ("operator", operatorName), ("rule", rule), ("state", state.rawValue)]
      let query = filters.compactMap { name, value in value.map { "\(name)=\(APIClient.part($0))" } }
      let findings: [FindingView] = try await client.all("/api/v1/findings?\(query.joined(separator: "&"))")
      Console.print(try output.render(findings) ?? Self.table(findings, client.language))
      if state != .resolved, !findings.isEmpty { throw ExitCode(ExitStatus.refused) }
    }
  }

  private func books(_ client: APIClient) async throws {
    let findings: [LedgerFindingView] = try await client.all("/api/v1/findings/ledger?state=\(state.rawValue)")
    var table = Table(
      client.language == .fr
        ? ["CLUSTER", "RESSOURCE", "REGISTRE", "RÉSERVATIONS", "QUOTAS", "PLACEMENTS", "DEPUIS", "FIN"]
        : ["CLUSTER", "RESOURCE", "LEDGER", "RESERVATIONS", "QUOTAS", "PLACEMENTS", "SINCE", "ENDED"])
    for finding in findings {
      func text(_ amount: Int64) -> String { ResourceAmounts.text(amount, of: finding.resource) }
      let isOfQuotas = finding.kind == .quotas
      let parts = (finding.placements ?? []).map { part in
        "\(part.project)/\(part.environment)/\(part.replica): \(part.held.map(text) ?? "–")"
      }
      table.add(
        finding.cluster, finding.resource.rawValue, text(finding.ledger), isOfQuotas ? "–" : text(finding.held),
        isOfQuotas ? text(finding.held) : "–", Self.parts(parts, omitted: finding.omitted ?? 0),
        finding.foundAt.description, finding.endedAt?.description ?? "–")
    }
    Console.print(try output.render(findings) ?? table.render())
    if state != .resolved, !findings.isEmpty { throw ExitCode(ExitStatus.refused) }
  }

  private static func parts(_ parts: [String], omitted: Int64) -> String {
    let shown = parts.prefix(3)
    let more = Int64(parts.count - shown.count) + omitted
    return shown.isEmpty ? "–" : shown.joined(separator: ", ") + (more > 0 ? " +\(more)" : "")
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
        finding.dueOn.description, String(finding.policyVersion), why(finding, language))
    }
    return table.render()
  }

  /// The first reason, and what is to be done where nothing has to move.
  private static func why(_ finding: FindingView, _ language: Language) -> String {
    let first = finding.reasons.first?.sentence ?? ""
    guard finding.mayStay == true, finding.state != .resolved else { return first }
    return first + (language == .fr ? " (sur place : regie place)" : " (stays: regie place)")
  }
}
