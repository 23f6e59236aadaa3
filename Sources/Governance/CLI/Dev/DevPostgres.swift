import Foundation
import Subprocess
import SystemPackage

/// A throw-away PostgreSQL in the data folder.
///
/// Its user may run programs as whoever runs the server (`COPY … FROM PROGRAM`), and others on this machine reach its
/// port: so it wants a password, made anew for each life, which nobody but this user reads.
struct DevPostgres: Sendable {
  private let binaries: String
  private let data: DevPostgresData
  private let password: String

  /// What its process is called.
  static let process = "postgres"
  /// How long it may take to end in order. Killed, it would leave processes behind that nobody knows of, and that
  /// write for a while where others remove its data.
  static let patience: Duration = .seconds(40)

  /// Finds PostgreSQL.
  ///
  /// - Throws: ``DevError`` that says what to install.
  init(folder: DevFolder) throws {
    binaries = try Self.findBinaries()
    password = (1...4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
    data = try .make(in: folder.path, password: password)
  }

  /// Makes the cluster. Durability is not wanted of a throw-away: fsync is off.
  func initialise() async throws {
    let (executable, arguments) = command(
      "initdb",
      [
        "-D", data.path, "-U", "regie", "-A", "scram-sha-256", "--pwfile=\(data.passwordFile)", "-E", "UTF8",
        "--locale=C", "--no-sync", "--no-instructions",
      ])
    let result = try await Subprocess.run(
      .path(FilePath(executable)), arguments: Arguments(arguments), workingDirectory: "/",
      output: .string(limit: 1 << 16), error: .combinedWithOutput)
    guard result.terminationStatus.isSuccess else {
      throw DevError("initdb a échoué :\n\(result.standardOutput)")
    }
  }

  /// Starts the server.
  ///
  /// - Returns: The URL of its database with the password: for environments, which others can not read, as they can
  ///   arguments.
  func start(in tree: ProcessTree) async throws -> String {
    try await FreePorts.withNext { port in
      // No Unix socket: its path could be too long, and nothing connects by it.
      let (executable, arguments) = command(
        "postgres",
        [
          "-D", data.path, "-k", "", "-h", "127.0.0.1", "-p", String(port), "-c", "fsync=off",
          "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=100",
        ])
      _ = try await tree.start(
        Self.process, executable, arguments, folder: "/", stop: .interrupt, patience: Self.patience
      ) { $0.contains("ready to accept connections") }
      Console.note("PostgreSQL : prêt / ready")
      return "postgresql://regie:\(password)@127.0.0.1:\(port)/postgres"
    }
  }

  /// PostgreSQL looks at the folder it is run in, which its own user may not be able to enter: it is run in `/`.
  private func command(_ program: String, _ arguments: [String]) -> (String, [String]) {
    let path = "\(binaries)/\(program)"
    guard let user = data.user else { return (path, arguments) }
    return ("/usr/bin/setpriv", ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", path] + arguments)
  }

  /// The newest installed version from 14 on, by Debian's folders, else in `searchPath`.
  static func findBinaries(
    root: String = "/usr/lib/postgresql", searchPath: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) throws -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let versions = names.compactMap { Int($0) }.sorted()
    func isComplete(_ folder: String) -> Bool {
      ["initdb", "postgres"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
    }
    if let best = versions.last(where: { $0 >= 14 && isComplete("\(root)/\($0)/bin") }) { return "\(root)/\(best)/bin" }
    if let folder = searchPath.split(separator: ":").map(String.init).first(where: isComplete), versions.isEmpty {
      return folder
    }
    let found =
      versions.isEmpty
      ? "aucun PostgreSQL trouvé" : "PostgreSQL \(versions.map(String.init).joined(separator: ", ")) trouvé"
    throw DevError(
      "\(found) ; il faut la version 14 ou plus récente : apt-get install postgresql / version 14 or later is needed")
  }
}
