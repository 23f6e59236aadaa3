import Foundation
import HTTPServing
public import Hummingbird
public import Logging
public import Migration
import NIOConcurrencyHelpers
import NIOCore
public import Requests
public import ServiceLifecycle
public import Store
public import Telemetry

/// Serves the HTTP API, the health routes and the metrics.
public struct APIServer: Service {
  private let store: GovernanceStore
  private let telemetry: Telemetry
  private let surveyor: (any RecoverySurveyor)?
  private let authentication: Authentication
  private let destinations: NetworkGuard
  private let templates: RunbookTemplates
  private let host: String
  private let port: Int
  private let idleTimeout: Duration
  private let mostConnections: Int
  private let servesMetrics: Bool
  private let logger: Logger

  /// A server that will listen on `host` and `port`, and close connections on which a request is awaited, or the rest
  /// of one, for `idleTimeout`.
  ///
  /// - Parameters:
  ///   - mostConnections: How many connections there may be at once; one more is closed as soon as it is taken.
  ///   - servesMetrics: Whether `/health` and `/metrics` are served there as well, to whoever reaches it.
  public init(
    store: GovernanceStore, telemetry: Telemetry, authentication: Authentication,
    surveyor: (any RecoverySurveyor)? = nil, destinations: NetworkGuard = NetworkGuard(),
    templates: RunbookTemplates = .house,
    host: String, port: Int, idleTimeout: Duration = .seconds(60), mostConnections: Int = 4096,
    servesMetrics: Bool = true, logger: Logger
  ) {
    self.store = store
    self.telemetry = telemetry
    self.surveyor = surveyor
    self.destinations = destinations
    self.templates = templates
    self.authentication = authentication
    self.host = host
    self.port = port
    self.idleTimeout = idleTimeout
    self.mostConnections = mostConnections
    self.servesMetrics = servesMetrics
    self.logger = logger
  }

  /// Serves until shut down.
  ///
  /// - Throws: ``ListenError`` when the address can not be listened on.
  public func run() async throws {
    let isListening = NIOLockedValueBox(false)
    let application = Application(
      router: Self.router(
        store: store, telemetry: telemetry, authentication: authentication, surveyor: surveyor,
        destinations: destinations, templates: templates, servesMetrics: servesMetrics),
      server: .stoppable(idleTimeout: idleTimeout, mostConnections: mostConnections),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "regie"),
      onServerRunning: { channel in
        isListening.withLockedValue { $0 = true }
        let bound = channel.localAddress?.port ?? port
        logger.info("The API is served", metadata: ["address": "\(host):\(bound)"])
      },
      logger: logger)
    do {
      try await application.run()
    } catch  where !isListening.withLockedValue({ $0 }) && !(error is CancellationError) {
      throw ListenError(host: host, port: port, reason: "\(error)")
    }
  }

  /// The whole API; also what tests drive in memory.
  public static func router(
    store: GovernanceStore, telemetry: Telemetry, authentication: Authentication,
    surveyor: (any RecoverySurveyor)? = nil, destinations: NetworkGuard = NetworkGuard(),
    templates: RunbookTemplates = .house, servesMetrics: Bool = true
  ) -> Router<BasicRequestContext> {
    let (router, _) = routes(
      store: store, telemetry: telemetry, authentication: authentication, surveyor: surveyor,
      destinations: destinations,
      templates: templates, servesMetrics: servesMetrics)
    router.refuseOtherMethods()
    return router
  }

  /// What every route of the API demands, in the order of paths.
  public static func accesses(store: GovernanceStore, telemetry: Telemetry) -> [RouteAccess] {
    routes(store: store, telemetry: telemetry, authentication: .none).accesses
  }

  /// The routes that the OpenAPI document describes, and what those of the API demand.
  static func routes(
    store: GovernanceStore, telemetry: Telemetry, authentication: Authentication,
    surveyor: (any RecoverySurveyor)? = nil, destinations: NetworkGuard = NetworkGuard(),
    templates: RunbookTemplates = .house, servesMetrics: Bool = true
  ) -> (router: Router<BasicRequestContext>, accesses: [RouteAccess]) {
    let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: TraceMiddleware())
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: RequestMetricsMiddleware())
    if servesMetrics { router.addTelemetryRoutes(telemetry) } else { router.addProbeRoutes(telemetry) }
    let group = router.group("api/v1")
    if case .none = authentication { group.add(middleware: LocalHostMiddleware()) }
    let register = AccessRegister(prefix: "api/v1")
    let api = APIRoutes(group, register: register, gate: Gate(authentication: authentication))
    ResourceRoutes(store: store, authentication: authentication).add(to: api)
    PlacementRoutes(store: store).add(to: api)
    DecisionRoutes(store: store).add(to: api)
    QueryRoutes(store: store).add(to: api)
    BatchRoutes(store: store).add(to: api)
    ReservationRoutes(store: store).add(to: api)
    RemovalRoutes(store: store).add(to: api)
    OperationsRoutes(store: store).add(to: api)
    CapacityRoutes(store: store).add(to: api)
    CurrentOfferRoutes(store: store).add(to: api)
    OfferHistoryRoutes(store: store).add(to: api)
    QualificationRoutes(store: store).add(to: api)
    AuditRoutes(store: store).add(to: api)
    RecoveryRoutes(store: store, surveyor: surveyor).add(to: api)
    IdentityRoutes().add(to: api)
    KeyRoutes(store: store, authentication: authentication).add(to: api)
    DifferenceRoutes(store: store).add(to: api)
    ImpactRoutes(store: store).add(to: api)
    FindingRoutes(store: store).add(to: api)
    PolicyDraftRoutes(store: store).add(to: api)
    PolicyProposalRoutes(store: store).add(to: api)
    DerogationRoutes(store: store).add(to: api)
    FlowRoutes(store: store).add(to: api)
    MigrationRoutes(store: store).add(to: api)
    MoveRoutes(store: store).add(to: api)
    RunbookRoutes(store: store, templates: templates).add(to: api)
    WebhookRoutes(store: store, destinations: destinations).add(to: api)
    PolicyVersionRoutes(store: store).add(to: api)
    return (router, register.routes)
  }
}

/// The API could not listen.
public struct ListenError: Error, CustomStringConvertible {
  /// The host asked for.
  public let host: String
  /// The port asked for.
  public let port: Int
  /// As the system puts it.
  public let reason: String

  /// What happened and what to do.
  public var description: String {
    "cannot listen on \(host):\(port): \(reason); free the port, or set REGIE_LISTEN_ADDRESS to another one"
  }
}
