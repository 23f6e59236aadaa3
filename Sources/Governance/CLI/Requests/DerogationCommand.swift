import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Requests

/// `regie derogation …`.
struct DerogationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "derogation",
    abstract: "Demander une dérogation, l'instruire, en décider. / Ask for a derogation, examine it, decide on it.",
    subcommands: [
      DerogationAsk.self, DerogationOpine.self, DerogationDecide.self, DerogationNotify.self, DerogationRevoke.self,
      DerogationWithdraw.self, DerogationList.self, DerogationShow.self,
    ])
}

/// Which request is meant, and how the answer is printed.
struct DerogationOptions: ParsableArguments {
  @Argument(help: "La demande. / The request.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table
}

/// Which request is acted on, and under which key.
struct DerogationActOptions: ParsableArguments {
  @OptionGroup var request: DerogationOptions
  @OptionGroup var key: KeyOption

  /// Acts on the request, and prints what it has become.
  func act(_ name: String, _ body: (some Encodable)?, _ options: ClientOptions) async throws {
    let client = try options.client()
    let path = "/api/v1/derogation-requests/\(APIClient.part(request.id))/\(name)"
    let view: DerogationRequestView = try await client.post(path, body, key: key.orNew)
    try request.output.show(view, client.language)
  }
}

/// `regie derogation request PROJECT RULE…`.
struct DerogationAsk: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Demander une dérogation à des règles. / Ask for a derogation from rules.",
    discussion: """
      Le demandeur prend à sa charge le surcoût complet de possession : --cost-accepted-by nomme qui s'y engage.
      The applicant bears the whole extra cost of ownership: --cost-accepted-by names who commits to it.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Le projet. / The project.")
  var project: String

  @Argument(help: "Les règles. / The rules.")
  var rules: [String]

  @Option(name: .long, help: "Le motif. / Why.")
  var motive: String

  @Option(name: .long, help: "Qui accepte le surcoût. / Who accepts the extra cost.")
  var costAcceptedBy: String?

  @Option(name: .long, help: "Une étape seulement ; peut se répéter. / One stage only; may be repeated.")
  var stage: [String] = []

  @Option(name: .long, help: "Premier jour. / First day.", transform: DerogationAsk.day)
  var from: CalendarDay?

  @Option(name: .long, help: "Dernier jour ; pérenne sinon. / Last day; else for good.", transform: DerogationAsk.day)
  var until: CalendarDay?

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  private static func day(_ text: String) throws -> CalendarDay {
    guard let day = CalendarDay(text) else {
      throw ValidationError("« \(text) » : attendu / expected 2027-06-30")
    }
    return day
  }

  func validate() throws {
    guard !rules.isEmpty else { throw ValidationError("une règle au moins / one rule at least") }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let wish = DerogationWish(
        project: project, rules: rules, stages: stage.isEmpty ? nil : stage, motive: motive,
        costAcceptedBy: costAcceptedBy, validFrom: from, validUntil: until)
      let view: DerogationRequestView = try await client.post(
        "/api/v1/derogation-requests", wish, key: key.orNew)
      try output.show(view, client.language)
    }
  }
}

/// `regie derogation list`.
struct DerogationList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lister les demandes. / List the requests.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "D'un projet. / Of one project.")
  var project: String?

  @Option(name: .long, help: "Dans un état. / In one state.")
  var state: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let query = [("project", project), ("state", state)].compactMap { name, value in
        value.map { "\(name)=\(APIClient.part($0))" }
      }
      let address = query.isEmpty ? "" : "?" + query.joined(separator: "&")
      let views: [DerogationRequestView] = try await client.all("/api/v1/derogation-requests\(address)")
      Console.print(try output.render(views) ?? DerogationText.table(views))
    }
  }
}

/// `regie derogation show ID`.
struct DerogationShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Montrer une demande, avec les avis. / Show a request, with the opinions.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let path = "/api/v1/derogation-requests/\(APIClient.part(request.id))"
      let view: DerogationRequestView = try await client.send(.GET, path).decode()
      try request.output.show(view, client.language)
    }
  }
}

extension OutputFormat {
  /// Prints a request.
  func show(_ view: DerogationRequestView, _ language: Language) throws {
    Console.print(try render(view) ?? DerogationText.render(view, language: language))
  }
}
