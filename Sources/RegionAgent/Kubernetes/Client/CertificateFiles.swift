import AsyncHTTPClient
import Dispatch
import NIOSSL

/// Whom a client believes and what it shows in TLS, from files that others renew while it runs.
actor CertificateFiles {
  /// What the files say.
  private struct Found: Sendable {
    var trust: Trust
    var credential: Credential
    var tls: TLSConfiguration
  }

  private let source: @Sendable () throws -> KubernetesConfiguration
  private let pace: Duration
  private var trust: Trust
  private var credential: Credential
  private var nextLook: ContinuousClock.Instant?
  /// For connections from now on; nil while the files say what they said at the start.
  private(set) var renewed: TLSConfiguration?

  /// The files of a client.
  ///
  /// - Parameters:
  ///   - configuration: What they said at the start.
  ///   - source: Reads them.
  init(of configuration: KubernetesConfiguration, source: @escaping @Sendable () throws -> KubernetesConfiguration) {
    self.source = source
    pace = configuration.tokenRefresh
    trust = configuration.trust
    credential = configuration.credential
  }

  /// Reads the files again, where that was not done just now; whether they say something else than before.
  func renew() async -> Bool {
    if let nextLook, ContinuousClock.now < nextLook { return false }
    nextLook = .now + pace
    // What is just being replaced may be unreadable for a moment: it is read at the next occasion.
    guard let found = try? await Self.found(by: source), found.trust != trust || found.credential != credential else {
      return false
    }
    (trust, credential, renewed) = (found.trust, found.credential, found.tls)
    return true
  }

  /// Files block, so this happens off the cooperative pool.
  private static func found(by source: @escaping @Sendable () throws -> KubernetesConfiguration) async throws -> Found {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try contents(source) })
      }
    }
  }

  private static func contents(_ source: @Sendable () throws -> KubernetesConfiguration) throws -> Found {
    let configuration = try source()
    let tls = try HTTPClient.tls(configuration)
    // A certificate beside the key of the one before it is refused here, and not by every connection.
    _ = try NIOSSLContext(configuration: tls)
    return Found(trust: configuration.trust, credential: configuration.credential, tls: tls)
  }
}
