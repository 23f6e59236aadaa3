import ArgumentParser
import Foundation

/// What the client shows the service to be known.
enum Credential: Sendable, Hashable {
  /// A token of the issuer.
  case token(String)
  /// An API key.
  case key(String)

  /// The header it travels in.
  var header: (name: String, value: String) {
    switch self {
    case .token(let text): ("authorization", "Bearer \(text)")
    case .key(let text): ("x-api-key", text)
    }
  }

  /// The one for a service: what the environment says, else what `regie login` has stored for it, else what `regie dev` has
  /// left here. Nil where there is none: there are services that know nobody.
  ///
  /// - Throws: `ValidationError` where two are given, a file can not be read, or what is stored can be in no header.
  static func find(for server: String, _ environment: [String: String]) throws -> Credential? {
    if let given = try given(environment) { return given }
    if let stored = try StoredLogins.load(environment).grant(for: server) {
      return .token(try checked(stored.token, "« regie login » : \(StoredLogins.path(environment))"))
    }
    guard let left = DevLogin.token(for: server) else { return nil }
    return .token(try checked(left, "« regie dev » : .regie/\(DevLogin.name)"))
  }

  /// The one that the environment says.
  ///
  /// - Throws: `ValidationError` where two are given, or a file can not be read.
  static func given(_ environment: [String: String]) throws -> Credential? {
    let given = try [
      ("REGIE_TOKEN", Credential.token), ("REGIE_API_KEY", Credential.key),
    ].flatMap { name, make in
      [
        try environment.variable(name).map { make(try checked($0, name)) },
        try environment.variable("\(name)_FILE").map { make(try read($0, "\(name)_FILE")) },
      ].compactMap(\.self)
    }
    guard given.count < 2 else {
      throw ValidationError(
        "un seul de REGIE_TOKEN, REGIE_TOKEN_FILE, REGIE_API_KEY, REGIE_API_KEY_FILE / only one of them is wanted")
    }
    return given.first
  }

  /// - Parameter source: For the message.
  static func read(_ path: String, _ source: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), !text.allSatisfy(\.isWhitespace)
    else { throw ValidationError("\(source) : \(path) ne peut être lu, ou est vide / can not be read, or is empty") }
    return try checked(text, "\(source) : \(path)")
  }

  /// A token or key without the line end that files and mounted secrets bring along.
  ///
  /// - Parameter source: For the message.
  /// - Throws: `ValidationError` where nothing is left, or what can be in no header. It does not repeat it.
  static func checked(_ text: String, _ source: String) throws -> String {
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.isEmpty, secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError(
        "\(source) : attendu un jeton ou une clé, sur une ligne, en caractères ASCII visibles "
          + "/ a token or key is wanted, in one line of visible ASCII characters")
    }
    return secret
  }
}
