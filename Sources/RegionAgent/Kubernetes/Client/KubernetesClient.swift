import AsyncHTTPClient
import Foundation
public import Logging

/// A client of one cluster's API server.
///
/// Calls throw `KubernetesError`, or `CancellationError` when their task is cancelled. Where the server has asked to be left
/// alone (429 or 503 with `Retry-After`), no call or watch is sent before that time has passed: it waits, or fails at once
/// with `tooManyRequests` where it has less time than that.
public final class KubernetesClient: Sendable {
  /// The configuration it was made with.
  public let configuration: KubernetesConfiguration
  let logger: Logger
  let metrics: ClientMetrics
  let calls: HTTPClient
  /// Watches hold their connection for minutes; apart, they cannot starve calls.
  let watches: HTTPClient
  let tokenFile: TokenFile?
  let certificates: CertificateFiles?
  let patience = Patience()

  /// The most watches open at once.
  static let maximumWatches = 1024

  /// A client; it connects when it is used.
  ///
  /// - Throws: `ConfigurationError` when a certificate or key cannot be read.
  public init(_ configuration: KubernetesConfiguration, logger: Logger = Logger(label: "kubernetes")) throws {
    self.configuration = configuration
    self.logger = logger
    metrics = ClientMetrics(host: URLComponents(string: configuration.server)?.hostAndPort ?? configuration.server)
    calls = try .kubernetes(configuration, connections: configuration.maximumConnections)
    watches = try .kubernetes(configuration, connections: Self.maximumWatches)
    if case .tokenFile(let path) = configuration.credential {
      tokenFile = TokenFile(path: path, refresh: configuration.tokenRefresh, logger: logger)
    } else {
      tokenFile = nil
    }
    certificates = configuration.source.map { CertificateFiles(of: configuration, logger: logger, source: $0) }
  }

  /// Closes all connections. To be awaited before the last reference goes; calls in flight fail.
  public func shutdown() async {
    // The only error is "already shut down", which is what was asked for.
    try? await calls.shutdown()
    try? await watches.shutdown()
  }

  /// Runs `body` with a client that is shut down afterwards, whatever happens.
  public static func withClient<Result>(
    _ configuration: KubernetesConfiguration, logger: Logger = Logger(label: "kubernetes"),
    _ body: (KubernetesClient) async throws -> Result
  ) async throws -> Result {
    let client = try KubernetesClient(configuration, logger: logger)
    do {
      let result = try await body(client)
      await client.shutdown()
      return result
    } catch {
      await client.shutdown()
      throw error
    }
  }
}

extension URLComponents {
  fileprivate var hostAndPort: String? {
    host.map { host in port.map { "\(host):\($0)" } ?? host }
  }
}
