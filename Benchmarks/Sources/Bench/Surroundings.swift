import Crypto
import Events
import Foundation
import Kafka
import Logging
import Postgres
import Subjects
import TestSupport

/// What the programs under measurement stand on: a database whose commits reach the disk, a broker, and signing keys.
/// All of it is gone with this process, however it ends.
final class Surroundings: Sendable {
  static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

  /// A real broker keeps the topics of earlier runs: each part has a zone of its own.
  let zone: String
  let folder: String
  let postgres: PostgresServer
  let database: PostgresConfiguration
  let bus: KafkaConfiguration
  private let databaseURL: String
  private let broker: BenchBroker

  init() async throws {
    zone = "b" + String(String(UInt64.random(in: .min ... .max), radix: 36).prefix(8))
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var options = PostgresServer.Options()
    options.fsync = true
    postgres = try await PostgresServer.start(options)
    databaseURL = try await postgres.freshDatabase().url
    database = try PostgresConfiguration(url: databaseURL)
    try await Self.describe(database)
    broker = try await BenchBroker.start()
    Console.note("broker: \(broker.description)")
    bus = try broker.configuration(as: "regie-bench")
    let key = Curve25519.Signing.PrivateKey()
    try JSONEncoder().encode(JSONWebKey(privateKey: key)).write(to: URL(fileURLWithPath: "\(folder)/signing.json"))
    try JSONEncoder().encode(JSONWebKeySet([JSONWebKey(publicKey: key.publicKey)]))
      .write(to: URL(fileURLWithPath: "\(folder)/verification.json"))
  }

  /// Says what the server itself says, since commits that do not reach the disk would make every figure worthless.
  private static func describe(_ configuration: PostgresConfiguration) async throws {
    let rows = try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.query(
        """
        SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
          current_setting('synchronous_commit') AS durable
        """)
    }
    guard let row = rows.first else { throw BenchError("PostgreSQL does not say how it is set") }
    let (fsync, durable) = (try row.decode(String.self, "fsync"), try row.decode(String.self, "durable"))
    guard fsync == "on", durable == "on" else {
      throw BenchError("PostgreSQL has fsync \(fsync) and synchronous_commit \(durable); both must be on")
    }
    let version = try row.decode(String.self, "version")
    Console.note("PostgreSQL: \(version), a throw-away one, fsync and synchronous_commit on")
  }

  /// Starts the service; returns when it is ready.
  func startGovernance() async throws -> Service {
    let port = try FreePort.find()
    let program = try SystemUnderTestProgram.start(
      "governance",
      environment: broker.environment.merging([
        "DATABASE_URL": databaseURL, "REGIE_SIGNING_KEY_FILE": "\(folder)/signing.json",
        "REGIE_KAFKA_REPLICATION": ProcessInfo.processInfo.environment["REGIE_KAFKA_REPLICATION"] ?? "1",
        "REGIE_LISTEN_ADDRESS": "127.0.0.1:\(port)", "REGIE_AUTHENTICATION": "none",
      ]) { $1 })
    let service = Service(program: program, address: "http://127.0.0.1:\(port)")
    try await service.waitUntilReady()
    return service
  }

  /// Starts the zone's agent; returns when it has read its topic.
  ///
  /// - Parameter clusters: As `REGIE_CLUSTERS` takes them.
  func startAgent(clusters: String) async throws -> Service {
    let port = try FreePort.find()
    let program = try SystemUnderTestProgram.start(
      "region-agent",
      environment: broker.environment.merging([
        "REGIE_ZONE": zone, "REGIE_VERIFICATION_KEYS_FILE": "\(folder)/verification.json", "REGIE_CLUSTERS": clusters,
        "REGIE_TELEMETRY_ADDRESS": "127.0.0.1:\(port)",
      ]) { $1 })
    let service = Service(program: program, address: "http://127.0.0.1:\(port)")
    try await service.waitUntilReady()
    return service
  }

  /// Ends what was started here; the database ends with this process.
  func end() async throws {
    try await broker.stop()
    try await postgres.stop(immediately: true)
    try? FileManager.default.removeItem(atPath: folder)
  }
}
