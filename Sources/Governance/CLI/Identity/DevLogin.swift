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

  /// The token for a service, if a running `regie dev` has left one in the data folder of this folder.
  static func token(for server: String, in folder: String = ".regie") -> String? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
      let file = try? JSONDecoder().decode(File.self, from: data), file.server == server
    else { return nil }
    return file.token
  }

  /// Leaves a token.
  static func write(_ token: String, for server: String, in folder: String) throws {
    try PrivateFile.write(try JSONEncoder().encode(File(server: server, token: token)), to: "\(folder)/\(name)")
  }
}
