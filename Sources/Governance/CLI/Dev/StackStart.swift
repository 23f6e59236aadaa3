import Foundation
import Model
import NIOConcurrencyHelpers

/// How each part of the stack is started.
struct StackStart: Sendable {
  let tree: ProcessTree
  let folder: DevFolder
  let programs: Programs

  /// Consumers look this often, so that decisions travel at once: nothing else loads these brokers.
  private static let fetchWait = ["KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "10"]

  func broker() async throws -> String {
    let line = try await tree.start("broker", programs.regie, ["broker"]) { $0.hasPrefix("bootstrap.servers=") }
    Console.note("Kafka (courtier simulé) : prêt / ready")
    return String(line.dropFirst("bootstrap.servers=".count))
  }

  func clusters(_ plan: DevPlan) async throws -> [String: DevCluster] {
    let simulated = plan.offer.clusters.map(\.name).filter { plan.realClusters[$0] == nil }
    var clusters = plan.realClusters.mapValues { DevCluster.real(kubeconfig: $0) }
    try await withThrowingTaskGroup(of: (String, DevCluster).self) { group in
      for name in simulated {
        group.addTask {
          let line = try await tree.start(
            "cluster-\(name)", programs.regie, ["simulated-cluster", "--name", name]
          ) { $0.hasPrefix("server=") }
          return (name, .simulated(url: String(line.dropFirst("server=".count))))
        }
      }
      for try await (name, cluster) in group { clusters[name] = cluster }
    }
    Console.note("Kubernetes : \(simulated.count) simulés / simulated, \(plan.realClusters.count) réels / real")
    return clusters
  }

  /// - Returns: The API's address.
  func governance(
    on port: Int?, database: String, bootstrap: String, signingKey: String, identity: DevIdentity
  ) async throws -> String {
    let server: String
    if let port {
      do {
        server = try await governance(at: port, database, bootstrap, signingKey, identity)
      } catch is PortTaken {
        throw DevStack.taken(port)
      }
    } else {
      server = try await FreePorts.withNext { try await governance(at: $0, database, bootstrap, signingKey, identity) }
    }
    Console.note("governance : \(server)")
    return server
  }

  private func governance(
    at port: Int, _ database: String, _ bootstrap: String, _ signingKey: String, _ identity: DevIdentity
  ) async throws -> String {
    _ = try await tree.start(
      "governance", programs.governance, [],
      environment: [
        "DATABASE_URL": database, "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "REGIE_SIGNING_KEY_FILE": signingKey,
        "REGIE_LISTEN_ADDRESS": "127.0.0.1:\(port)", "REGIE_KAFKA_REPLICATION": "1",
      ].merging(Self.fetchWait) { $1 }.merging(identity.environment) { $1 }
    ) { $0.contains("The API is served") }
    return "http://127.0.0.1:\(port)"
  }

  /// One agent per zone that has clusters; they are ready once each has read its topic to the end.
  func agents(of offer: DemoOffer, bootstrap: String, keys: String, _ apis: [String: DevCluster]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for zone in offer.zones {
        let names = offer.clusters.filter { $0.spec.zone == zone.name }.map(\.name).sorted()
        let access = names.compactMap { name in apis[name].map { "\(name)=\($0.access)" } }
        guard !access.isEmpty else { continue }
        group.addTask {
          try await agent(zone.spec.slug, access, bootstrap: bootstrap, keys: keys)
          Console.note("region-agent \(zone.spec.slug) : \(names.joined(separator: ", "))")
        }
      }
      try await group.waitForAll()
    }
  }

  private func agent(_ slug: String, _ access: [String], bootstrap: String, keys: String) async throws {
    try await FreePorts.withNext { port in
      _ = try await tree.start(
        "agent-\(slug)", programs.agent, [],
        environment: [
          "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "REGIE_ZONE": slug, "REGIE_VERIFICATION_KEYS_FILE": keys,
          "REGIE_CLUSTERS": access.joined(separator: ","), "REGIE_TELEMETRY_ADDRESS": "127.0.0.1:\(port)",
        ].merging(Self.fetchWait) { $1 },
        // Both, in whatever order: an agent that has read its topic may still find its port taken.
        isReady: Self.allSaid("The snapshot is complete", "Probes and metrics are served"))
    }
  }

  /// Whether a process has said all of `texts`, as it sees its lines one by one.
  static func allSaid(_ texts: String...) -> @Sendable (String) -> Bool {
    let missing = NIOLockedValueBox(texts)
    return { line in
      missing.withLockedValue { missing in
        missing.removeAll { line.contains($0) }
        return missing.isEmpty
      }
    }
  }
}
