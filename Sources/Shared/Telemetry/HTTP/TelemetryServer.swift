import HTTPServing
import Hummingbird
public import Logging
import NIOConcurrencyHelpers
import NIOCore
public import ServiceLifecycle

/// A small HTTP server of its own for probes and metrics: of a program that serves nothing else, or that others reach.
public struct TelemetryServer: Service {
  private let telemetry: Telemetry
  private let listen: ListenAddress
  private let idleTimeout: Duration
  private let mostConnections: Int
  private let logger: Logger
  private let onListening: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - idleTimeout: after this long without a request, or with nothing read of an answer, a connection is closed.
  ///   - mostConnections: how many there may be at once; one more is closed as soon as it is taken.
  ///   - onListening: told the port once it accepts connections; the way to learn it when `listen` asks for 0.
  public init(
    _ telemetry: Telemetry, listen: ListenAddress, idleTimeout: Duration = .seconds(60), mostConnections: Int = 256,
    logger: Logger = Logger(label: "regie.telemetry"), onListening: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.telemetry = telemetry
    self.listen = listen
    self.idleTimeout = idleTimeout
    self.mostConnections = mostConnections
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until shut down.
  ///
  /// - Throws: ``TelemetryServerError`` when the address cannot be listened on.
  public func run() async throws {
    let router = Router()
    router.addTelemetryRoutes(telemetry)
    let listening = NIOLockedValueBox(false)
    let application = Application(
      router: router, server: .stoppable(idleTimeout: idleTimeout, mostConnections: mostConnections),
      configuration: ApplicationConfiguration(address: .hostname(listen.host, port: listen.port)),
      onServerRunning: { channel in
        listening.withLockedValue { $0 = true }
        onListening(channel.localAddress?.port ?? listen.port)
      },
      logger: logger)
    do {
      try await application.run()
    } catch  where !listening.withLockedValue({ $0 }) && !(error is CancellationError) {
      throw TelemetryServerError(address: listen, reason: "\(error)")
    }
  }
}

/// The telemetry server could not listen.
public struct TelemetryServerError: Error, CustomStringConvertible {
  /// Where it was told to listen.
  public let address: ListenAddress
  /// As the system puts it.
  public let reason: String

  /// What failed and what to do about it.
  public var description: String {
    "cannot listen on \(address) for probes and metrics: \(reason); free the port or configure another address"
  }
}
