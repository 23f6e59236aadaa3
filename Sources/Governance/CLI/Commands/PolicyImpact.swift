import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Policy

/// `regie policy impact FILE|ID|PROPOSAL`: what a policy would change, on what there is now.
struct PolicyImpact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "impact",
    abstract: "Dire ce qu'une politique changerait aujourd'hui. / Say what a policy would change today.",
    discussion: """
      Calculé par le service, en tâche de fond. Avec --wait, on attend le résultat ; sinon on peut y revenir par
      l'identifiant affiché.
      Worked out by the service in the background. --wait waits for the result; else come back with the id shown.

      Hors proposition, qui représente un opérateur n'apprend que ce qui concerne ses clusters.
      Without a proposal, who represents an operator is told of what is on its own clusters only.

      Codes de sortie : 0 rien ne cesserait d'être conforme ou plaçable, ou pas encore de résultat ; 1 sinon ; 2 fichier
      illisible. Pour qui n'apprend que ce qui concerne ses clusters, 0 dit seulement : aucune nouvelle non-conformité
      sur ceux-ci ; des projets peuvent ne plus être plaçables.
      Exit codes: 0 nothing would cease to comply or to be placeable, or no result yet; 1 otherwise; 2 unreadable file.
      To who is told of its own clusters only, 0 says no more than: no new breach on these.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(
    help: """
      Fichier de la politique, identifiant d'un impact ou d'une proposition.
      The policy's file, or the id of an impact or of a proposal.
      """)
  var policy: String

  @Flag(name: .long, help: "Attendre le résultat. / Wait for the result.")
  var wait = false

  @Flag(name: .long, help: "N'en vouloir plus. / Cancel it.")
  var cancel = false

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard !cancel || !wait && UUID(uuidString: policy) != nil else {
      throw ValidationError("--cancel demande un identifiant, sans --wait / --cancel wants an id, without --wait")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      var view = try await ask(client)
      while wait, view.state == .waiting || view.state == .running {
        Console.note(ImpactText.progress(view, client.language))
        try await Task.sleep(for: .milliseconds(500))
        view = try await client.send(.GET, Self.path(view.id)).decode()
      }
      let text = try output.render(view)
      let summary = view.result?.summary
      // Who is given no counts counts what he is told of.
      let told: ImpactText.Details? =
        if text == nil || summary == nil { try await details(of: view, client) } else { nil }
      Console.print(text ?? ImpactText.render(view, told, client.language))
      let ownBreaches = told?.nonCompliances.count { !$0.already } ?? 0
      let worse = summary.map { $0.nonCompliant + $0.noLongerPlaceable } ?? ownBreaches
      if view.state == .failed || worse > 0 { throw ExitCode(ExitStatus.refused) }
    }
  }

  private func ask(_ client: APIClient) async throws -> ImpactView {
    if let id = UUID(uuidString: policy) {
      return cancel ? try await client.send(.DELETE, Self.path(id)).decode() : try await find(id, client)
    }
    let document = try PolicyDiff.policy(policy, client.language)
    return try await client.send(
      .POST, "/api/v1/policy/impacts", body: try ModelJSON.encoder.encode(AnyResource.policy(document))
    ).decode()
  }

  /// The impact of this identifier, or of the proposal that has it.
  private func find(_ id: UUID, _ client: APIClient) async throws -> ImpactView {
    do {
      return try await client.send(.GET, Self.path(id)).decode()
    } catch ClientError.refused(let problem, let language) where problem.status == 404 {
      let path = "/api/v1/policy/proposals/\(id.uuidString.lowercased())"
      let proposal: ProposalView = try await client.send(.GET, path).decode()
      guard let impact = proposal.impact else { throw ClientError.refused(problem, language) }
      return impact
    }
  }

  private func details(of view: ImpactView, _ client: APIClient) async throws -> ImpactText.Details? {
    guard view.result != nil else { return nil }
    var details = ImpactText.Details()
    details.nonCompliances = try await section(.nonCompliances, of: view, &details.isWithheld, client)
    details.unplaceable = try await section(.unplaceable, of: view, &details.isWithheld, client)
    details.regionChanges = try await section(.regionChanges, of: view, &details.isWithheld, client)
    details.migrations = try await section(.migrations, of: view, &details.isWithheld, client)
    return details
  }

  private func section<Item: Codable & Sendable>(
    _ section: ImpactSection, of view: ImpactView, _ isWithheld: inout Bool, _ client: APIClient
  ) async throws -> [Item] {
    var items: [Item] = []
    var cursor: String?
    repeat {
      let more = cursor.map { "?cursor=\($0)" } ?? ""
      let page: ImpactItemsView<Item> = try await client.send(
        .GET, "\(Self.path(view.id))/\(section.rawValue)\(more)"
      ).decode()
      items += page.items
      isWithheld = isWithheld || page.withheld == true
      cursor = page.next
    } while cursor != nil
    return items
  }

  private static func path(_ id: UUID) -> String { "/api/v1/policy/impacts/\(id.uuidString.lowercased())" }
}
