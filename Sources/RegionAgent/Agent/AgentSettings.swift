import Kafka
import Logging
import Reconciler
import Telemetry

/// What the environment says.
struct AgentSettings: Sendable {
  let zone: String
  let clusters: [ClusterSource]
  /// How clusters are kept that are not in mode `own`.
  let modes: [String: ClusterRules]
  /// The cluster with the agent's own namespace; nil for the first one that may be written to.
  let home: ClusterSource.Access?
  let gitops: GitOpsSource
  let argoCD: ArgoCDSettings
  let homeNamespace: String
  let verificationKeys: String
  /// Nil where the operator has set no guard.
  let guardFile: String?
  let telemetry: ListenAddress
  let heartbeat: Duration
  let concurrency: Int
  let driftMode: DriftMode
  let measuresCapacity: Bool
  let logLevel: Logger.Level
  /// What is set of Régie's own or for Kafka, and nothing here reads.
  let unread: [String]

  init(_ environment: inout EnvironmentReader) {
    zone = environment.parsed(
      "REGIE_ZONE", standIn: "", accepts: "a zone's slug: 1 to 10 of a-z, 0-9 and -",
      "The zone's slug: whose topics are read."
    ) { text in
      (1...10).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isLabelByte) ? text : nil
    }
    clusters = environment.parsed(
      "REGIE_CLUSTERS", standIn: [], accepts: ClusterSource.accepted,
      "The zone's clusters, and how each is reached."
    ) { ClusterSource.list($0) }
    modes = environment.parsed(
      "REGIE_CLUSTER_MODES", default: [:], defaultText: "every cluster in mode own", accepts: ClusterModes.accepted,
      "What the agent may do on clusters, as the offer says it too; own where nothing is said."
    ) { ClusterModes.list($0) }
    home = environment.optionalParsed(
      "REGIE_HOME_CLUSTER", accepts: ClusterSource.accessAccepted,
      "The cluster that holds the agent's own namespace; unless said, the zone's first one in mode own or adopt."
    ) { ClusterSource.access($0) }
    homeNamespace = environment.parsed(
      "REGIE_AGENT_NAMESPACE", default: "regie-system", defaultText: "regie-system",
      accepts: "a namespace's name: 1 to 63 of a-z, 0-9 and -, a letter or digit at both ends",
      "The agent's own namespace, on its home cluster and on every one in mode own or adopt."
    ) { text in
      let isName = (1...63).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isLabelByte)
      return isName && !text.hasPrefix("-") && !text.hasSuffix("-") ? text : nil
    }
    gitops = GitOpsSource(&environment)
    argoCD = ArgoCDSettings(&environment)
    verificationKeys = environment.string(
      "REGIE_VERIFICATION_KEYS_FILE", "Path of the JSON Web Key Set that desired states are verified with.")
    guardFile = environment.optionalString(
      "REGIE_GUARD_FILE",
      "Path of the operator's own guard: what may be done on the clusters, whatever is decided.")
    telemetry = environment.listenAddress(
      "REGIE_TELEMETRY_ADDRESS", default: ListenAddress(host: "127.0.0.1", port: 9090),
      "Where /livez, /readyz, /health and /metrics are served.")
    heartbeat = environment.duration(
      "REGIE_HEARTBEAT", default: .seconds(10), in: .milliseconds(100) ... .seconds(300), "Time between heartbeats.")
    concurrency = environment.integer(
      "REGIE_APPLY_CONCURRENCY", default: 32, in: 1...64, "Placements applied at once, per cluster.")
    driftMode = environment.parsed(
      "REGIE_DRIFT", default: .correct, defaultText: DriftMode.correct.rawValue,
      accepts: DriftMode.allCases.map(\.rawValue).joined(separator: ", "),
      "What is done about changes made by hand on the clusters."
    ) { DriftMode(rawValue: $0) }
    measuresCapacity = environment.boolean(
      "REGIE_MEASURE_CAPACITY", default: false,
      "Whether nodes and pods are watched to say what capacity there is; needs capacity.yaml's rights.")
    logLevel = environment.logLevel()
    unread =
      environment.unknownVariables(prefix: "REGIE_")
      + environment.unknownVariables(prefix: "KAFKA_").filter { !KafkaConfiguration.reads($0) }
  }

  private static func isLabelByte(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (48...57).contains(byte) || byte == 45
  }
}
