import Logging
import ServiceLifecycle
import UnixSignals

/// Runs `body` until it ends, or SIGTERM or SIGINT cancels it.
func untilTerminated(_ body: @escaping @Sendable () async throws -> Void) async throws {
  struct Body: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws {
      do {
        try await cancelWhenGracefulShutdown(body)
      } catch is CancellationError {
        return
      }
    }
  }
  var logger = Logger(label: "regie", factory: { StreamLogHandler.standardError(label: $0) })
  logger.logLevel = .error
  let service = ServiceGroupConfiguration.ServiceConfiguration(
    service: Body(body: body), successTerminationBehavior: .gracefullyShutdownGroup)
  try await ServiceGroup(
    configuration: .init(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
  ).run()
}
