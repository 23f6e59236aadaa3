import ArgumentParser
import Foundation

/// The tokens that `regie dev` leaves for whoever works in the same folder, beside its data: the one that is shown, and
/// those of all its people.
enum DevLogin {
  /// Where the one that is shown is below the data folder.
  static let name = "login.json"
  /// Where all of them are.
  static let peopleName = "people.json"
  /// Where the shown one is alone, for `REGIE_TOKEN_FILE`.
  static let tokenName = "token"
  /// Where curl finds it.
  static let curlName = ".curlrc"

  /// What the file of the shown one holds.
  struct File: Codable {
    /// The service that it is for, and no other.
    var server: String
    /// The token.
    var token: String
  }

  /// What the file of all of them holds.
  struct People: Codable {
    /// The service that they are for, and no other.
    var server: String
    /// Tokens by name.
    var tokens: [String: String]
  }

  /// Where a running `regie dev` has left them: beside the token that `REGIE_TOKEN_FILE` names, or in this folder.
  static func folder(_ environment: [String: String]) -> String {
    guard let file = environment["REGIE_TOKEN_FILE"], !file.isEmpty else { return ".regie" }
    let folder = (file as NSString).deletingLastPathComponent
    return FileManager.default.fileExists(atPath: "\(folder)/\(peopleName)") ? folder : ".regie"
  }

  /// The token for a service, if a running `regie dev` has left one in the data folder of this folder. The folder may
  /// be somebody else's, of a repository that was cloned: so it is for this machine only, and nobody else may read or
  /// write it.
  static func token(for server: String, in folder: String = ".regie") -> String? {
    guard let file: File = read(name, for: server, in: folder), file.server == server else { return nil }
    return file.token
  }

  /// The token of one of the demo's people.
  ///
  /// - Throws: `ValidationError` where there is no demo for this service here, or nobody of this name.
  static func token(of person: String, for server: String, in folder: String) throws -> String {
    guard let people: People = read(peopleName, for: server, in: folder), people.server == server else {
      throw ValidationError(
        "--as : aucun « regie dev » pour \(server) dans \(folder) / there is no regie dev for it in this folder")
    }
    guard let token = people.tokens[person] else {
      throw ValidationError(
        "--as \(person) : attendu / expected \(people.tokens.keys.sorted().joined(separator: ", "))")
    }
    return token
  }

  private static func read<Value: Decodable>(_ name: String, for server: String, in folder: String) -> Value? {
    let path = "\(folder)/\(name)"
    guard ServerAddress.isHere(server),
      let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber,
      mode.intValue & 0o077 == 0, let data = FileManager.default.contents(atPath: path)
    else { return nil }
    return try? JSONDecoder().decode(Value.self, from: data)
  }

  /// Leaves a token where `regie` and curl find it: from now on it is the one that is shown.
  static func leave(_ token: String, for server: String, in folder: String) throws {
    try write(token, for: server, in: folder)
    try PrivateFile.write(Data(token.utf8), to: "\(folder)/\(tokenName)")
    try PrivateFile.write(Data("header = \"Authorization: Bearer \(token)\"\n".utf8), to: "\(folder)/\(curlName)")
  }

  /// Leaves the token that is shown.
  static func write(_ token: String, for server: String, in folder: String) throws {
    try PrivateFile.write(try JSONEncoder().encode(File(server: server, token: token)), to: "\(folder)/\(name)")
  }

  /// Leaves those of all people.
  static func write(people tokens: [String: String], for server: String, in folder: String) throws {
    let people = People(server: server, tokens: tokens)
    try PrivateFile.write(try JSONEncoder().encode(people), to: "\(folder)/\(peopleName)")
  }
}
