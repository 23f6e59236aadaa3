import AsyncHTTPClient
import Events
import Foundation
import Model
import NIOCore
import NIOHTTP1
import NIOSSL
import Reconciler
import Subjects
import TestSupport

/// Applies the objects of placements with nothing around it: bodies made beforehand, answers not looked into, nothing asked,
/// remembered, watched or reported. As fast as this API server takes them.
struct BareClient {
  /// As many placements at once as an agent applies, and in each the same order: the Namespace, then the rest together.
  static let concurrency = 32

  private struct Request: Sendable {
    var path: String
    var body: ByteBuffer
  }

  private let http: HTTPClient
  private let server: KubernetesServer

  static func with<Result>(_ server: KubernetesServer, _ body: (BareClient) async throws -> Result) async throws
    -> Result
  {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(server.caPath)
    var settings = HTTPClient.Configuration(tlsConfiguration: tls)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    settings.httpVersion = .http1Only
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    do {
      let result = try await body(BareClient(http: http, server: server))
      try await http.shutdown()
      return result
    } catch {
      try await http.shutdown()
      throw error
    }
  }

  /// Applies all of them.
  ///
  /// - Returns: How long it took.
  func apply(_ states: [DesiredState]) async throws -> Duration {
    let requests = try states.map { state in try DesiredObjects.render(state).map { try request($0) } }
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, placement) in requests.enumerated() {
        if number >= Self.concurrency { try await group.next() }
        group.addTask {
          guard let namespace = placement.first else { return }
          try await send(namespace)
          try await withThrowingTaskGroup(of: Void.self) { group in
            for request in placement.dropFirst() { group.addTask { try await send(request) } }
            try await group.waitForAll()
          }
        }
      }
      try await group.waitForAll()
    }
    return ContinuousClock.now - started
  }

  private func request(_ object: ManagedObject) throws -> Request {
    let (group, plural) =
      switch object.ref.kind {
      case .namespace: ("api/v1", "namespaces")
      case .resourceQuota: ("api/v1", "resourcequotas")
      case .limitRange: ("api/v1", "limitranges")
      case .networkPolicy: ("apis/networking.k8s.io/v1", "networkpolicies")
      }
    let folder = object.ref.kind == .namespace ? "" : "namespaces/\(object.ref.namespace)/"
    let body = try ModelJSON.encoder.encode(object.body)
    return Request(
      path: "\(server.url)/\(group)/\(folder)\(plural)/\(object.ref.name)?fieldManager=bench&force=true",
      body: ByteBuffer(bytes: body))
  }

  private func send(_ request: Request) async throws {
    var call = HTTPClientRequest(url: request.path)
    call.method = .PATCH
    call.headers.add(name: "content-type", value: "application/apply-patch+yaml")
    call.headers.add(name: "authorization", value: "Bearer \(server.adminToken)")
    call.body = .bytes(request.body)
    let response = try await http.execute(call, timeout: .seconds(30))
    let answer = try await response.body.collect(upTo: 1 << 20)
    guard (200..<300).contains(response.status.code) else {
      throw BenchError("\(request.path) answered \(response.status.code): \(String(buffer: answer).prefix(500))")
    }
  }
}
