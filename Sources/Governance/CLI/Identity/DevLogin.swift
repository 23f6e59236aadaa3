import Foundation

/// The token that `regie dev` leaves for whoever works in the same folder, beside its data.
enum DevLogin {
  /// Where it is below the data folder.
  static let name = "login.json"

  /// What the file holds.
  struct File: Codable {
    /// The service that it is for, and no other.
    var server: String
    /// The token.
    var token: String
  }

  /// The token for a service, if a running `regie dev` has left one in the data folder of this folder. The folder may be
  /// somebody else's, of a repository that was cloned: so it is for this machine only, and nobody else may read or write it.
  static func token(for server: String, in folder: String = ".regie") -> String? {
    let path = "\(folder)/\(name)"
    guard ServerAddress.isHere(server),
      let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber,
      mode.intValue & 0o077 == 0, let data = FileManager.default.contents(atPath: path),
      let file = try? JSONDecoder().decode(File.self, from: data), file.server == server
    else { return nil }
    return file.token
  }

  /// Leaves a token.
  static func write(_ token: String, for server: String, in folder: String) throws {
    try PrivateFile.write(try JSONEncoder().encode(File(server: server, token: token)), to: "\(folder)/\(name)")
  }
}
