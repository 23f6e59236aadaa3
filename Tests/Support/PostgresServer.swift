internal import Foundation
internal import NIOConcurrencyHelpers
public import Postgres

/// A throw-away PostgreSQL server on the loopback interface, gone with the test process.
///
/// With `REGIE_TEST_POSTGRES` set to the URL of a server (as one who may create databases), ``shared()`` uses that one.
public final class PostgresServer: Sendable {
  /// How a server differs from the default one.
  public struct Options: Sendable {
    /// Whether commits reach the disk; without, tests are faster.
    public var fsync = false
    /// Settings as in `postgresql.conf`.
    public var settings: [String: String] = [:]
    /// Lines to put in place of `pg_hba.conf`.
    public var hba: [String] = []
    /// PEM certificate and key; given, the server speaks TLS.
    public var certificate: (chain: String, key: String)?

    /// The defaults.
    public init() {}
  }

  private struct State {
    var databases = 0
    var templates: [String: Task<String, any Error>] = [:]
  }

  /// The folder of the cluster; `nil` for a server given from outside.
  public let folder: String?
  /// Its port on 127.0.0.1; `nil` for a server given from outside.
  public let port: Int?
  private let maintenance: PostgresConfiguration
  private let baseURL: String
  private let startOptions: String
  private let state = NIOLockedValueBox(State())

  /// Tells this process's databases from those of any other that uses a given server, or has used it: they stay there,
  /// and process numbers come again.
  private static let origin = String(UInt64.random(in: .min ... .max), radix: 36)

  private static let common = Task { () async throws -> PostgresServer in
    if let url = ProcessInfo.processInfo.environment["REGIE_TEST_POSTGRES"], !url.isEmpty {
      return try PostgresServer(givenURL: url)
    }
    return try await start()
  }

