import ArgumentParser
import Contract
import Foundation
import Yams

/// How the service is found and spoken to; common to all commands that ask it.
struct ClientOptions: ParsableArguments {
  @Option(name: .long, help: "Adresse du service (REGIE_SERVER). / The service's address.")
  var server: String?

  @Option(
    name: .long, help: "Contexte du fichier de configuration (REGIE_CONTEXT). / A context of the configuration file.")
  var context: String?

  @Option(name: .long, help: "Langue des phrases : fr ou en (REGIE_LANG). / Language of sentences.")
  var lang: String?

  /// A client for the service that flags, environment and contexts name, in that order.
  ///
  /// - Throws: `ValidationError` that names the setting at fault and what would be accepted.
  func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> APIClient {
    let server = try address(environment)
    let credential = try Credential.find(for: server, environment)
    if credential != nil { try ServerAddress.checkForSecrets(server) }
    var client = APIClient(server: server, language: try language(environment), credential: credential)
    if try Credential.given(environment) == nil, try StoredLogins.load(environment).grant(for: server) != nil {
      client.renewal = TokenRenewal(server: server, language: client.language, environment: environment)
    }
    return client
  }

  func language(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Language {
    try LanguageOption.language(lang, environment)
  }

  /// The service's address.
  func address(_ environment: [String: String]) throws -> String {
    if let server { return try checked(server, from: "--server") }
    if context == nil, let server = environment["REGIE_SERVER"], !server.isEmpty {
      return try checked(server, from: "REGIE_SERVER")
    }
    if let name = context ?? environment["REGIE_CONTEXT"], !name.isEmpty {
      return try checked(try Contexts.load(environment).server(named: name), from: "context \(name)")
    }
    return "http://127.0.0.1:8080"
  }

  private func checked(_ text: String, from source: String) throws -> String {
    guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil,
      url.user == nil
    else {
      // A password in it is sent to nobody, and is not to stand in messages. What does not parse may hold one.
      let shown = text.contains("@") ? "…" : text
      throw ValidationError(
        "\(source) : « \(shown) » n'est pas une adresse http:// ou https:// sans nom ni mot de passe "
          + "/ is not an http(s) address without a user and password")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}

extension [String: String] {
  /// What the environment says by a variable's name; nil where it says nothing, for an empty one is not set.
  func variable(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}

/// Named services, in a YAML file: `contexts: {name: {server: URL}}`.
struct Contexts: Decodable {
  struct Context: Decodable {
    var server: String
  }

  var contexts: [String: Context]
  private var path = ""

  private enum CodingKeys: String, CodingKey {
    case contexts
  }

  /// Reads the file that `REGIE_CONFIG` names, or the one in the home folder.
  static func load(_ environment: [String: String]) throws -> Contexts {
    let path = environment.variable("REGIE_CONFIG") ?? "\(environment["HOME"] ?? "")/.config/regie/config.yaml"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ValidationError("\(path) ne peut être lu ; REGIE_CONFIG en nomme un autre / can not be read")
    }
    do {
      var contexts = try YAMLDecoder().decode(Contexts.self, from: text)
      contexts.path = path
      return contexts
    } catch {
      throw ValidationError(
        "\(path) : attendu contexts: {nom: {server: adresse}} / expected contexts: {name: {server: URL}}")
    }
  }

  func server(named name: String) throws -> String {
    guard let context = contexts[name] else {
      let known = contexts.keys.sorted().joined(separator: ", ")
      throw ValidationError("\(path) : pas de contexte « \(name) » ; il y a : \(known) / no such context")
    }
    return context.server
  }
}
