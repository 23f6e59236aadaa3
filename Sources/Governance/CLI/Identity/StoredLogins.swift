import ArgumentParser
import Foundation

/// The tokens that `regie login` has stored, by service, in a file that nobody else may read.
struct StoredLogins: Codable, Sendable, Hashable {
  private var logins: [String: TokenGrant] = [:]

  /// Where they are: beside the configuration file.
  static func path(_ environment: [String: String]) -> String {
    environment.variable("REGIE_CREDENTIALS") ?? "\(environment["HOME"] ?? "")/.config/regie/credentials.json"
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

  /// What is kept for a service.
  func grant(for server: String) -> TokenGrant? { logins[server] }

  /// Changes what is kept for a service; nil forgets it. One command at a time reads and writes the file.
  ///
  /// - Throws: `ValidationError` where it can not be read or written, or is used by another command for too long.
  static func set(_ grant: TokenGrant?, for server: String, _ environment: [String: String]) async throws {
    let lock = try await LoginLock.take(environment)
    defer { lock.release() }
    try replace(grant, for: server, environment)
  }

  /// The same, for who has the lock already.
  static func replace(_ grant: TokenGrant?, for server: String, _ environment: [String: String]) throws {
    var stored = try load(environment)
    stored.logins[server] = grant
    try stored.save(environment)
  }

  /// Writes the file: at no moment may others read it, or see half of it.
  private func save(_ environment: [String: String]) throws {
    let path = Self.path(environment)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do {
      try Self.makeFolder(environment)
      try PrivateFile.write(try encoder.encode(self), to: path)
    } catch {
      throw ValidationError("\(path) ne peut être écrit / can not be written: \(error)")
    }
  }

  /// Makes the folder of the file, for its owner alone.
  static func makeFolder(_ environment: [String: String]) throws {
    try FileManager.default.createDirectory(
      atPath: (path(environment) as NSString).deletingLastPathComponent, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
  }
}
