import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Requests

/// `regie webhook …`.
struct WebhookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhook",
    abstract: "Être averti de ce qui concerne un opérateur ou un projet. / Be told of what concerns you.",
    subcommands: [
      WebhookAdd.self, WebhookList.self, WebhookRemove.self, WebhookTest.self, WebhookDeliveries.self,
      WebhookResend.self,
    ])
}

/// `regie webhook add URL`.
struct WebhookAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Créer une destination. / Make a destination.",
    discussion: """
      Le secret qui signe les livraisons n'est montré qu'ici. Un webhook entrant de Mattermost n'en a pas besoin : son
      adresse est elle-même le secret, et se donne par --url-file, car un argument se voit dans « ps ».
      The secret that signs deliveries is shown here only. An incoming webhook of Mattermost needs none: its address is the
      secret itself, and is given by --url-file, since ps shows arguments.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "L'adresse, en https. / The address, https.")
  var url: String?

  @Option(name: .long, help: "Fichier de l'adresse, ou - pour l'entrée standard. / The address's file, or -.")
  var urlFile: String?

  @Option(name: .long, help: "Pour cet opérateur. / For this operator.")
  var `operator`: String?

  @Option(name: .long, help: "Pour ce projet. / For this project.")
  var project: String?

  @Flag(
    name: .long,
    help:
      "Pour l'organisme qui tient le service : ses actes, et ce qui vient devant le comité. / For the service body.")
  var serviceBody = false

  @Option(name: .long, help: "Un fait seulement ; peut se répéter. / One event only; may be repeated.")
  var event: [String] = []

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard (url == nil) != (urlFile == nil) else {
      throw ValidationError("une adresse ou --url-file, l'un des deux / an address or --url-file, one of the two")
    }
    guard [`operator` != nil, project != nil, serviceBody].filter(\.self).count == 1 else {
      throw ValidationError(
        "--operator, --project ou --service-body, un seul des trois / one of these three"
      )
    }
    _ = try events()
  }

  private func events() throws -> [WebhookEvent]? {
    guard !event.isEmpty else { return nil }
    return try event.map { name in
      guard let known = WebhookEvent(rawValue: name), WebhookEvent.choices.contains(known) else {
        let choices = WebhookEvent.choices.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("« \(name) » : attendu / expected \(choices)")
      }
      return known
    }
  }

  private func address() throws -> String {
    guard let urlFile else { return url ?? "" }
    let text = String(decoding: try ResourceFiles.data(of: urlFile), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { throw ValidationError("--url-file : \(urlFile) est vide / is empty") }
    return text
  }

  func run() async throws {
    try await reporting {
      let wish = WebhookWish(
        operator: `operator`, project: project, isServiceBody: serviceBody, url: try address(), events: try events())
      // Sent once, without a key: the service keeps no answer that holds a secret, and would make a second one.
      let view: WebhookView = try await options.client().send(
        .POST, "/api/v1/webhooks", body: try ModelJSON.encoder.encode(wish)
      ).decode()
      Console.print(try output.render(view) ?? WebhookText.made(view))
    }
  }
}

/// `regie webhook list`.
struct WebhookList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lister les destinations. / List the destinations.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Celles de qui les a créées, oidc:… ou key:…. / Of whoever has made them.")
  var principal: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let query = principal.map { "?principal=\(APIClient.part($0))" } ?? ""
      let views: [WebhookView] = try await options.client().all("/api/v1/webhooks\(query)")
      Console.print(try output.render(views) ?? WebhookText.table(views))
    }
  }
}

/// `regie webhook remove ID`.
struct WebhookRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Retirer une destination. / Take a destination away.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La destination. / The destination.")
  var id: String

  func run() async throws {
    try await reporting {
      _ = try await options.client().send(.DELETE, "/api/v1/webhooks/\(APIClient.part(id))")
    }
  }
}

/// `regie webhook test ID`.
struct WebhookTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Livrer un essai. / Deliver a test.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La destination. / The destination.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let path = "/api/v1/webhooks/\(APIClient.part(id))/test"
      let view: DeliveryView = try await options.client().send(.POST, path).decode()
      Console.print(try output.render(view) ?? WebhookText.table([view]))
    }
  }
}

/// `regie webhook deliveries ID`.
struct WebhookDeliveries: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "Ce qui fut, ou sera, livré. / What was, or is to be, delivered.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La destination. / The destination.")
  var id: String

  @Option(name: .long, help: "pending, delivered ou dead.")
  var state: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let query = state.map { "?state=\(APIClient.part($0))" } ?? ""
      let views: [DeliveryView] = try await options.client().all(
        "/api/v1/webhooks/\(APIClient.part(id))/deliveries\(query)")
      Console.print(try output.render(views) ?? WebhookText.table(views))
    }
  }
}

/// `regie webhook resend DELIVERY`.
struct WebhookResend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resend",
    abstract: "Livrer de nouveau ce qui fut abandonné. / Have delivered what was given up.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La livraison. / The delivery.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let path = "/api/v1/webhook-deliveries/\(APIClient.part(id))/resend"
      let view: DeliveryView = try await options.client().send(.POST, path).decode()
      Console.print(try output.render(view) ?? WebhookText.table([view]))
    }
  }
}

/// Destinations for people.
enum WebhookText {
  static func made(_ view: WebhookView) -> String {
    "\(view.id.uuidString.lowercased()) \(view.address)\nsecret: \(view.secret ?? "-")"
  }

  /// What ends with the key that has made it says so.
  private static func ending(_ view: WebhookView) -> String {
    view.ended == true ? " (ended)" : view.endsAt.map { " (until \($0))" } ?? ""
  }

  static func table(_ views: [WebhookView]) -> String {
    var table = Table("ID", "OF", "MADE BY", "ADDRESS", "EVENTS", "FAILURES", "PENDING", "DEAD")
    for view in views {
      let isAll = view.events.count == WebhookEvent.choices.count
      let events = isAll ? "*" : view.events.map(\.rawValue).joined(separator: ",")
      table.add(
        view.id.uuidString.lowercased(),
        view.operator ?? view.project ?? (view.serviceBody == true ? "(service)" : "-"),
        view.principal + ending(view), view.address, events, "\(view.failures)",
        "\(view.pending)", "\(view.dead)")
    }
    return table.render()
  }

  static func table(_ views: [DeliveryView]) -> String {
    var table = Table("ID", "EVENT", "STATE", "AT", "ATTEMPTS", "STATUS", "FAILURE")
    for view in views {
      table.add(
        view.id.uuidString.lowercased(), view.event, view.state, "\(view.at)", "\(view.attempts)",
        view.status.map(String.init) ?? "-", view.failure ?? "-")
    }
    return table.render()
  }
}