  /// How tests reach a database: patiently, since hundreds of them may connect at once on a busy machine.
  public static func configuration(_ url: String) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: url)
    configuration.connectTimeout = .seconds(30)
    // What would be given up for lost on a machine that stands still for a moment is not.
    configuration.answerTimeout = .seconds(60)
    return configuration
  }

  /// The one server of this test process, started at the first use.
  public static func shared() async throws -> PostgresServer {
    try await common.value
  }

  /// Starts a server for one test alone, which may stop and start it.
  public static func start(_ options: Options = Options()) async throws -> PostgresServer {
    let server = try PostgresServer(options)
    try await server.initialize(options)
    try await server.startAgain()
    return server
  }

  private init(givenURL url: String) throws {
    folder = nil
    port = nil
    startOptions = ""
    maintenance = try Self.configuration(url)
    guard var components = URLComponents(string: url) else {
      throw TestSupportError("REGIE_TEST_POSTGRES is not a URL such as postgres://user@127.0.0.1:5432/postgres")
    }
    components.path = "/DATABASE"
    baseURL = components.string ?? url
  }

  private init(_ options: Options) throws {
    let port = try FreePort.find()
    var template = Array("/tmp/regie-pg-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestSupportError("no temporary folder can be made") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.folder = folder
    self.port = port
    baseURL = "postgres://regie@127.0.0.1:\(port)/DATABASE"
    maintenance = try Self.configuration("postgres://regie@127.0.0.1:\(port)/postgres")
    var settings = [
      "port": "\(port)", "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "max_connections": "1000",
      "fsync": options.fsync ? "on" : "off", "full_page_writes": options.fsync ? "on" : "off",
    ]
    settings.merge(options.settings) { _, given in given }
    startOptions = settings.sorted { $0.key < $1.key }.map { "-c \($0.key)=\($0.value)" }.joined(separator: " ")
  }

  private func initialize(_ options: Options) async throws {
    guard let folder else { return }
    if getuid() == 0, let user = getpwnam("postgres") {
      chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
    }
    try ChildProcess.atEnd(
      run: "read pid < '\(folder)/data/postmaster.pid' && kill -QUIT $pid && "
        + "while kill -0 $pid; do sleep 0.05; done; rm -rf '\(folder)'")
    try await run(
      "initdb", "-D", "\(folder)/data", "-U", "regie", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
    let data = "\(folder)/data"
    if !options.hba.isEmpty {
      try overwrite("\(data)/pg_hba.conf", with: options.hba.joined(separator: "\n") + "\n")
    }
    if let certificate = options.certificate {
      try overwrite("\(data)/server.crt", with: certificate.chain)
      try overwrite("\(data)/server.key", with: certificate.key)
      try append("ssl = on\n", to: "\(data)/postgresql.conf")
    }
  }

  /// Starts the server again after ``stop(immediately:)``; returns when it accepts connections.
  public func startAgain() async throws {
    guard let folder else { return }
    try await run(
      "pg_ctl", "-D", "\(folder)/data", "-w", "-t", "300", "-l", "\(folder)/log", "-o", startOptions, "start")
  }

  /// Stops the server, with a farewell to its clients or, immediately, as a crash would.
  public func stop(immediately: Bool = false) async throws {
    guard let folder else { return }
    try await run("pg_ctl", "-D", "\(folder)/data", "-w", "-t", "300", "-m", immediately ? "immediate" : "fast", "stop")
  }

  /// Keeps a copy of the stopped server's disk.
  public func saveDisk() async throws {
    guard let folder else { return }
    try await ChildProcess.run("/bin/cp", ["-a", "\(folder)/data", "\(folder)/saved"])
  }

  /// Puts the copy in the place of the stopped server's disk, as a restore does.
  public func bringBackDisk() async throws {
    guard let folder else { return }
    try FileManager.default.removeItem(atPath: "\(folder)/data")
    try FileManager.default.moveItem(atPath: "\(folder)/saved", toPath: "\(folder)/data")
  }

  /// Ends the server's first process as a crash would (`kill -9`); returns when its children are gone as well.
  public func crash() async throws {
    guard let folder else { return }
    let file = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
    // On the seventh line the key and the number of the memory that all its processes share.
    guard let pid = lines.first.flatMap({ Int32($0) }), lines.count > 6,
      let memory = lines[6].split(separator: " ").last
    else { throw TestSupportError("\(folder)/data/postmaster.pid names no process, or no memory") }
    kill(pid, SIGKILL)
    // Children notice by themselves, each in its time; while one has the memory the server can not be started again.
    let end = ContinuousClock.now + .seconds(120)
    while kill(pid, 0) == 0 || Self.isAttached(memory) {
      guard ContinuousClock.now < end else { throw TestSupportError("processes of \(folder)/data do not end") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Whether any process has the segment of shared memory with this number.
  private static func isAttached(_ segment: Substring) -> Bool {
    let table = (try? String(contentsOfFile: "/proc/sysvipc/shm", encoding: .utf8)) ?? ""
    let rows = table.split(separator: "\n").map { $0.split(separator: " ") }
    // key shmid perms size cpid lpid nattch …
    return rows.contains { $0.count > 6 && $0[1] == segment && $0[6] != "0" }
  }

  /// A new database, copied from a template (an empty one by default).
  public func freshDatabase(template: String = "template0") async throws -> PostgresDatabase {
    try await freshDatabase(from: template, cuttingOff: false)
  }

  private func freshDatabase(from template: String, cuttingOff: Bool) async throws -> PostgresDatabase {
    let number = state.withLockedValue { state in
      state.databases += 1
      return state.databases
    }
    let name = "test_\(Self.origin)_\(number)"
    try await create(name, from: template, cuttingOff: cuttingOff)
    return PostgresDatabase(name: name, url: url(of: name))
  }

  /// A copy of a database as it is now. Whoever is connected to it is cut off, as no copy is made beside them.
  public func copy(of name: String) async throws -> PostgresDatabase {
    _ = try await PostgresConnection.withConnection(maintenance) { connection in
      try await connection.execute("ALTER DATABASE \(unescaped: name) ALLOW_CONNECTIONS false")
    }
    let copy = try await freshDatabase(from: name, cuttingOff: true)
    _ = try await PostgresConnection.withConnection(maintenance) { connection in
      try await connection.execute("ALTER DATABASE \(unescaped: name) ALLOW_CONNECTIONS true")
    }
    return copy
  }

  /// Prepares a template once per process, by its name, and returns the database's name for
  /// ``freshDatabase(template:)``.
  public func template(
    _ name: String, prepare: @escaping @Sendable (_ url: String) async throws -> Void
  ) async throws -> String {
    let task = state.withLockedValue { state in
      if let task = state.templates[name] { return task }
      let task = Task {
        let database = try await self.freshDatabase()
        try await prepare(database.url)
        return database.name
      }
      state.templates[name] = task
      return task
    }
    return try await task.value
  }

  /// The URL of a database of this server.
  public func url(of database: String) -> String {
    baseURL.replacingOccurrences(of: "DATABASE", with: database)
  }

  /// - Parameter cuttingOff: Whether those who are connected to the template are cut off.
  private func create(_ name: String, from template: String, cuttingOff: Bool) async throws {
    let end = ContinuousClock.now + .seconds(300)
    while true {
      do {
        _ = try await PostgresConnection.withConnection(maintenance) { connection in
          if cuttingOff {
            _ = try await connection.query(
              """
              SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
              WHERE datname = \(template) AND backend_type = 'client backend'
              """, deadline: end)
          }
          return try await connection.execute(
            "CREATE DATABASE \(unescaped: name) TEMPLATE \(unescaped: template)", deadline: end)
        }
        return
      } catch let error as PostgresError where error.sqlState == Self.inUse && ContinuousClock.now < end {
        // For five seconds the server has waited for the end of who has left the template, or was cut off; who had only
        // just connected to it was not seen.
      }
    }
  }

  private static let inUse = PostgresSQLState(rawValue: "55006")

  /// Dumps a database into a file, as an operator would.
  public func dump(_ url: String, to path: String) async throws {
    try await ChildProcess.run(try Self.tool("pg_dump"), ["--format=custom", "--file=\(path)", "--dbname=\(url)"])
  }

  /// Puts a dump in the place of what a database holds, as an operator is told to (docs/operations/backup.md): others see all
  /// of it at once, or nothing.
  public func restore(_ path: String, into url: String) async throws {
    let text = "\(path)-\(UUID().uuidString).sql"
    defer { try? FileManager.default.removeItem(atPath: text) }
    try await ChildProcess.run(try Self.tool("pg_restore"), ["--file=\(text)", path])
    try await ChildProcess.run(
      try Self.tool("psql"),
      [
        "--no-psqlrc", "--dbname=\(url)", "--single-transaction", "--set=ON_ERROR_STOP=1",
        "--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public", "--file=\(text)",
      ])
  }

  /// Unlike the server's own programs, these may run as root.
  private static func tool(_ name: String) throws -> String {
    guard let path = ChildProcess.locate(name, alsoIn: folders) else {
      throw TestSupportError("\(name) is not installed: apt-get install postgresql")
    }
    return path
  }

  private static var folders: [String] {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
  }

  /// Runs a program of the server; as user `postgres` where the tests run as root, which these programs refuse.
  private func run(_ program: String, _ arguments: String...) async throws {
    guard let path = ChildProcess.locate(program, alsoIn: Self.folders) else {
      throw TestSupportError("\(program) is not installed: apt-get install postgresql, or set REGIE_TEST_POSTGRES")
    }
    guard getuid() == 0 else {
      try await ChildProcess.run(path, arguments)
      return
    }
    guard let setpriv = ChildProcess.locate("setpriv") else {
      throw TestSupportError("setpriv is not installed: apt-get install util-linux, or do not run the tests as root")
    }
    let asPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups", path]
    try await ChildProcess.run(setpriv, asPostgres + arguments)
  }

  private func overwrite(_ path: String, with text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    chmod(path, 0o600)
    if getuid() == 0, let user = getpwnam("postgres") {
      chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
  }

  private func append(_ text: String, to path: String) throws {
    let old = try String(contentsOfFile: path, encoding: .utf8)
    try overwrite(path, with: old + text)
  }
}

/// A database for one test.
public struct PostgresDatabase: Sendable {
  /// Its name on the server.
  public let name: String
  /// Where to connect.
  public let url: String
}
