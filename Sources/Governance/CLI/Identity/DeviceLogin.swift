import ArgumentParser
import Foundation
import Model

/// Getting a token of the issuer for a person at a terminal (OAuth 2.0 Device Authorization Grant, RFC 8628): the person
/// confirms in any browser, on any machine.
struct DeviceLogin: Sendable {
  let issuer: String
  let client: String
  let scope: String
  /// Waits for so many seconds.
  let pause: @Sendable (Int) async throws -> Void

  init(
    issuer: String, client: String, scope: String,
    pause: @escaping @Sendable (Int) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  ) {
    self.issuer = issuer
    self.client = client
    self.scope = scope
    self.pause = pause
  }

  /// How long between two questions unless the issuer says otherwise, and by how much more each time it asks to slow down.
  private static let standardInterval = 5

  struct Prompt: Decodable {
    var device_code: String
    var user_code: String
    var verification_uri: String
    var verification_uri_complete: String?
    var expires_in: Int
    var interval: Int?
  }

  private struct Discovery: Decodable {
    var issuer: String
    var token_endpoint: String
    var device_authorization_endpoint: String?
  }

  private struct Refusal: Decodable {
    var error: String
  }

  /// Asks for a token; `show` tells the person what to do. Returns once the person has done it.
  ///
  /// - Throws: ``LoginError``.
  func token(_ show: (Prompt) -> Void) async throws -> TokenGrant {
    // What does not parse is not shown: it may hold a password.
    guard !issuer.contains("@") || URL(string: issuer).map({ $0.host != nil && $0.user == nil }) == true else {
      throw LoginError(
        "--issuer, REGIE_OIDC_ISSUER : attendu une adresse sans nom ni mot de passe "
          + "/ an address without a user and password is wanted")
    }
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    let (status, data) = try await TokenEndpoint.get("\(base)/.well-known/openid-configuration")
    guard status == 200, let found = try? JSONDecoder().decode(Discovery.self, from: data), found.issuer == issuer
    else { throw LoginError("\(base)/.well-known/openid-configuration n'est pas celui de / is not that of \(issuer)") }
    guard let address = found.device_authorization_endpoint else {
      throw LoginError("\(issuer) n'a pas de device flow ; donnez un jeton par --token-file / has no device flow")
    }
    let (asked, answer) = try await TokenEndpoint.post(address, ["client_id": client, "scope": scope])
    guard asked == 200, let prompt = try? JSONDecoder().decode(Prompt.self, from: answer) else {
      throw LoginError("\(address) : \(asked) \((try? JSONDecoder().decode(Refusal.self, from: answer))?.error ?? "")")
    }
    show(prompt)
    return try await poll(found.token_endpoint, prompt)
  }

  private func poll(_ address: String, _ prompt: Prompt) async throws -> TokenGrant {
    let end = ContinuousClock.now + .seconds(prompt.expires_in)
    var interval = max(1, prompt.interval ?? Self.standardInterval)
    while ContinuousClock.now < end {
      try await pause(interval)
      let (status, data) = try await TokenEndpoint.post(
        address,
        [
          "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": prompt.device_code,
          "client_id": client,
        ])
      if status == 200, let grant = TokenGrant(answer: data, from: address, client: client) { return grant }
      switch (try? JSONDecoder().decode(Refusal.self, from: data))?.error {
      case "authorization_pending": break
      case "slow_down": interval += Self.standardInterval
      case let error: throw LoginError("refusé par l'émetteur / refused by the issuer: \(error ?? "HTTP \(status)")")
      }
    }
    throw LoginError("le code a expiré ; recommencez / the code has expired: try again")
  }
}

/// Why there is no token.
struct LoginError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    // What the issuer says stands in it.
    self.description = PlainText.shown(description)
  }
}

/// Where secrets may be sent.
enum ServerAddress {
  /// Over TLS, or to this machine: on any other way somebody could read them.
  static func mayCarrySecrets(_ address: String) -> Bool {
    guard let url = URL(string: address), let host = url.host else { return false }
    return url.scheme == "https" || (url.scheme == "http" && isLoopback(host))
  }

  /// - Throws: `ValidationError` where ``mayCarrySecrets(_:)`` says no.
  static func checkForSecrets(_ address: String) throws {
    guard mayCarrySecrets(address) else {
      throw ValidationError(
        "\(address) : un jeton ou une clé ne part que par https:// / a token or key travels over https:// only")
    }
  }

  /// Whether it is an address of this machine.
  static func isHere(_ address: String) -> Bool { URL(string: address)?.host.map(isLoopback) ?? false }

  private static func isLoopback(_ host: String) -> Bool {
    ["localhost", "::1", "[::1]"].contains(host)
      || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
        && host.split(separator: ".").allSatisfy { UInt8($0) != nil })
  }
}
