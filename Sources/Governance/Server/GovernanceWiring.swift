import API
import Events
import Foundation
import Kafka
import Logging
import Migration
import Postgres
import ServiceLifecycle
import Store
import Telemetry
import UnixSignals

/// Puts the service together and runs it until it is told to stop.
struct GovernanceWiring: Sendable {
  let settings: GovernanceSettings

  func run() async throws {
    let telemetry = try Telemetry.bootstrap(
      component: "governance", build: BuildInfo(version: GovernanceVersion.current), level: settings.logLevel)
    let logger = Logger(label: "governance")
    if !settings.unread.isEmpty {
      logger.warning(
        "Variables are set that nothing reads: misspelt, or of no use as all else is set",
        metadata: ["variables": "\(settings.unread.joined(separator: ", "))"])
    }
    let environment = ProcessInfo.processInfo.environment
    let database = try PostgresConfiguration(environment: environment)
    let bus = try settings.bus(environment)
    let isLocal = { (host: String) in ListenAddress(host: host, port: 0).isLoopback }
    for warning in [database.warning(isLocal: isLocal), bus.warning(isLocal: isLocal)].compactMap(\.self) {
      logger.warning("\(warning)")
    }
    let signer = try readSigner()
    let earlier = try readEarlierKeys()
    try await serve(telemetry, database, bus, signer, earlier, logger)
  }

  private func readEarlierKeys() throws -> JSONWebKeySet {
    guard let path = settings.earlierKeys else { return JSONWebKeySet([]) }
    let wanted = "a JSON Web Key Set of Ed25519 public keys in a file this user may read is wanted"
    do {
      let keys = try JSONWebKeySet.read(try Data(contentsOf: URL(fileURLWithPath: path)))
      _ = try EventVerifier(keys)
      return keys
    } catch let error as KeyError {
      throw StartError("REGIE_EARLIER_KEYS_FILE", "\(path): \(error)", wanted: wanted)
    } catch {
      throw StartError("REGIE_EARLIER_KEYS_FILE", "\(path) can not be read", wanted: wanted)
    }
  }

  /// The house's templates of runbooks, but for those that the operator has written.
  private func readTemplates() throws -> RunbookTemplates {
    var templates = try readOverrides()
    templates.serviceContact = settings.serviceContact
    return templates
  }

