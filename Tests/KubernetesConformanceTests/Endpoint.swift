import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import SimulatedCluster

/// An API server the cases run against.
enum Endpoint: String, CaseIterable, CustomTestStringConvertible {
  case simulated
  case real

  /// The simulated one, and a real one where its programs are.
  static let available = KubernetesServer.hasControllerManager ? allCases : [.simulated]

  var testDescription: String { rawValue }

  private static let simulatedCluster = Task { () async throws -> API in
    var configuration = SimulatedCluster.Configuration()
    configuration.token = "conformance"
    configuration.namespaceDelay = .milliseconds(100)
    configuration.knowsApplications = true
    let cluster = SimulatedCluster(name: "conformance", configuration: configuration)
    // Serves for the life of the test process.
    Task { try await cluster.run() }
    return API(base: "http://127.0.0.1:\(try await cluster.port)", token: "conformance", client: .shared)
  }

  private static let realCluster = Task { () async throws -> API in
    let server = try await KubernetesServer.shared()
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(server.caPath))
    let client = HTTPClient(
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: .init(tlsConfiguration: tls))
    let api = API(base: server.url, token: server.adminToken, client: client)
    let made = try await api.call(
      "POST", ApplicationDefinition.path, text: ApplicationDefinition.json, type: "application/json")
    guard made.code == 201 else { throw UnexpectedAnswer(made) }
    _ = try await api.poll("/apis/argoproj.io/v1alpha1/applications") { $0.code == 200 }
    return api
  }

  func api() async throws -> API {
    switch self {
    case .simulated: try await Self.simulatedCluster.value
    case .real: try await Self.realCluster.value
    }
  }

  /// Runs a case in a namespace of its own.
  func withNamespace(_ body: (API, String) async throws -> Void) async throws {
    let api = try await api()
    let name = "conf-\(UUID().uuidString.prefix(8).lowercased())"
    let created = try await api.call(
      "POST", "/api/v1/namespaces",
      [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
      ])
    guard created.code == 201 else { throw UnexpectedAnswer(created) }
    do {
      try await body(api, name)
    } catch {
      _ = try? await api.call("DELETE", "/api/v1/namespaces/\(name)")
      throw error
    }
    _ = try await api.call("DELETE", "/api/v1/namespaces/\(name)")
  }
}

struct UnexpectedAnswer: Error, CustomStringConvertible {
  var description: String

  init(_ answer: Answer) { description = "\(answer.code): \(JSONWriter.text(answer.body))" }
  init(_ text: String) { description = text }
}

/// What came back.
struct Answer {
  var code: Int
  var body: JSONValue

  var reason: String? { body["reason"]?.text }
  var message: String { body["message"]?.text ?? "" }
  var revision: String? { body[path: ["metadata", "resourceVersion"]]?.text }
  /// The fields of the causes, sorted.
  var causes: [String] {
    (body[path: ["details", "causes"]]?.list ?? []).compactMap { $0["field"]?.text }.sorted()
  }
  var names: [String] {
    (body["items"]?.list ?? []).compactMap { $0[path: ["metadata", "name"]]?.text }
  }
}

/// A small client without any cleverness.
struct API: Sendable {
  var base: String
  var token: String
  var client: HTTPClient

  static let apply = "application/apply-patch+yaml"
  static let merge = "application/merge-patch+json"
  static let strategic = "application/strategic-merge-patch+json"
  static let jsonPatch = "application/json-patch+json"

  private func request(_ method: String, _ path: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: base + path)
    request.method = .init(rawValue: method)
    request.headers.add(name: "authorization", value: "Bearer \(token)")
    request.headers.add(name: "user-agent", value: "conformance/1")
    return request
  }

  func call(
    _ method: String, _ path: String, _ body: JSONValue? = nil, type: String = "application/json"
  ) async throws -> Answer {
    try await call(method, path, text: body.map(JSONWriter.text), type: type)
  }

  func call(_ method: String, _ path: String, text: String?, type: String) async throws -> Answer {
    var request = request(method, path)
    if let text {
      request.headers.add(name: "content-type", value: type)
      request.body = .bytes(ByteBuffer(string: text))
    }
    let response = try await client.execute(request, timeout: .seconds(30))
    let bytes = try await response.body.collect(upTo: 64 << 20)
    let value = (try? JSONParser.parse(Array(bytes.readableBytesView))) ?? .string(String(buffer: bytes))
    return Answer(code: Int(response.status.code), body: value)
  }

  /// The lines of a watch until it ends or `count` have come.
  func watch(_ path: String, count: Int = .max) async throws -> [JSONValue] {
    let response = try await client.execute(request("GET", path), timeout: .seconds(60))
    var events: [JSONValue] = []
    var rest: [UInt8] = []
    for try await chunk in response.body {
      rest += chunk.readableBytesView
      while let end = rest.firstIndex(of: 0x0A) {
        events.append(try JSONParser.parse(Array(rest[..<end])))
        rest.removeSubrange(...end)
        if events.count == count { return events }
      }
    }
    return events
  }

  /// Asks until the answer suits; for what controllers do in their own time.
  func poll(_ path: String, creating object: JSONValue? = nil, until suits: (Answer) -> Bool) async throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      let answer = try await call(object == nil ? "GET" : "POST", path, object)
      if suits(answer) { return answer }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw UnexpectedAnswer("\(path) did not come to the awaited state")
  }
}

extension API {
  static func configMap(_ name: String, _ data: [String: JSONValue] = [:], labels: [String: JSONValue] = [:])
    -> JSONValue
  {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": .object(labels)],
      "data": .object(data),
    ]
  }

  static func quota(_ name: String, _ hard: [String: JSONValue]) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": .string(name)],
      "spec": ["hard": .object(hard)],
    ]
  }

  static func pod(_ resources: JSONValue) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "trial"],
      "spec": ["containers": [["name": "main", "image": "none", "resources": resources]]],
    ]
  }
}
