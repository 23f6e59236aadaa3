import Capacity
import Conformity
import Events
import Foundation
import Kafka
import Kubernetes
import Logging
import Model
import Reactor
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
    let keys = KeyFile(path: settings.verificationKeys, logger: logger)
    let verifier = try keys.read().verifier
    let guardPolicy = try readGuard()
    let environment = ProcessInfo.processInfo.environment
    let bus = try KafkaConfiguration(environment: environment, clientID: "regie-agent-\(settings.zone)")
    let clients = try clients(environment, logger)
    do {
      try await serve(telemetry, verifier, keys, guardPolicy, bus, clients, logger)
    } catch {
      await shutDown(clients)
      throw error
    }
    await shutDown(clients)
  }

  /// Looks at what the agent needs and changes nothing; what the environment says wrong is thrown.
  func check() async throws -> CheckReport {
    // The report is all that a reader of standard output wants; what libraries have to say of failures is in it.
    let logger = Logger(label: "region-agent") { _ in SwiftLogNoOpLogHandler() }
    let keys = try KeyFile(path: settings.verificationKeys, logger: logger).read().keys
    _ = try readGuard()
    let environment = ProcessInfo.processInfo.environment
    let bus = try KafkaConfiguration(environment: environment, clientID: "regie-agent-\(settings.zone)")
    let clients = try clients(environment, logger)
    let check = AgentCheck(
      zone: settings.zone, home: settings.homeNamespace, keys: keys, bus: bus,
      clusters: clients.map { (name: $0, client: $1) }, logger: logger)
    let report = await check.run()
    await shutDown(clients)
    return report
  }

  private func clients(_ environment: [String: String], _ logger: Logger) throws -> [(String, KubernetesClient)] {
    // Nothing is made before all is read: a client that is thrown away must be shut down first.
    let configurations = try settings.clusters.map { ($0.name, try configuration(of: $0, environment)) }
    return try configurations.map { ($0, try KubernetesClient($1, logger: logger)) }
  }

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
    _ bus: KafkaConfiguration,
    _ clients: [(String, KubernetesClient)], _ logger: Logger
  ) async throws {
    let producer = try KafkaProducer(configuration: bus.named("reports"), logger: logger)
    let reporter = Reporter(producer: producer, zone: settings.zone, logger: logger)
    let news = Bell()
    let centre = CentreTime()
    let trust = TrustBoard()
    let workers = clients.map { name, client in
      ClusterWorker(
        name: name, zone: settings.zone, client: client, homeNamespace: settings.homeNamespace,
        concurrency: settings.concurrency, driftMode: settings.driftMode, now: { Timestamp(Date()) },
        centre: { centre.earliest }, logger: logger, submit: { reporter.submit($0) },
        healthChanged: { news.ring() }, mayDelete: { trust.refusal })
    }
    telemetry.metrics.add(ClusterCollector(workers: workers))
    let probers = clients.map { name, client in
      let prober = ConformityProber(
        cluster: name, client: client, labels: Labels.chosenByPolicies, fieldManager: Labels.fieldManager,
        now: { Timestamp(Date()) }, logger: logger, changed: { news.ring() })
      return (name, prober)
    }
    let meters = settings.measuresCapacity ? zip(clients, workers).map { Self.meter($0.0, $0.1, $1, news, logger) } : []
    let home = clients[0]
    let agent = AgentService(
      zone: settings.zone, bus: bus, verifier: verifier, newKeys: { keys.changed() }, guardPolicy: guardPolicy,
      workers: workers,
      probers: Dictionary(uniqueKeysWithValues: probers), meters: Dictionary(uniqueKeysWithValues: meters),
      reporter: reporter, centre: centre, trust: trust,
      incarnations: IncarnationRegister(
        client: home.1, namespace: settings.homeNamespace, zone: settings.zone,
        now: { Int64(Date().timeIntervalSince1970) }),
      heartbeat: settings.heartbeat,
      snapshotHealth: try telemetry.health.register("snapshot", component: "bus", role: .readiness),
      busHealth: try telemetry.health.register("kafka", component: "bus", role: .informative), news: news,
      logger: logger)
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(
            service: TelemetryServer(telemetry, listen: settings.telemetry, logger: logger) { port in
              logger.info("Probes and metrics are served", metadata: ["port": "\(port)"])
            }),
          .init(service: producer), .init(service: agent),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    do {
      try await group.run()
    } catch let error as TelemetryServerError {
      throw StartError(
        "REGIE_TELEMETRY_ADDRESS", "cannot listen on \(error.address): \(error.reason)",
        wanted: "free the port, or set another address")
    }
  }

  private static func meter(
    _ name: String, _ client: KubernetesClient, _ worker: ClusterWorker, _ news: Bell, _ logger: Logger
  ) -> (String, CapacityMeter) {
    let meter = CapacityMeter(
      cluster: name, client: client, kept: { await worker.keptNamespaces },
      now: { Timestamp(Date()) }, logger: logger, changed: { news.ring() })
    return (name, meter)
  }

  private func shutDown(_ clients: [(String, KubernetesClient)]) async {
    for (_, client) in clients { await client.shutdown() }
  }

  private func configuration(of source: ClusterSource, _ environment: [String: String]) throws
    -> KubernetesConfiguration
  {
    do {
      switch source.access {
      case .kubeconfig(let path, let context): return try .kubeconfig(paths: [path], context: context)
      case .inCluster: return try .inCluster(environment: environment)
      case .plain(let url): return try .plain(url: url)
      }
    } catch {
      throw StartError("REGIE_CLUSTERS", "cluster \(source.name): \(error)", wanted: ClusterSource.accepted)
    }
  }
}
