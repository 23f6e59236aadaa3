import Contract
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import Migration
import Model
import NIOCore
import Postgres
import Store
import Telemetry
import TestSupport
import Testing

@testable import API

/// A logger that says nothing.
let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

/// The API in memory, on a database of its own.
struct APIFixture {
  let store: GovernanceStore
  let pool: PostgresPool
  let telemetry: Telemetry
  let client: any TestClientProtocol

  /// A fresh database with the schema.
  static func database() async throws -> PostgresConfiguration {
    let server = try await PostgresServer.shared()
    let template = try await server.template("api") { url in
      _ = try await StoreMigrations.migrate(try PostgresServer.configuration(url), logger: quiet)
    }
    var configuration = try PostgresServer.configuration(try await server.freshDatabase(template: template).url)
    // As long as one may take to be opened, and for those who ask by dozens at once on a busy machine.
    configuration.acquireTimeout = .seconds(60)
    return configuration
  }

  /// Runs `body` against the public router.
  static func run(
    on configuration: PostgresConfiguration? = nil, surveyor: (any RecoverySurveyor)? = nil,
    authentication: Authentication = .none, templates: RunbookTemplates = .house, servesMetrics: Bool = true,
    _ body: @escaping @Sendable (APIFixture) async throws -> Void
  ) async throws {
    let given: PostgresConfiguration
    if let configuration { given = configuration } else { given = try await database() }
    let telemetry = Telemetry(component: "governance", build: BuildInfo(version: "0"))
    try await withMetricsFactory(PrometheusMetricsFactory(registry: telemetry.metrics)) {
      try await PostgresPool.withPool(given, logger: quiet) { pool in
        let store = GovernanceStore(pool: pool, logger: quiet)
        let application = Application(
          router: APIServer.router(
            store: store, telemetry: telemetry, authentication: authentication, surveyor: surveyor,
            templates: templates, servesMetrics: servesMetrics), logger: quiet)
        try await application.test(.router) { client in
          try await body(APIFixture(store: store, pool: pool, telemetry: telemetry, client: client))
        }
      }
    }
  }

  /// Sends one request; the OpenAPI document judges what was sent and what comes back.
  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, type: String? = "application/yaml",
    headers: [String: String] = [:], location: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    try await send(
      method, path, bytes: body.map { Array($0.utf8) }, type: type, headers: headers, location: location)
  }

  /// Sends one request with a body that need not be text.
  func send(
    _ method: HTTPRequest.Method, _ path: String, bytes: [UInt8]?, type: String?, headers: [String: String] = [:],
    location: SourceLocation = #_sourceLocation
  ) async throws -> Answer {
    var fields: HTTPFields = [:]
    if bytes != nil, let type { fields[.contentType] = type }
    for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
    let response = try await client.execute(
      uri: path, method: method, headers: fields, body: bytes.map { ByteBuffer(bytes: $0) })
    let answer = Answer(
      status: response.status.code, headers: response.headers, body: Data(response.body.readableBytesView))
    let contract = try OpenAPIContract.shared.get()
    let complaints = try contract.complaints(method, path, answer)
    #expect(complaints == [], "\(method) \(path): \(answer.text)", sourceLocation: location)
    if let bytes, answer.status < 300, method == .put || method == .post {
      let complaints = try contract.complaints(request: method, path, type, bytes)
      #expect(complaints == [], "\(method) \(path)", sourceLocation: location)
    }
    return answer
  }

  /// Puts the small offer, a policy, and the projects named.
  func offer(projects: [String] = [], headers: [String: String] = [:]) async throws {
    for (path, text) in Offered.all + projects.map({ ("projects/\($0)", Offered.project($0)) }) {
      let answer = try await send(.put, "/api/v1/\(path)", text, headers: headers)
      try #require(answer.status == 201, "\(path): \(answer.text)")
    }
  }

  /// Asks for a project's placements by name.
  func place(_ project: String, headers: [String: String] = [:]) async throws -> Answer {
    try await send(
      .post, "/api/v1/placements", #"{"project": "\#(project)"}"#, type: "application/json", headers: headers)
  }

  /// Sends what must be refused, and sees that nothing was stored.
  func refuse(
    _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, type: String? = "application/yaml",
    headers: [String: String] = [:], with status: Int, _ code: ProblemCode, location: SourceLocation = #_sourceLocation
  ) async throws -> Problem {
    let before = try await rows()
    let answer = try await send(method, path, body, type: type, headers: headers, location: location)
    #expect(try await rows() == before, "something was stored", sourceLocation: location)
    return try answer.problem(status, code, location: location)
  }

  /// How many rows a table holds.
  func count(_ table: String) async throws -> Int64 {
    let rows = try await pool.withConnection { try await $0.query("SELECT count(*) FROM \(unescaped: table)") }
    return try #require(rows.first).decode(Int64.self, at: 0)
  }

  /// How many rows all tables that requests write to hold: to see that nothing was stored.
  func rows() async throws -> Int64 {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT (SELECT count(*) FROM resources) + (SELECT count(*) FROM decisions) + (SELECT count(*) FROM placements)
          + (SELECT count(*) FROM reservations) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM audit_entries)
          + (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM policy_versions)
          + (SELECT count(*) FROM project_identities)
        """)
    }
    return try #require(rows.first).decode(Int64.self, at: 0)
  }
}

/// What came back.
struct Answer: Sendable {
  let status: Int
  let headers: HTTPFields
  let body: Data

  var text: String { String(decoding: body, as: UTF8.self) }

  func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

  func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try ModelJSON.decoder.decode(type, from: body)
  }

  /// The problem it must be: right type, status and headers.
  func problem(_ status: Int, _ code: ProblemCode, location: SourceLocation = #_sourceLocation) throws -> Problem {
    #expect(header("content-type") == "application/problem+json", sourceLocation: location)
    #expect(self.status == status, "\(text)", sourceLocation: location)
    let problem = try decode(Problem.self)
    #expect(problem.status == status, sourceLocation: location)
    #expect(problem.code == code.rawValue, "\(text)", sourceLocation: location)
    #expect(problem.type == "urn:regie:problem:\(code.rawValue)", sourceLocation: location)
    #expect(!problem.title.isEmpty && !problem.detail.isEmpty, sourceLocation: location)
    return problem
  }
}
