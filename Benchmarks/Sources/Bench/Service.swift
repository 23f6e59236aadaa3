import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1
import Subjects
import TestSupport

/// One of the programs, and its HTTP address.
struct Service: Sendable {
  let program: SystemUnderTestProgram
  let address: String

  /// Waits for `/readyz`.
  func waitUntilReady() async throws {
    try await wait("\(program.name) is ready") { try await status(.GET, "/readyz") == .ok }
  }

  /// Declares a resource.
  func put(_ resource: AnyResource) async throws {
    let path = "/api/v1/\(resource.kind.plural)/\(resource.metadata.name)"
    try expectSuccess(try await status(.PUT, path, body: try ModelJSON.encoder.encode(resource)), path)
  }

  /// Declares a project and has it decided on, in one request.
  func place(_ project: Resource<ProjectSpec>) async throws {
    let path = "/api/v1/placements"
    let body = try ModelJSON.encoder.encode(AnyResource.project(project))
    try expectSuccess(try await status(.POST, path, body: body, headers: ["idempotency-key": project.name]), path)
  }

  /// The sum of a metric's series, as the program tells it.
  func metric(_ name: String) async throws -> Double {
    let response = try await HTTPClient.shared.execute(
      HTTPClientRequest(url: address + "/metrics"), timeout: .seconds(15))
    let text = String(buffer: try await response.body.collect(upTo: 16 << 20))
    return text.split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// The answer to a request, as JSON.
  func json<Answer: Decodable>(
    _ method: HTTPMethod, _ path: String, _ body: String?, within limit: TimeAmount = .seconds(30)
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(Data(body.utf8))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: limit)
    let bytes = try await response.body.collect(upTo: 64 << 20)
    try expectSuccess(response.status, "\(method) \(path): \(String(buffer: bytes).prefix(500))")
    return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
  }

  private func expectSuccess(_ status: HTTPResponseStatus, _ path: String) throws {
    guard (200..<300).contains(status.code) else {
      throw BenchError("\(path) answered \(status.code):\n\(program.tail())")
    }
  }

  private func status(
    _ method: HTTPMethod, _ path: String, body: Data? = nil, headers: [String: String] = [:]
  ) async throws -> HTTPResponseStatus {
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(body)
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(15))
    _ = try await response.body.collect(upTo: 16 << 20)
    return response.status
  }

  /// Waits until something holds, as long as the program lives; an error is a “not yet”.
  func wait(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    var last = ""
    while true {
      do {
        if try await condition() { return }
        last = ""
      } catch let error as CancellationError {
        throw error
      } catch {
        last = " (\(error))"
      }
      guard ContinuousClock.now < end, program.exitStatus == nil else {
        throw BenchError("not seen within \(limit): \(what)\(last)\n\(program.tail())")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
