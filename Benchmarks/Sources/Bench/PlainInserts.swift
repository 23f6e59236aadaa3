import Foundation
import Postgres
import Subjects
import TestSupport

/// What the server does when it is asked for one row at a time and nothing else: `pgbench`, one insert per transaction.
struct PlainInserts {
  private let program: String
  private let url: String
  private let script: String

  init(server: PostgresServer) async throws {
    let versions = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").sorted()
    let paths = versions.reversed().map { "/usr/lib/postgresql/\($0)/bin/pgbench" }
    guard let found = paths.first(where: FileManager.default.isExecutableFile) else {
      throw BenchError("there is no pgbench in /usr/lib/postgresql; it comes with the server's package")
    }
    program = found
    url = try await server.freshDatabase().url
    let table: PostgresQuery = """
      CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp())
      """
    _ = try await PostgresConnection.withConnection(try PostgresConfiguration(url: url)) { try await $0.execute(table) }
    script = FileManager.default.temporaryDirectory.appendingPathComponent("plain-\(UUID().uuidString).sql").path
    try "\\set n random(1, 1000000)\nINSERT INTO plain (number) VALUES (:n);\n"
      .write(toFile: script, atomically: true, encoding: .utf8)
  }

  /// Rows in all, and per second of the longer of two runs, which takes about that time.
  ///
  /// A run is ended by its count of rows. `--time` waits for a signal, and whoever is started from one of Swift's threads
  /// has all signals blocked: it would go on for ever.
  func rate(clients: Int, for time: Duration) async throws -> (rows: Int, perSecond: Double) {
    let trial = try run(clients: clients, rows: 30)
    let rows = max(30, Int(trial * (time / .seconds(1))) / clients)
    return ((30 + rows) * clients, try run(clients: clients, rows: rows))
  }

  private func run(clients: Int, rows: Int) throws -> Double {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "--no-vacuum", "--protocol=prepared", "--client=\(clients)", "--jobs=2", "--transactions=\(rows)",
      "--file=\(script)", url,
    ]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
      let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) })
    else { throw BenchError("pgbench says no rate:\n\(text)") }
    return rate
  }
}
