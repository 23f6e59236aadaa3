import Kafka
import Logging
import Telemetry

/// What the environment says.
struct AgentSettings: Sendable {
  let zone: String
  let clusters: [ClusterSource]
  let homeNamespace: String
  let verificationKeys: String
  let telemetry: ListenAddress
  let heartbeat: Duration
  let concurrency: Int
  let logLevel: Logger.Level

  init(_ environment: inout EnvironmentReader) {
    zone = environment.parsed(
      "REGIE_ZONE", standIn: "", accepts: "a zone's slug: 1 to 10 of a-z, 0-9 and -", "The zone's slug: whose topics are read."
    ) { text in
      let isSlug = (1...10).contains(text.utf8.count)
        && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
      return isSlug ? text : nil
    }
    clusters = environment.parsed(
      "REGIE_CLUSTERS", standIn: [], accepts: ClusterSource.accepted,
      "The zone's clusters, and how each is reached."
    ) { ClusterSource.list($0) }
    homeNamespace = environment.string(
      "REGIE_AGENT_NAMESPACE", default: "regie-system", "The agent's own namespace, on the first cluster.")
    verificationKeys = environment.string(
      "REGIE_VERIFICATION_KEYS_FILE", "Path of the JSON Web Key Set that desired states are verified with.")
    telemetry = environment.listenAddress(
      "REGIE_TELEMETRY_ADDRESS", default: ListenAddress(host: "127.0.0.1", port: 9090),
      "Where /livez, /readyz, /health and /metrics are served.")
    heartbeat = environment.duration(
      "REGIE_HEARTBEAT", default: .seconds(10), in: .milliseconds(100) ... .seconds(300), "Time between heartbeats.")
    concurrency = environment.integer(
      "REGIE_APPLY_CONCURRENCY", default: 16, in: 1...64, "Placements applied at once, per cluster.")
    logLevel = environment.logLevel()
  }
}

/// A cluster's name and where its API is found.
struct ClusterSource: Sendable, Hashable {
  /// How the API is reached.
  enum Access: Sendable, Hashable {
    case kubeconfig(path: String, context: String?)
    case inCluster
    case plain(url: String)
  }

  /// What a list of clusters looks like.
  static let accepted = "name=kubeconfig-path[#context], name=in-cluster or name=http://127.0.0.1:PORT, by commas"

  let name: String
  let access: Access

  /// Reads `name=access,name=access`; nil when a part is not of that form, or a name stands twice.
  static func list(_ text: String) -> [ClusterSource]? {
    var sources: [ClusterSource] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard halves.count == 2, !halves[0].isEmpty, let access = access(halves[1]),
        !sources.contains(where: { $0.name == halves[0] })
      else { return nil }
      sources.append(ClusterSource(name: halves[0], access: access))
    }
    return sources
  }

  private static func access(_ text: String) -> Access? {
    if text == "in-cluster" { return .inCluster }
    if text.hasPrefix("http://") { return .plain(url: text) }
    let halves = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard halves.allSatisfy({ !$0.isEmpty }) else { return nil }
    return .kubeconfig(path: halves[0], context: halves.count == 2 ? halves[1] : nil)
  }
}
