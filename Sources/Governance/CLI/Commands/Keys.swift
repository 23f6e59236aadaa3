import ArgumentParser
import Contract
import Events
import Foundation
import NIOHTTP1

/// `regie key …`.
struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Les clés d'API, par lesquelles des programmes sont connus. / API keys, by which programs are known.",
    subcommands: [KeyCreate.self, KeyList.self, KeyRevoke.self])
}

/// `regie key create NAME --role ROLE`.
struct KeyCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Créer une clé ; elle est montrée cette seule fois. / Make a key; it is shown this once.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Ce à quoi elle sert. / What it is for.")
  var name: String

  @Option(
    name: .long,
    help: "console, auditor, operator(NOM) ou project-team(PROJET) ; répétable. / May be repeated.")
  var role: [String]

  @Flag(name: .long, help: "Pour lire seulement. / For reading only.")
  var readOnly = false

  @OptionGroup var reason: ReasonOption

  @Option(name: .long, help: "Durée en jours, 1 à 366 ; 90 sinon. / For how many days.")
  var days: Int?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let body = APIKeyBody(name: name, roles: role, readOnly: readOnly, days: days)
      let new: NewAPIKeyView = try await options.client().send(
        .POST, "/api/v1/keys\(reason.query)", body: try JSONEncoder().encode(body)
      ).decode()
      if let text = try output.render(new) { return Console.print(text) }
      // The secret alone on standard output, so that it can go into a file.
      Console.note(KeyTable.render([new.key]))
      Console.print(new.secret)
    }
  }
}

/// `regie key list`.
struct KeyList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Les clés, sans leurs secrets. / The keys, without their secrets.")

  @OptionGroup var options: ClientOptions

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let keys = try await options.client().all("/api/v1/keys", of: APIKeyView.self)
      Console.print(try output.render(ListView(items: keys, next: nil)) ?? KeyTable.render(keys))
    }
  }
}

/// `regie key revoke ID`.
struct KeyRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Reprendre une clé, aussitôt et pour de bon. / Take a key back, at once and for good.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "Identifiant de la clé. / The key's identifier.")
  var id: String

  @OptionGroup var reason: ReasonOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let key: APIKeyView = try await options.client().send(
        .DELETE, "/api/v1/keys/\(APIClient.part(id))\(reason.query)"
      ).decode()
      Console.print(try output.render(key) ?? KeyTable.render([key]))
    }
  }
}

/// Keys for people.
enum KeyTable {
  static func render(_ keys: [APIKeyView]) -> String {
    var table = Table("ID", "STATE", "ROLES", "EXPIRES", "LAST USED", "NAME")
    for key in keys {
      table.add(
        key.id, key.state.rawValue, key.roles.joined(separator: ",") + (key.readOnly ? " (read-only)" : ""),
        key.expiresAt.description, key.lastUsedAt?.description ?? "-", key.name)
    }
    return table.render()
  }
}
