import API
import AsyncHTTPClient
import Foundation
import Identity
import NIOCore
import NIOHTTP1
import NIOSSL

/// The issuer's keys over HTTP: its discovery document says where they are (OpenID Connect Discovery 1.0).
struct IssuerKeys: KeySetFetcher {
  let issuer: String
  let client: HTTPClient
  /// How long the whole may take, whatever the issuer does: who waits for a key waits for this.
  var limit: Duration = .seconds(10)

  /// So long an issuer may say nothing.
  private static let patience: TimeAmount = .seconds(5)
  private static let largest = 1 << 20

  /// A client for an issuer whose certificate is by `authority`, or by one that the system trusts. Redirections are not
  /// followed: they could lead out of TLS.
  static func client(authority: String?) throws -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: patience))
    if let authority {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
      configuration.tlsConfiguration = tls
    }
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// It waits for both: an issuer that answers by drops is left when the time is up.
  func keySet() async throws -> KeySet {
    try await withThrowingTaskGroup(of: KeySet.self) { group in
      group.addTask { try await fetch() }
      group.addTask {
        try await Task.sleep(for: limit)
        throw KeySetError("the issuer has not given its keys within \(limit)")
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  private func fetch() async throws -> KeySet {
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    let data = try await get("\(base)/.well-known/openid-configuration")
    guard let found = try? JSONDecoder().decode(Discovery.self, from: data) else {
      throw KeySetError("the discovery document has no issuer and jwks_uri")
    }
    // Else a document of one issuer could speak for another (Discovery, 4.3).
    guard found.issuer == issuer else {
      throw KeySetError("the discovery document is of “\(found.issuer)”, not of “\(issuer)”")
    }
    guard IdentitySettings.isAddress(found.jwks_uri, mayAsk: true) else {
      throw KeySetError("the keys are at “\(found.jwks_uri)”, which is not https")
    }
    return try KeySet(json: try await get(found.jwks_uri))
  }

  private func get(_ address: String) async throws -> Data {
    var request = HTTPClientRequest(url: address)
    request.headers.add(name: "accept", value: "application/json")
    let response = try await client.execute(request, timeout: Self.patience)
    guard response.status == .ok else { throw KeySetError("\(address) answers \(response.status.code)") }
    let body = try await response.body.collect(upTo: Self.largest)
    return Data(body.readableBytesView)
  }

  private struct Discovery: Decodable {
    var issuer: String
    var jwks_uri: String
  }
}

/// The issuer's keys from a file, for places from which the issuer can not be reached.
struct FileKeys: KeySetFetcher {
  let path: String

  func keySet() async throws -> KeySet { try read() }

  /// Whoever starts with no key at all has the wrong file; later it may be that all are withdrawn.
  ///
  /// - Throws: ``KeySetError`` as ``read()``; and where it holds no key that could be used.
  func checkAtStart() throws(KeySetError) {
    guard try !read().isEmpty else { throw KeySetError("\(path): it holds no key; wanted is \(KeySet.wanted)") }
  }

  /// - Throws: ``KeySetError`` where it can not be read, or is no key set.
  private func read() throws(KeySetError) -> KeySet {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw KeySetError("\(path) can not be read")
    }
    do {
      return try KeySet(json: data)
    } catch {
      throw KeySetError("\(path): \(error)")
    }
  }
}
