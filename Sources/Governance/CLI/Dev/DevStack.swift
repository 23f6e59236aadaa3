import Crypto
import Events
import Foundation
import Model

/// What runs once the stack is up.
struct RunningStack: Sendable {
  /// The API's address.
  let server: String
  /// Cluster name → how its API is reached.
  let clusters: [String: DevCluster]
}

/// A cluster of the stack.
enum DevCluster: Sendable {
  case simulated(url: String)
  case real(kubeconfig: String)
}

/// Starts the process tree, hands over, and stops it.
struct DevStack: Sendable {
  let plan: DevPlan

  /// Starts everything, runs `body`, then stops everything; also when `body` fails or a process ends by itself.
  func run(_ body: @escaping @Sendable (RunningStack) async throws -> Void) async throws {
    let folder = try DevFolder(plan.directory)
    defer { folder.close() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      let tree = ProcessTree(folder: folder)
      group.addTask { try await tree.supervise() }
      group.addTask {
        let running = try await start(tree, folder)
        try await body(running)
      }
      // Whichever ends first ends the rest: the scenario, or a process that fell over.
      try await group.next()
    }
  }

  private func start(_ tree: ProcessTree, _ folder: DevFolder) async throws -> RunningStack {
    let started = ContinuousClock.now
    let programs = try Programs.find()
    let postgres = try DevPostgres(folder: folder)
    Console.note("PostgreSQL : préparation… / preparing…")
    try await postgres.initialise()
    async let database = postgres.start(in: tree)
    async let broker = startBroker(tree, programs)
    async let clusters = startClusters(tree, programs)
    let (databaseURL, bootstrap, apis) = try await (database, broker, clusters)
    let keys = try folder.writeKeys()
    let server = try await startGovernance(tree, programs, databaseURL, bootstrap, keys.signing)
    try await startAgents(tree, programs, bootstrap, keys.verification, apis)
    Console.note("Prêt en \(Self.seconds(since: started)) s. / Ready.\n")
    return RunningStack(server: server, clusters: apis)
  }

  private func startBroker(_ tree: ProcessTree, _ programs: Programs) async throws -> String {
    let line = try await tree.start("broker", programs.regie, ["broker"]) { $0.hasPrefix("bootstrap.servers=") }
    Console.note("Kafka (courtier simulé) : prêt / ready")
    return String(line.dropFirst("bootstrap.servers=".count))
  }

  private func startClusters(_ tree: ProcessTree, _ programs: Programs) async throws -> [String: DevCluster] {
    let names = plan.offer.clusters.map(\.name)
    return try await withThrowingTaskGroup(of: (String, DevCluster).self) { group in
      for name in names {
        if let kubeconfig = plan.realClusters[name] {
          group.addTask { (name, .real(kubeconfig: kubeconfig)) }
        } else {
          group.addTask {
            let line = try await tree.start(
              "cluster-\(name)", programs.regie, ["simulated-cluster", "--name", name]
            ) { $0.hasPrefix("server=") }
            return (name, .simulated(url: String(line.dropFirst("server=".count))))
          }
        }
      }
      var clusters: [String: DevCluster] = [:]
      for try await (name, cluster) in group { clusters[name] = cluster }
      let simulated = names.count - plan.realClusters.count
      Console.note("Kubernetes : \(simulated) clusters simulés, \(plan.realClusters.count) réels / simulated, real")
      return clusters
    }
  }

  private func startGovernance(
    _ tree: ProcessTree, _ programs: Programs, _ databaseURL: String, _ bootstrap: String, _ signingKey: String
  ) async throws -> String {
    let port = try plan.port ?? FreePorts.next()
    _ = try await tree.start(
      "governance", programs.governance, [],
      environment: [
        "DATABASE_URL": databaseURL, "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "REGIE_SIGNING_KEY_FILE": signingKey,
        "REGIE_LISTEN_ADDRESS": "127.0.0.1:\(port)", "REGIE_KAFKA_REPLICATION": "1",
        "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
      ]
    ) { $0.contains("The API is served") }
    Console.note("governance : http://127.0.0.1:\(port)")
    return "http://127.0.0.1:\(port)"
  }

  /// One agent per zone that has clusters it may write to or report on.
  private func startAgents(
    _ tree: ProcessTree, _ programs: Programs, _ bootstrap: String, _ keys: String, _ apis: [String: DevCluster]
  ) async throws {
    for zone in plan.offer.zones {
      let clusters = plan.offer.clusters.filter { $0.spec.zone == zone.name }.map(\.name).sorted()
      guard !clusters.isEmpty else { continue }
      let access = clusters.compactMap { name -> String? in
        switch apis[name] {
        case .simulated(let url): "\(name)=\(url)"
        case .real(let kubeconfig): "\(name)=\(kubeconfig)"
        case nil: nil
        }
      }
      let port = try FreePorts.next()
      try await tree.launch(
        "agent-\(zone.spec.slug)", programs.agent, [],
        environment: [
          "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "REGIE_ZONE": zone.spec.slug, "REGIE_VERIFICATION_KEYS_FILE": keys,
          "REGIE_CLUSTERS": access.joined(separator: ","), "REGIE_TELEMETRY_ADDRESS": "127.0.0.1:\(port)",
          "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10",
        ])
      Console.note("region-agent \(zone.spec.slug) : \(clusters.joined(separator: ", "))")
    }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> String {
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    return String(format: "%.1f", milliseconds / 1000)
  }
}
