import ArgumentParser
import Contract
import Foundation
import NIOHTTP1

/// `regie login`.
struct Login: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Se faire connaître du service. / Become known to the service.",
    discussion: """
      Demande un jeton à l'émetteur : une page à ouvrir, un code à confirmer, sur n'importe quelle machine. Ou prend un
      jeton donné par --token-file. Il est gardé, et renouvelé sans rien demander tant que l'émetteur le permet, pour ce
      service seul, dans un fichier que personne d'autre ne lit (REGIE_CREDENTIALS, sinon
      ~/.config/regie/credentials.json). REGIE_TOKEN, REGIE_TOKEN_FILE, REGIE_API_KEY et
      REGIE_API_KEY_FILE passent avant lui. Auprès de « regie dev », --as fait de vous une de ses personnes : dev, qui
      est tout le monde, admin, auditor, ou le représentant d'un opérateur, qui en porte le nom. / Asks the issuer for a
      token, or takes one from a file; beside regie dev, --as makes you one of its people.
      """)

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Fichier d'un jeton, ou - pour l'entrée standard. / A token's file, or -.")
  var tokenFile: String?

  @Option(name: .long, help: "Adresse de l'émetteur (REGIE_OIDC_ISSUER). / The issuer's address.")
  var issuer: String?

  @Option(name: .long, help: "Client OIDC (REGIE_OIDC_CLIENT) ; regie sinon. / OIDC client.")
  var clientID: String?

  @Option(name: .long, help: "Portées demandées. / Scopes asked for.")
  var scope = "openid"

  @Option(name: .customLong("as"), help: "Une des personnes de « regie dev ». / One of regie dev's people.")
  var person: String?

  @Flag(name: .long, help: "Oublier le jeton gardé pour ce service. / Forget the token.")
  var forget = false

  func validate() throws {
    guard person == nil || !(forget || tokenFile != nil || issuer != nil) else {
      throw ValidationError("--as va sans / goes without --token-file, --issuer, --forget")
    }
  }

  func run() async throws {
    try await reporting {
      let environment = ProcessInfo.processInfo.environment
      let server = try options.address(environment)
      if let person {
        let credential = try await Self.become(person, for: server, environment)
        let client = APIClient(server: server, language: try options.language(environment), credential: credential)
        let caller: CallerView = try await client.send(.GET, "/api/v1/whoami").decode()
        return Console.print(CallerText.render(caller))
      }
      guard !forget else { return try await StoredLogins.set(nil, for: server, environment) }
      // A file that can not be used is told before anybody confirms anything in vain.
      _ = try StoredLogins.load(environment)
      try ServerAddress.checkForSecrets(server)
      let grant = try await grant(environment)
      let client = APIClient(
        server: server, language: try options.language(environment), credential: .token(grant.token))
      // Only what the service believes is kept.
      let caller: CallerView = try await client.send(.GET, "/api/v1/whoami").decode()
      try await StoredLogins.set(grant, for: server, environment)
      Console.print(CallerText.render(caller))
    }
  }

  /// Makes one of the demo's people the one that is shown from now on.
  ///
  /// - Throws: `ValidationError` where something else is shown all the same.
  static func become(_ person: String, for server: String, _ environment: [String: String]) async throws -> Credential {
    let folder = DevLogin.folder(environment)
    let token = try DevLogin.token(of: person, for: server, in: folder)
    try DevLogin.leave(token, for: server, in: folder)
    if try StoredLogins.load(environment).grant(for: server) != nil {
      try await StoredLogins.set(nil, for: server, environment)
    }
    guard try Credential.find(for: server, environment) == .token(token) else {
      throw ValidationError(
        "--as : REGIE_TOKEN, REGIE_TOKEN_FILE, REGIE_API_KEY ou REGIE_API_KEY_FILE passe avant / one of them goes first"
      )
    }
    return .token(token)
  }

  /// As which client the issuer is asked.
  func client(_ environment: [String: String]) -> String {
    clientID ?? environment.variable("REGIE_OIDC_CLIENT") ?? "regie"
  }

  private func grant(_ environment: [String: String]) async throws -> TokenGrant {
    if let tokenFile {
      guard tokenFile == "-" else { return TokenGrant(token: try Credential.read(tokenFile, "--token-file")) }
      let text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
      return TokenGrant(token: try Credential.checked(text, "--token-file -"))
    }
    guard let issuer = issuer ?? environment["REGIE_OIDC_ISSUER"], !issuer.isEmpty else {
      throw ValidationError(
        "--issuer ou REGIE_OIDC_ISSUER, ou --token-file, est attendu / is wanted")
    }
    do {
      return try await DeviceLogin(issuer: issuer, client: client(environment), scope: scope).token { prompt in
        Console.note(
          """
          Ouvrez / open \(prompt.verification_uri_complete ?? prompt.verification_uri)
          code : \(prompt.user_code)
          """)
      }
    } catch let error as LoginError {
      Console.note("regie: \(error)")
      throw ExitCode(ExitStatus.refused)
    }
  }
}

/// `regie whoami`.
struct WhoAmI: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami",
    abstract: "Qui je suis pour le service, et ce que j'y peux. / Who I am to the service.")

  @OptionGroup var options: ClientOptions

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let caller: CallerView = try await options.client().send(.GET, "/api/v1/whoami").decode()
      Console.print(try output.render(caller) ?? CallerText.render(caller))
    }
  }
}

/// A caller for people.
enum CallerText {
  static func render(_ caller: CallerView) -> String {
    let roles = caller.roles.isEmpty ? "aucun rôle / no role" : caller.roles.joined(separator: ", ")
    return "\(caller.principal): \(roles)\(caller.readOnly ? " (lecture seule / read-only)" : "")"
  }
}
