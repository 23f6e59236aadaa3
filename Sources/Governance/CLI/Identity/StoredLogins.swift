import ArgumentParser
import Foundation

/// The tokens that `regie login` has stored, by service, in a file that nobody else may read.
struct StoredLogins: Codable, Sendable, Hashable {
  /// What is stored for a service.
  struct Login: Codable, Sendable, Hashable {
    /// The token.
    var token: String
  }

  private var logins: [String: Login] = [:]

  /// Where they are: beside the configuration file.
  static func path(_ environment: [String: String]) -> String {
    environment["REGIE_CREDENTIALS"].flatMap { $0.isEmpty ? nil : $0 }
      ?? "\(environment["HOME"] ?? "")/.config/regie/credentials.json"
  }

  /// Reads the file; there need be none.
  ///
  /// - Throws: `ValidationError` where others may read or write it, or where it holds something else.
  static func load(_ environment: [String: String]) throws -> StoredLogins {
    let path = path(environment)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return StoredLogins() }
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    guard mode & 0o077 == 0 else {
      throw ValidationError(
        "\(path) : d'autres peuvent le lire ou l'écrire ; chmod 600 \(path) / others may read or write it")
    }
    guard let data = FileManager.default.contents(atPath: path),
      let logins = try? JSONDecoder().decode(StoredLogins.self, from: data)
    else { throw ValidationError("\(path) n'est pas de « regie login » / is not by regie login") }
    return logins
  }

  /// The token for a service.
  func token(for server: String) -> String? { logins[server]?.token }

  /// Keeps a token for a service; nil forgets it.
  mutating func set(_ token: String?, for server: String) {
    logins[server] = token.map { Login(token: $0) }
  }

  /// Writes the file: at no moment may others read it, or see half of it.
  ///
  /// - Throws: `ValidationError` where it can not be written.
  func save(_ environment: [String: String]) throws {
    let path = Self.path(environment)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try PrivateFile.write(try encoder.encode(self), to: path)
    } catch {
      throw ValidationError("\(path) ne peut être écrit / can not be written: \(error)")
    }
  }
}
