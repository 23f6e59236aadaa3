import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Placement

/// What a question may suppose to be otherwise; common to `regie query` and `regie validate`.
struct Suppositions: ParsableArguments {
  @Option(name: .long, help: "Jour supposé, AAAA-MM-JJ. / The day supposed, YYYY-MM-DD.")
  var at: String?

  @Option(name: .long, help: "Fichier d'une politique supposée. / File of a policy supposed.")
  var policy: String?

  @Option(
    name: .long,
    help: "Fichier ou dossier de ressources supposées dans l'offre. / File or folder of resources supposed on offer.")
  var offer: [String] = []

  @Option(
    name: .long,
    help: "Région ou cluster dont l'état est supposé. / Region or cluster whose state is supposed.",
    transform: { text in try Suppositions.state(text) })
  var state: [OfferChanges.StateChange] = []

  /// Nobody who supposes a policy here would not know what is wrong with it.
  var findings: String? { policy == nil ? nil : "findings=true" }

  /// The day.
  func day() throws -> CalendarDay? {
    guard let at else { return nil }
    guard let day = CalendarDay(at) else {
      throw ValidationError("--at \(at) : attendu AAAA-MM-JJ / expected YYYY-MM-DD")
    }
    return day
  }

  /// The policy.
  func policyResource() throws -> Resource<PolicySpec>? {
    guard let policy else { return nil }
    let found = try ResourceFiles.read([policy]).compactMap { resource -> Resource<PolicySpec>? in
      if case .policy(let found) = resource { found } else { nil }
    }
    guard found.count == 1 else {
      throw ValidationError("\(policy) : une politique est attendue, il y en a \(found.count) / one Policy is wanted")
    }
    return found.first
  }

  /// The changes of the offer.
  func changes() throws -> OfferChanges? {
    let resources = try ResourceFiles.read(offer)
    guard !resources.isEmpty || !state.isEmpty else { return nil }
    return OfferChanges(apply: resources.isEmpty ? nil : resources, states: state.isEmpty ? nil : state)
  }

  /// `region/idf=cordoned`.
  private static func state(_ text: String) throws -> OfferChanges.StateChange {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let kind = Kind(spelled: names[0])
    guard parts.count == 2, names.count == 2, let kind, [.region, .cluster].contains(kind),
      let state = RegionSpec.State(rawValue: parts[1])
    else {
      let states = RegionSpec.State.allCases.map(\.rawValue).joined(separator: "|")
      throw ValidationError("--state \(text) : attendu / expected region/NAME=STATE, cluster/NAME=STATE; \(states)")
    }
    return OfferChanges.StateChange(kind: kind, name: names[1], state: state)
  }
}

/// `regie query`.
struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Demander où irait un projet, sans rien enregistrer. / Ask where a project would go, store nothing.",
    discussion: """
      -f prend un Project, ou un corps de POST /api/v1/placements:query, celui de la console compris.
      -f takes a Project, or a body of POST /api/v1/placements:query, the console's form included.

      Code de sortie 1 si le projet ne tient nulle part. / Exit code 1 when the project fits nowhere.
      """)

  @OptionGroup var options: ClientOptions

  @OptionGroup var subject: ProjectSubject

  @OptionGroup var suppositions: Suppositions

  @Option(
    name: .long, help: "Combien de clusters par environnement, 1 à 1000. / How many clusters of each environment.")
  var limit: Int?

  @Flag(name: .long, help: "Tous les clusters. / Every cluster.")
  var full = false

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard limit.map({ (1...1000).contains($0) }) ?? true else {
      throw ValidationError("--limit \(limit ?? 0) : attendu 1…1000 / expected 1…1000")
    }
    guard !full || limit == nil else { throw ValidationError("--full ou --limit, pas les deux / not both") }
    _ = try suppositions.day()
  }

  func run() async throws {
    try await reporting {
      let read = try subject.read()
      let body = try read.questionBody(
        at: try suppositions.day(), policy: try suppositions.policyResource(), offer: try suppositions.changes())
      let extent = full ? "explain=full" : limit.map { "limit=\($0)" }
      let parameters = [extent, suppositions.findings].compactMap(\.self).joined(separator: "&")
      let path = "/api/v1/placements:query" + (parameters.isEmpty ? "" : "?\(parameters)")
      try await Self.show(
        body, contentType: read.contentType, path: path, with: try options.client(), as: output)
    }
  }

  /// Asks, prints, and ends with 1 where there is no place.
  static func show(
    _ body: Data, contentType: String = "application/json", path: String, with client: APIClient,
    as output: OutputFormat
  ) async throws {
    let view: QueryView = try await client.send(.POST, path, body: body, contentType: contentType).decode()
    Console.print(try output.render(view) ?? QueryText.render(view, language: client.language, wide: output == .wide))
    if view.explanation.outcome != .placed { throw ExitCode(ExitStatus.refused) }
  }
}

/// `regie validate`.
struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Demander si un projet peut aller là où on le voudrait. / Ask whether a project may go where one would.",
    discussion: """
      Un cluster par réplique, par son nom, ou par le libellé ou l'identifiant de la console :
      One cluster for each replica, by its name, or by the console's label or identifier:
        regie validate candilib --on prod=idf-usuel-1,sud-usuel-1 --on "integ=Usuel IDF 2"

      Codes de sortie : 0 possible ; 1 refusé. / Exit codes: 0 possible; 1 refused.
      """)

  @OptionGroup var options: ClientOptions

  @OptionGroup var subject: ProjectSubject

  @OptionGroup var suppositions: Suppositions

  @Option(name: .long, help: "ENVIRONNEMENT=CLUSTER[,CLUSTER…] / ENVIRONMENT=CLUSTER[,CLUSTER…]")
  var on: [String] = []

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    _ = try suppositions.day()
    _ = try choices()
  }

  func run() async throws {
    try await reporting {
      let (client, read) = (try options.client(), try subject.read())
      let body = try read.questionBody(
        at: try suppositions.day(), policy: try suppositions.policyResource(), offer: try suppositions.changes(),
        choices: try choices())
      let parameters = suppositions.findings.map { "?\($0)" } ?? ""
      let view: ValidationView = try await client.send(
        .POST, "/api/v1/placements:validate\(parameters)", body: body, contentType: read.contentType
      ).decode()
      Console.print(try output.render(view) ?? ValidationText.render(view, language: client.language))
      if !view.valid { throw ExitCode(ExitStatus.refused) }
    }
  }

  /// Nil where the file says it.
  private func choices() throws -> [String: [String]]? {
    guard !on.isEmpty else { return nil }
    return try on.reduce(into: [:]) { choices, text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, choices[parts[0]] == nil else {
        throw ValidationError("--on \(text) : attendu / expected ENVIRONMENT=CLUSTER[,CLUSTER…], une fois / once each")
      }
      choices[parts[0]] = parts[1].split(separator: ",").map(String.init)
    }
  }
}
