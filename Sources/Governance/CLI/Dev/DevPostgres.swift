import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A throw-away PostgreSQL in the data folder.
struct DevPostgres: Sendable {
  private let binaries: String
  private let data: String
  private let sockets: String
  private let port: Int
  /// PostgreSQL refuses to run as root: it is then run as its own user.
  private let user: String?

  /// Finds PostgreSQL.
  ///
  /// - Throws: ``DevError`` that says what to install.
  init(folder: DevFolder) throws {
    binaries = try Self.findBinaries()
    data = "\(folder.path)/postgres"
    sockets = "\(folder.path)/sockets"
    port = try FreePorts.next()
    user = getuid() == 0 ? "postgres" : nil
    for path in [data, sockets] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      guard user != nil else { continue }
      guard let entry = getpwnam("postgres") else {
        throw DevError("l'utilisateur « postgres » manque, or PostgreSQL refuse root : apt-get install postgresql")
      }
      guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
        throw DevError("\(path) ne peut être donné à l'utilisateur « postgres »")
      }
    }
  }

  /// Makes the cluster. Durability is not wanted of a throw-away: fsync is off.
  func initialise() async throws {
    let (executable, arguments) = command(
      "initdb", ["-D", data, "-U", "regie", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"])
    let result = try await Subprocess.run(
      .path(FilePath(executable)), arguments: Arguments(arguments), output: .string(limit: 1 << 16), error: .combinedWithOutput)
    guard result.terminationStatus.isSuccess else {
      throw DevError("initdb a échoué :\n\(result.standardOutput)")
    }
  }

  /// Starts the server.
  ///
  /// - Returns: The URL of its database.
  func start(in tree: ProcessTree) async throws -> String {
    let (executable, arguments) = command(
      "postgres",
      [
        "-D", data, "-k", sockets, "-h", "127.0.0.1", "-p", String(port), "-c", "fsync=off",
        "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=100",
      ])
    _ = try await tree.start("postgres", executable, arguments) { $0.contains("ready to accept connections") }
    Console.note("PostgreSQL : prêt / ready")
    return "postgresql://regie@127.0.0.1:\(port)/postgres"
  }

  private func command(_ program: String, _ arguments: [String]) -> (String, [String]) {
    let path = "\(binaries)/\(program)"
    guard let user else { return (path, arguments) }
    return ("/usr/bin/setpriv", ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", path] + arguments)
  }

  /// The newest installed version from 14 on.
  private static func findBinaries() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap(Int.init).sorted()
    if let best = versions.last(where: { $0 >= 14 && FileManager.default.isExecutableFile(atPath: "\(root)/\($0)/bin/initdb") }) {
      return "\(root)/\(best)/bin"
    }
    for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    where ["initdb", "postgres"].allSatisfy({ FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }) {
      return String(folder)
    }
    let found = versions.isEmpty ? "aucun PostgreSQL" : "PostgreSQL \(versions.map(String.init).joined(separator: ", "))"
    throw DevError("\(found) trouvé ; il faut la version 14 ou plus : apt-get install postgresql / version 14 or later is needed")
  }
}
