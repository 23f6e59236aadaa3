import Events
import Foundation
import Kafka
import Kubernetes
import Logging
import Model
import Reconciler
import ServiceLifecycle
import Telemetry
import UnixSignals

/// Puts the agent together and runs it until it is told to stop.
struct AgentWiring: Sendable {
  let settings: AgentSettings

  func run() async throws {
    let telemetry = try Telemetry.bootstrap(
      component: "region-agent", build: BuildInfo(version: AgentVersion.current), level: settings.logLevel)
    let logger = Logger(label: "region-agent")
    if !settings.unread.isEmpty {
      logger.warning(
        "Variables are set that nothing reads: misspelt, or of no use as all else is set",
        metadata: ["variables": "\(settings.unread.joined(separator: ", "))"])
    }
    let keys = KeyFile(path: settings.verificationKeys, logger: logger)
    let verifier = try keys.read().verifier
    let guardPolicy = try readGuard()
    let environment = ProcessInfo.processInfo.environment
    let bus = try KafkaConfiguration(environment: environment, clientID: "regie-agent-\(settings.zone)")
    if let warning = bus.warning(isLocal: { ListenAddress(host: $0, port: 0).isLoopback }) {
      logger.warning("\(warning)")
    }
    let fleet = fleet(environment, logger)
    do {
      if let fault = fleet.faults.first { throw fault.error }
      guard let home = fleet.home else { throw Self.noHome }
      try await serve(telemetry, verifier, keys, guardPolicy, bus, fleet, home, logger)
    } catch {
      await fleet.shutdown()
      throw error
    }
    await fleet.shutdown()
  }

  /// Looks at what the agent needs and changes nothing. What can not be read keeps nothing else from being looked at.
  func check() async -> CheckReport {
    // The report is all that a reader of standard output wants; what libraries have to say of failures is in it.
    let logger = Logger(label: "region-agent") { _ in SwiftLogNoOpLogHandler() }
    let environment = ProcessInfo.processInfo.environment
    var book = FaultBook()
    let keys = book.read("keys") { try KeyFile(path: settings.verificationKeys, logger: logger).read().keys }
    _ = book.read("guard") { try readGuard() }
    let bus = book.read("bus") {
      try KafkaConfiguration(environment: environment, clientID: "regie-agent-\(settings.zone)")
    }
    let fleet = fleet(environment, logger)
    let check = AgentCheck(
      zone: settings.zone, home: settings.homeNamespace, keys: keys, bus: bus, clusters: fleet.clusters,
      homeCluster: fleet.isHomeApart ? fleet.home : nil,
      repository: usesRepository ? try? settings.gitops.configuration() : nil,
      measuresCapacity: settings.measuresCapacity, faults: book.faults + fleet.faults, unread: settings.unread,
      logger: logger)
    let report = await check.run()
    await fleet.shutdown()
    return report
  }

  /// The clusters that can be reached as the settings say, and what of these can not be followed.
  private func fleet(_ environment: [String: String], _ logger: Logger) -> Fleet {
    var book = FaultBook()
    _ = book.read("settings") { try checkModes() }
    if usesRepository { _ = book.read("repository") { try settings.gitops.configuration() } }
    _ = book.read("settings") { try checkApplications() }
    let argoCD = book.read("Argo CD") {
      try settings.argoCD.cluster.map {
        try KubernetesClient(try configuration(of: $0, environment, "REGIE_ARGOCD_CLUSTER", ""), logger: logger)
      }
    }
    let clusters = settings.clusters.compactMap { source in
      book.read("cluster \(source.name)") {
        let subject = "cluster \(source.name): "
        let client = try KubernetesClient(
          try configuration(of: source.access, environment, "REGIE_CLUSTERS", subject), logger: logger)
        let applications = settings.argoCD.applications[source.name].flatMap { named in
          (settings.argoCD.cluster == nil ? client : argoCD).map {
            ApplicationSource(client: $0, namespace: named.namespace, pattern: named.pattern)
          }
        }
        return AgentCluster(
          name: source.name, rules: rules(of: source), client: client, applications: applications)
      }
    }
    _ = book.read("settings") { try Self.checkServers(clusters) }
    let apart = book.read("home") {
      try settings.home.map {
        try KubernetesClient(try configuration(of: $0, environment, "REGIE_HOME_CLUSTER", ""), logger: logger)
      }
    }
    if settings.home == nil { _ = book.read("settings") { try checkHome() } }
    return Fleet(
      clusters: clusters, home: apart ?? clusters.first { $0.mayBeHome }?.client, isHomeApart: apart != nil,
      argoCD: argoCD, faults: book.faults)
  }

  private static let noHome = StartError(
    "REGIE_HOME_CLUSTER", "no cluster may be written to, and so none can keep what the agent must not forget",
    wanted: ClusterSource.accessAccepted)

  private func checkHome() throws {
    guard settings.clusters.contains(where: { rules(of: $0).mayBeHome }) else { throw Self.noHome }
  }

  private func rules(of source: ClusterSource) -> ClusterRules { settings.modes[source.name] ?? ClusterRules() }

