import AsyncHTTPClient
import Dispatch
import Logging
import NIOSSL

/// Whom a client believes and what it shows in TLS, from files that others renew while it runs.
actor CertificateFiles {
  /// What the files say.
  private struct Found: Sendable {
    var server: String
    var trust: Trust
    var credential: Credential
    var tls: TLSConfiguration
  }

  private let source: @Sendable () throws -> KubernetesConfiguration
  private let pace: Duration
  private let server: String
  private var trust: Trust
  private var credential: Credential
  private var nextLook: ContinuousClock.Instant?
  private var reading: Task<Void, Never>?
  private var trouble: RenewalTrouble
  /// How often they have said something else.
  private(set) var renewals = 0
  /// For connections from now on; nil while the files say what they said at the start.
  private(set) var renewed: TLSConfiguration?

  /// The files of a client.
  ///
  /// - Parameters:
  ///   - configuration: What they said at the start.
  ///   - logger: Told why they can not be read.
  ///   - source: Reads them.
  init(
    of configuration: KubernetesConfiguration, logger: Logger,
    source: @escaping @Sendable () throws -> KubernetesConfiguration
  ) {
    self.source = source
    trouble = RenewalTrouble(
      "certificates can not be read again, and stay those of before", files: configuration.origin, logger: logger)
    pace = configuration.tokenRefresh
    server = configuration.server
    trust = configuration.trust
    credential = configuration.credential
  }

  /// Reads the files again, where that was not done just now; whether they say something else than a call went by. Calls that fail
  /// together wait for one reading.
  ///
  /// - Parameter used: ``renewals`` before that call.
  func renew(after used: Int) async -> Bool {
    if renewals != used { return true }
    if let reading {
      await reading.value
      return renewals != used
    }
    if let nextLook, ContinuousClock.now < nextLook { return false }
    nextLook = .now + pace
    let reading = Task { await self.read() }
    self.reading = reading
    await reading.value
    return renewals != used
  }

  private func read() async {
    defer { reading = nil }
    let found: Found
    do {
      found = try await Self.found(by: source)
    } catch {
      // What is just being replaced may be unreadable for a moment: it is read at the next occasion.
      trouble.note(error)
      return
    }
    trouble.end()
    guard isRenewal(found) else { return }
    (trust, credential, renewed) = (found.trust, found.credential, found.tls)
    renewals += 1
  }

  /// Files that mean another server by now, or another way to say who calls, as after a change of the current context, renew
  /// nothing: half of what they say would go to the server of before. Neither does a token, which is not of TLS.
  private func isRenewal(_ found: Found) -> Bool {
    guard found.server == server else { return false }
    switch (credential, found.credential) {
    case (.certificate, .certificate): return found.trust != trust || found.credential != credential
    case (.none, .none), (.token, .token), (.tokenFile, .tokenFile): return found.trust != trust
    default: return false
    }
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
    return Found(
      server: configuration.server, trust: configuration.trust, credential: configuration.credential, tls: tls)
  }
}
