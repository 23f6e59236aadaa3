import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOHTTP1
import Requests

/// `regie qualification …`.
struct QualificationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qualification",
    abstract:
      "Les qualifications déclarées, et ce qu'en dit le comité. / Qualifications, and what the board says of them.",
    discussion: """
      Un opérateur les déclare dans ses régions, avec leurs preuves et leurs dates. Elles ne comptent pour rien avant qu'un
      membre du comité, pour un autre opérateur, ne les reconnaisse.
      Operators declare them in their regions, with evidence and dates. They count for nothing before a member of the board
      has acknowledged them for another operator.
      """,
    subcommands: [QualificationList.self, QualificationAcknowledge.self, QualificationRefuse.self])
}

/// `regie qualification list`.
struct QualificationList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Ce que déclarent les régions. / What regions declare.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Une seule région. / One region only.")
  var region: String?

  @Option(name: .long, help: "pending, acknowledged ou refused.", transform: QualificationList.standing)
  var standing: QualificationBook.Standing?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  private static func standing(_ text: String) throws -> QualificationBook.Standing {
    guard let standing = QualificationBook.Standing(rawValue: text) else {
      throw ValidationError("« \(text) » : attendu / expected pending, acknowledged, refused")
    }
    return standing
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let filters = [
        region.map { "region=\(APIClient.part($0))" }, standing.map { "standing=\($0.rawValue)" },
      ].compactMap(\.self)
      let query = filters.isEmpty ? "" : "?\(filters.joined(separator: "&"))"
      let list: ListView<QualificationView> = try await client.send(.GET, "/api/v1/qualifications\(query)").decode()
      Console.print(try output.render(list.items) ?? QualificationText.table(list.items))
    }
  }
}

/// `regie qualification acknowledge ID`.
struct QualificationAcknowledge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acknowledge", abstract: "La reconnaître : elle compte. / Acknowledge it: it counts.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var verdict: QualificationOptions

  func run() async throws {
    try await reporting { try await verdict.say("acknowledge", reason: nil, options) }
  }
}

/// `regie qualification refuse ID`.
struct QualificationRefuse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refuse",
    abstract: "La refuser, même reconnue : elle ne compte plus. / Refuse it, acknowledged or not.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var verdict: QualificationOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  func run() async throws {
    try await reporting { try await verdict.say("refuse", reason: reason, options) }
  }
}

/// What both verdicts have.
struct QualificationOptions: ParsableArguments {
  @Argument(help: "L'identifiant que donne list. / The identifier that list shows.")
  var id: String

  @Option(name: .long, help: "L'opérateur pour lequel vous parlez. / The operator you speak for.")
  var `operator`: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// Says it, and prints what has become of the qualification.
  func say(_ verb: String, reason: String?, _ options: ClientOptions) async throws {
    let view: QualificationView = try await options.client().send(
      .POST, "/api/v1/qualifications/\(APIClient.part(id))/\(verb)",
      body: try ModelJSON.encoder.encode(QualificationWish(operator: `operator`, reason: reason))
    ).decode()
    Console.print(try output.render(view) ?? QualificationText.table([view]))
  }
}

/// Qualifications for people.
enum QualificationText {
  static func table(_ views: [QualificationView]) -> String {
    var table = Table("ID", "REGION", "NAME", "FROM", "UNTIL", "STANDING", "SAID BY", "EVIDENCE")
    for view in views {
      let speaker = view.saidAt == nil ? "–" : view.saidBy ?? "governance-admin"
      table.add(
        view.id, view.region, view.name, view.validFrom?.description ?? "–", view.validUntil?.description ?? "–",
        view.standing.rawValue, speaker, (view.evidence?.reference ?? "–") + (view.reason.map { " (\($0))" } ?? ""))
    }
    return table.render()
  }
}
