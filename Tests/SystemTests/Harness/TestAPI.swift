import AsyncHTTPClient
import Contract
import Foundation
import Model
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Speaks HTTP to a program under test.
struct TestAPI: Sendable {
  let address: String
  /// The shared one opens few connections at a time.
  var client = HTTPClient.shared

  /// An answer of any status.
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
      guard (200..<300).contains(status) else { throw Refused(status: status, text: text) }
      return try ModelJSON.decoder.decode(type, from: body)
    }
  }

  /// An answer that was no success.
  struct Refused: Error {
    let status: Int
    let text: String
  }

  /// - Parameter timeout: as a rule far beyond what the service itself takes to give up: ten seconds, for a connection
  ///   to its database.
  func send(
    _ method: HTTPMethod, _ path: String, body: Data? = nil, headers: [String: String] = [:],
    timeout: TimeAmount = .seconds(60)
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(body)
    }
    let response = try await client.execute(request, timeout: timeout)
    let bytes = try await response.body.collect(upTo: 16 << 20)
    return Answer(status: Int(response.status.code), headers: response.headers, body: Data(buffer: bytes))
  }

  /// The status of a probe.
  func status(_ path: String) async throws -> Int { try await send(.GET, path).status }

  /// Declares a resource.
  func put(_ resource: AnyResource) async throws {
    let path = "/api/v1/\(resource.kind.plural)/\(resource.metadata.name)"
    let answer = try await send(.PUT, path, body: try ModelJSON.encoder.encode(resource))
    guard [200, 201].contains(answer.status) else { throw Refused(status: answer.status, text: answer.text) }
  }

  /// Declares a project and asks where it goes, in one request; as often as it takes, with one key.
  func place(_ project: Resource<ProjectSpec>, key: String = UUID().uuidString) async throws -> DecisionView {
    try await patiently("the wish for \(project.metadata.name)") { try await askToPlace(project, key: key) }.decode()
  }

  /// Asks until the answer is another one than "not now", which may be answered by asking again: where the machine
  /// stands still for some seconds, the database ends what was under way.
  func patiently(_ what: String, _ ask: () async throws -> Answer) async throws -> Answer {
    var last: Answer?
    try await eventually("\(what) is answered") {
      let answer = try await ask()
      last = answer
      return answer.status != 503
    }
    guard let last else { throw NotSeen(description: "\(what) was given no answer") }
    return last
  }

  /// Asks that a project be removed.
  func askToRemove(_ project: String, _ body: String = "{}") async throws -> Answer {
    try await patiently("the removal of \(project)") {
      try await send(.POST, "/api/v1/projects/\(project)/removal", body: Data(body.utf8))
    }
  }

  func askToPlace(_ project: Resource<ProjectSpec>, key: String) async throws -> Answer {
    try await send(.POST, "/api/v1/placements", body: try Self.body(project), headers: ["idempotency-key": key])
  }

  /// A project as a request carries it.
  static func body(_ project: Resource<ProjectSpec>) throws -> Data {
    try ModelJSON.encoder.encode(AnyResource.project(project))
  }

  /// The value of a metric without labels, or of all its series together.
  func metric(_ name: String) async throws -> Double {
    try await send(.GET, "/metrics").text.split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix("\(name) ") || line.hasPrefix("\(name){") else { return sum }
      return sum + (line.split(separator: " ").last.flatMap { Double($0) } ?? 0)
    }
  }

  func placements() async throws -> [PlacementView] {
    let page: ListView<PlacementView> = try await send(.GET, "/api/v1/placements?limit=1000").decode()
    return page.items
  }

  func agents() async throws -> [AgentView] {
    let page: ListView<AgentView> = try await send(.GET, "/api/v1/agents").decode()
    return page.items
  }

  func capacity() async throws -> [CapacityView] {
    let page: ListView<CapacityView> = try await send(.GET, "/api/v1/capacity").decode()
    return page.items
  }

  /// Waits until so many placements are ready, and no more are there.
  func waitUntilReady(_ count: Int) async throws {
    try await eventually("\(count) placements are ready") {
      let placements = try await placements()
      return placements.count == count && placements.allSatisfy(\.status.ready)
    }
  }
}