  /// What was decided for one cluster would be made on another if two had the same API server.
  private static func checkServers(_ clusters: [AgentCluster]) throws {
    let byServer = Dictionary(grouping: clusters) { $0.client.configuration.server }
    let shared = byServer.filter { $0.value.count > 1 }.min { $0.key < $1.key }
    guard let shared else { return }
    throw StartError(
      "REGIE_CLUSTERS", "\(shared.value.map(\.name).joined(separator: ", ")) have one API server, \(shared.key)",
      wanted: "a server of its own for each")
  }

  private func checkModes() throws {
    let strangers = settings.modes.keys.filter { name in !settings.clusters.contains { $0.name == name } }.sorted()
    guard strangers.isEmpty else {
      throw StartError(
        "REGIE_CLUSTER_MODES", "\(strangers.joined(separator: ", ")) is no cluster of REGIE_CLUSTERS",
        wanted: settings.clusters.map(\.name).joined(separator: ", "))
    }
  }

  private func checkApplications() throws {
    let strangers = settings.argoCD.applications.keys.filter { settings.modes[$0]?.mode != .gitops }.sorted()
    guard strangers.isEmpty else {
      throw StartError(
        "REGIE_ARGOCD_APPLICATIONS", "\(strangers.joined(separator: ", ")) is no cluster in mode gitops",
        wanted: "clusters that REGIE_CLUSTER_MODES puts into it")
    }
    guard settings.argoCD.cluster == nil || !settings.argoCD.applications.isEmpty else {
      throw StartError(
        "REGIE_ARGOCD_CLUSTER", "a cluster is named and no Applications are", wanted: "REGIE_ARGOCD_APPLICATIONS too")
    }
  }

  private var usesRepository: Bool { settings.modes.values.contains { $0.mode == .gitops } }

  private func readGuard() throws -> GuardPolicy? {
    guard let path = settings.guardFile else { return nil }
    let wanted = "YAML with sensitivities, organisations, namespaces, quota or removals, in a file this user may read"
    do {
      return try GuardPolicy.read(String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8))
    } catch let error as DocumentErrors {
      throw StartError("REGIE_GUARD_FILE", "\(path): \(error)", wanted: wanted)
    } catch {
      throw StartError("REGIE_GUARD_FILE", "\(path) can not be read", wanted: wanted)
    }
  }

  private func serve(
    _ telemetry: Telemetry, _ verifier: EventVerifier, _ keys: KeyFile, _ guardPolicy: GuardPolicy?,
    _ bus: KafkaConfiguration, _ fleet: Fleet, _ home: KubernetesClient, _ logger: Logger
  ) async throws {
    let reports = bus.named("reports")
    // What the library refuses of the settings ends the start: no later try would cure it.
    _ = try KafkaProducer(configuration: reports, logger: logger)
    let gitops = try usesRepository ? settings.gitops.configuration() : nil
    let assembly = AgentAssembly(
      zone: settings.zone, clusters: fleet.clusters, home: home, homeNamespace: settings.homeNamespace,
      guardPolicy: guardPolicy, gitops: gitops, bus: bus, reports: reports, verifier: verifier,
      newKeys: { await keys.changed() },
      snapshotHealth: try telemetry.health.register("snapshot", component: "bus", role: .readiness),
      busHealth: try telemetry.health.register("kafka", component: "bus", role: .informative),
      heartbeat: settings.heartbeat, logger: logger, concurrency: settings.concurrency,
      driftMode: settings.driftMode, measuresCapacity: settings.measuresCapacity)
    let agent = assembly.service()
    telemetry.metrics.add(ClusterCollector(workers: agent.workers))
    var services = ServiceGroupConfiguration(
      services: [
        .init(
          service: TelemetryServer(telemetry, listen: settings.telemetry, logger: logger) { port in
            logger.info("Probes and metrics are served", metadata: ["port": "\(port)"])
          }),
        .init(service: agent),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Whatever clusters or the bus do: what has not ended in good order by then is cancelled, well within what a cluster
    // grants before it kills.
    services.maximumGracefulShutdownDuration = .seconds(10)
    let group = ServiceGroup(configuration: services)
    do {
      try await group.run()
    } catch let error as TelemetryServerError {
      throw StartError(
        "REGIE_TELEMETRY_ADDRESS", "cannot listen on \(error.address): \(error.reason)",
        wanted: "free the port, or set another address")
    }
  }

  private func configuration(
    of access: ClusterSource.Access, _ environment: [String: String], _ variable: String, _ subject: String
  ) throws -> KubernetesConfiguration {
    do {
      switch access {
      case .kubeconfig(let path, let context): return try .kubeconfig(paths: [path], context: context)
      case .inCluster: return try .inCluster(environment: environment)
      case .plain(let url): return try .plain(url: url)
      }
    } catch {
      throw StartError(
        variable, "\(subject)\(error)",
        wanted: subject.isEmpty ? ClusterSource.accessAccepted : ClusterSource.accepted)
    }
  }
}
