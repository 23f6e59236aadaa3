import AsyncHTTPClient
import NIOCore
import NIOSSL

extension HTTPClient {
  /// A client for one API server.
  ///
  /// HTTP/1.1 with keep-alive: one slow answer never holds up another call. The back-off is ours alone, so the pool
  /// does not retry connections by itself.
  static func kubernetes(_ configuration: KubernetesConfiguration, connections: Int) throws -> HTTPClient {
    var settings = HTTPClient.Configuration(
      tlsConfiguration: try tls(configuration),
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(configuration.connectTimeout), read: nil),
      connectionPool: .init(
        idleTimeout: .seconds(60), concurrentHTTP1ConnectionsPerHostSoftLimit: max(1, connections)))
    settings.connectionPool.retryConnectionEstablishment = false
    settings.httpVersion = .http1Only
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  /// Whom a client believes, and the certificate that it shows.
  static func tls(_ configuration: KubernetesConfiguration) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    switch configuration.trust {
    case .system: break
    case .anyone: tls.certificateVerification = .none
    case .authority(let pem):
      tls.trustRoots = .certificates(try certificates(pem, configuration, "certificate authority"))
    }
    if case .certificate(let chain, let key) = configuration.credential {
      tls.certificateChain = try certificates(chain, configuration, "client certificate").map { .certificate($0) }
      guard let key = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
        throw ConfigurationError(
          source: configuration.server, field: "client key", problem: "not an unencrypted private key in PEM")
      }
      tls.privateKey = .privateKey(key)
    }
    return tls
  }

  private static func certificates(
    _ pem: [UInt8], _ configuration: KubernetesConfiguration, _ field: String
  ) throws -> [NIOSSLCertificate] {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
      throw ConfigurationError(source: configuration.server, field: field, problem: "holds no certificate in PEM")
    }
    return certificates
  }
}
