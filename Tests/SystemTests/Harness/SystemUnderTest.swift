import Contract
import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Kubernetes
import Logging
import Model
import NIOConcurrencyHelpers
import SimulatedCluster
import TestSupport

/// The whole system, for one test: a database, a bus and clusters of its own, and the real programs as processes.
///
/// Parts outside the programs live in the test's process, so that a test can break them.
final class SystemUnderTest: Sendable {
  /// What a test needs other than the usual.
  struct Options: Sendable {
    /// The zone's clusters, simulated.
    var clusters: [String: ResourceList] = ["c1": Offered.large]
    /// The real API server in place of `c1`.
    var usesRealCluster = false
    /// A database server of the test's own, to stop at will.
    var ownsPostgres = false
    /// Settings of that server, as in `postgresql.conf`.
    var postgresSettings: [String: String] = [:]
  }

  /// A cluster of the zone.
  struct Cluster: Sendable {
    let name: String
    let capacity: ResourceList
    /// As `REGIE_CLUSTERS` takes it.
    let access: String
    let client: KubernetesClient
    let simulated: SimulatedCluster?
  }

  let zone: String
  let folder: String
  let postgres: PostgresServer
  let databaseURL: String
  let bootstrapServers: String
  /// The bus, where it is the mock; a mock of this test's own.
  let broker: MockBroker?
  let clusters: [Cluster]
  let signer: EventSigner
  /// What happened on the clusters, by their names.
  let histories: [String: ClusterHistory]
  private let programs = NIOLockedValueBox<[SystemUnderTestProgram]>([])

  static let quiet = KafkaBroker.quiet

  /// Runs `body` with a system, and ends all of it. When `body` throws, what the programs printed is printed.
  static func run(_ options: Options = Options(), _ body: (SystemUnderTest) async throws -> Void) async throws {
    let simulated = options.clusters.keys.filter { !(options.usesRealCluster && $0 == "c1") }
      .map { SimulatedCluster(name: $0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for cluster in simulated { group.addTask { try await cluster.run() } }
      let system = try await SystemUnderTest(options, simulated)
      for cluster in system.clusters {
        guard let history = system.histories[cluster.name] else { continue }
        group.addTask { await history.follow(cluster.client) }
      }
      var failure: (any Error)?
      do {
        try await body(system)
      } catch {
        failure = error
        let tails = system.programs.withLockedValue { $0.map { $0.tail() } }
        print("The test failed: \(error)\n\(tails.joined(separator: "\n"))")
      }
      do {
        try await system.endPrograms()
      } catch {
        failure = failure ?? error
      }
      group.cancelAll()
      // What is cancelled ends with that error, which says nothing.
      while let result = await group.nextResult() { _ = result }
      await system.release()
      if let failure { throw failure }
    }
  }

  private init(_ options: Options, _ simulated: [SimulatedCluster]) async throws {
    // A real broker keeps the topics of earlier runs: each test has a zone of its own.
    zone = "z" + String(String(UInt64.random(in: .min ... .max), radix: 36).prefix(8))
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("regie-system-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var server = PostgresServer.Options()
    server.settings = options.postgresSettings
    postgres = try await options.ownsPostgres ? PostgresServer.start(server) : PostgresServer.shared()
    databaseURL = try await postgres.freshDatabase().url
    broker = KafkaBroker.hasReal ? nil : try MockBroker()
    bootstrapServers = try broker?.bootstrapServers ?? KafkaBroker.shared().bootstrapServers
    let key = Curve25519.Signing.PrivateKey()
    signer = EventSigner(key)
    try JSONEncoder().encode(JSONWebKey(privateKey: key)).write(to: URL(fileURLWithPath: "\(folder)/signing.json"))
    try JSONEncoder().encode(JSONWebKeySet([signer.publicKey]))
      .write(to: URL(fileURLWithPath: "\(folder)/verification.json"))
    var clusters: [Cluster] = []
    for (name, capacity) in options.clusters.sorted(by: { $0.key < $1.key }) {
      let cluster = simulated.first { $0.name == name }
      clusters.append(try await Self.cluster(name, capacity, cluster))
    }
    self.clusters = clusters
    histories = Dictionary(
      uniqueKeysWithValues: clusters.filter { $0.simulated != nil }.map { ($0.name, ClusterHistory()) })
  }

  private static func cluster(
    _ name: String, _ capacity: ResourceList, _ simulated: SimulatedCluster?
  ) async throws -> Cluster {
    let access: String
    let configuration: KubernetesConfiguration
    if let simulated {
      access = "http://127.0.0.1:\(try await simulated.port)"
      configuration = try .plain(url: access)
    } else {
      access = try await KubernetesServer.shared().adminKubeconfigPath
      configuration = try .kubeconfig(paths: [access])
    }
    return Cluster(
      name: name, capacity: capacity, access: access, client: try KubernetesClient(configuration, logger: quiet),
      simulated: simulated)
  }

  /// Ends what still runs; that a program crashed by itself is a failure of any test.
  private func endPrograms() async throws {
    var failure: (any Error)?
    for program in programs.withLockedValue({ $0 }).reversed() {
      do {
        if program.exitStatus == nil { try await program.stop() }
        if let status = program.exitStatus, [-SIGILL, -SIGTRAP, -SIGABRT, -SIGSEGV, -SIGBUS].contains(status) {
          throw NotSeen(description: "\(program.name) crashed:\n\(program.tail(200))")
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func release() async {
    for cluster in clusters { await cluster.client.shutdown() }
    await broker?.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Starts one of the programs.
  func start(
    _ program: String, as name: String? = nil, environment: [String: String]
  ) throws -> SystemUnderTestProgram {
    let started = try SystemUnderTestProgram.start(program, as: name, environment: environment)
    programs.withLockedValue { $0.append(started) }
    return started
  }
}