  private func readOverrides() throws -> RunbookTemplates {
    guard let path = settings.runbookTemplates else { return .house }
    let names = Set(RunbookTemplateName.all.map(\.fileName))
    do {
      let folder = URL(fileURLWithPath: path, isDirectory: true)
      var texts: [String: String] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: path) where !name.hasPrefix(".") {
        texts[name] = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      }
      return try RunbookTemplates(overrides: texts)
    } catch let error as RunbookTemplateError {
      throw StartError("REGIE_RUNBOOK_TEMPLATES", "\(path): \(error)", wanted: "templates without a fault are wanted")
    } catch {
      throw StartError(
        "REGIE_RUNBOOK_TEMPLATES", "\(path) can not be read",
        wanted: "a folder with files in UTF-8 is wanted, named as some of: \(names.sorted().joined(separator: ", "))")
    }
  }

  private func readSigner() throws -> EventSigner {
    let wanted = "an Ed25519 private JSON Web Key in a file this user may read is wanted"
    do {
      return try EventSigner(jsonWebKey: try Data(contentsOf: URL(fileURLWithPath: settings.signingKey)))
    } catch let error as KeyError {
      throw StartError("REGIE_SIGNING_KEY_FILE", "\(settings.signingKey): \(error)", wanted: wanted)
    } catch {
      throw StartError("REGIE_SIGNING_KEY_FILE", "\(settings.signingKey) can not be read", wanted: wanted)
    }
  }

  private func serve(
    _ telemetry: Telemetry, _ database: PostgresConfiguration, _ bus: KafkaConfiguration, _ signer: EventSigner,
    _ earlier: JSONWebKeySet, _ logger: Logger
  ) async throws {
    let pool = PostgresPool(configuration: database, logger: logger)
    let vault = try WebhookKeys.read(settings.webhookKeys)
    if vault == nil {
      logger.warning(
        "REGIE_WEBHOOK_KEY_FILE is not set: addresses and secrets of webhooks stand in clear in the database")
    }
    let store = GovernanceStore(pool: pool, logger: logger, vault: vault)
    let identity = try IdentityWiring(settings.identity, store: store, health: telemetry.health, logger: logger)
    do {
      try await serve(telemetry, database, bus, signer, earlier, pool, store, identity, logger)
    } catch {
      // Whatever the way out: let go of while it is open, its client ends a debug build before a word is said.
      await identity.close()
      throw error
    }
    await identity.close()
  }

  private func serve(
    _ telemetry: Telemetry, _ database: PostgresConfiguration, _ bus: KafkaConfiguration, _ signer: EventSigner,
    _ earlier: JSONWebKeySet, _ pool: PostgresPool, _ store: GovernanceStore, _ identity: IdentityWiring,
    _ logger: Logger
  ) async throws {
    let authority = try WebhookKeys.authority(settings.webhookAuthority)
    let admin = try KafkaAdmin(configuration: bus.named("admin"), logger: logger)
    let topics = ZoneTopics(admin: admin, replication: settings.replication)
    let relayHealth = try telemetry.health.register("kafka", component: "relay", role: .informative)
    let statusHealth = try telemetry.health.register("kafka-observed", component: "status", role: .informative)
    let databaseHealth = try telemetry.health.register(
      "postgres", component: "database", role: .readiness, staleAfter: .seconds(30))
    let auditHealth = AuditHealth(
      sealing: try telemetry.health.register("audit", component: "sealer", role: .informative),
      anchoring: try telemetry.health.register("kafka-events", component: "sealer", role: .informative))
    let factsHealth = try telemetry.health.register("kafka-facts", component: "facts", role: .informative)
    let zonesHealth = try telemetry.health.register("zone-records", component: "database", role: .informative)
    zonesHealth.pass()
    let restoreHealth = try telemetry.health.register("restored", component: "database", role: .informative)
    restoreHealth.pass()
    let survey = try BusSurvey(bus: bus, signer: signer, earlier: earlier, logger: logger)
    let examiner = EventsExaminer(store: store, survey: survey, topics: topics)
    var relayBus = bus
    relayBus.transactionalID = settings.transactionalID
    let server = APIServer(
      store: store, telemetry: telemetry, authentication: identity.authentication,
      surveyor: RecoveryEvidence(store: store, survey: survey, topics: topics), destinations: settings.destinations,
      templates: try readTemplates(), host: settings.listen.host, port: settings.listen.port,
      servesMetrics: settings.telemetry == nil, logger: logger)
    // The last is shut down first, while those that it asks still answer.
    let metrics = settings.telemetry.map { address in
      TelemetryServer(telemetry, listen: address, logger: logger) { port in
        logger.info("Health and metrics are served", metadata: ["port": "\(port)"])
      }
    }
    let last: [any Service] = [metrics].compactMap(\.self) + identity.services + [server]
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(
            service: DatabaseService(
              configuration: database, pool: pool, migrationTimeout: settings.migrationTimeout, logger: logger)),
          .init(service: WorldService(store: store, database: database)),
          .init(service: FindingsService(store: store, database: database, logger: logger)),
          .init(
            service: ImpactService(store: store, database: database, identity: Self.identity, logger: logger)),
          .init(service: ImpactRetentionService(store: store, database: database, logger: logger)),
          .init(service: ReservationExpiryService(store: store, database: database, logger: logger)),
          .init(service: BoardService(store: store, database: database, logger: logger)),
          .init(
            service: AuditRetentionService(
              store: store, database: database, retention: settings.nameRetention, logger: logger)),
          .init(service: CapacityService(store: store, retention: settings.offerRetention, logger: logger)),
          .init(service: QuotaService(store: store, database: database, logger: logger)),
          .init(service: OfferService(store: store, database: database, logger: logger)),
          .init(service: RequestsService(store: store, database: database, logger: logger)),
          .init(service: FlowsService(store: store, database: database, logger: logger)),
          .init(service: MovesService(store: store, database: database, logger: logger)),
          .init(
            service: WebhookService(
              store: store, database: database,
              sender: WebhookSender(destinations: settings.destinations, authority: authority),
              logger: logger)),
          .init(
            service: ForgettingService(
              store: store, database: database, retention: settings.placementRetention, logger: logger)),
          .init(service: KeyRetentionService(store: store, retention: settings.keyRetention, logger: logger)),
          .init(
            service: StoreObserver(
              store: store, health: databaseHealth, busHealth: zonesHealth, restoreHealth: restoreHealth, logger: logger
            )),
          .init(
            service: RelayService(
              store: store, database: database, bus: relayBus, topics: topics, signer: signer,
              earlierKeys: earlier, identity: Self.identity, leaseTimeout: settings.leaseTimeout, health: relayHealth,
              logger: logger)),
          .init(
            service: StatusConsumerService(
              store: store, database: database, bus: bus, topics: topics, health: statusHealth, logger: logger)),
          .init(
            service: AuditSealerService(
              store: store, database: database, bus: bus, topics: topics, signer: signer, examiner: examiner,
              health: auditHealth, logger: logger)),
          .init(
            service: FactsService(
              store: store, database: database, bus: bus, topics: topics, signer: signer, examiner: examiner,
              health: factsHealth, logger: logger)),
        ] + last.map { .init(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
      ).ending(within: .seconds(10)))
    do {
      try await group.run()
    } catch {
      await admin.close(within: .seconds(5))
      guard let error = error as? TelemetryServerError else { throw error }
      throw StartError(
        "REGIE_TELEMETRY_ADDRESS", "cannot listen on \(error.address): \(error.reason)",
        wanted: "free the port, or set another address")
    }
    await admin.close(within: .seconds(5))
  }

  /// Tells instances apart in the relay's lease: host and process.
  private static var identity: String {
    "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)"
  }
}

extension ServiceGroupConfiguration {
  /// Whatever clients or the bus do: what has not ended in good order by then is cancelled, well within what a cluster
  /// grants before it kills.
  fileprivate func ending(within limit: Duration) -> ServiceGroupConfiguration {
    var copy = self
    copy.maximumGracefulShutdownDuration = limit
    return copy
  }
}
