import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1
import Postgres
import Store
import Subjects
import TestSupport

/// How fast a query is answered over HTTP, against the same server answering bytes of the same size, made beforehand, to
/// the same bodies.
struct QueryFigures {
  private static let clients = 8
  private static let duration: Duration = .seconds(5)
  private static let rounds = 3

  func measure(into figures: Figures) async throws {
    let database = try await PostgresServer.start(PostgresServer.Options())
    let url = try await database.freshDatabase().url
    let country = QueryCountry(clusters: 1000)
    try await declare(country.resources, at: url)
    let bodies = try country.projects(500).map { try ModelJSON.encoder.encode(AnyResource.project($0)) }
    // The size of an answer is known only when one was given.
    let probe = try await start(url, bytes: 1)
    let size = try await probe.averageSize(bodies)
    try await probe.stop()
    Console.note(
      "query: \(bodies.count) projects × 3 environments, \(country.resources.count) resources, \(size) bytes")
    let server = try await start(url, bytes: size)
    var (queries, made): ([Double], [Double]) = ([], [])
    _ = try await server.rate("/api/v1/placements:query", bodies, Self.clients, .seconds(2))
    for _ in 0..<Self.rounds {
      queries.append(try await server.rate("/api/v1/placements:query", bodies, Self.clients, Self.duration))
      made.append(try await server.rate("/bench/made", bodies, Self.clients, Self.duration))
    }
    try await server.stop()
    figures.add("query.rate", queries.sorted()[Self.rounds / 2], "1/s")
    figures.add("query.made", made.sorted()[Self.rounds / 2], "1/s")
    figures.add("query.ratio", zip(queries, made).map { $0 / $1 }.sorted()[Self.rounds / 2], "")
  }

  private func declare(_ resources: [AnyResource], at url: String) async throws {
    let configuration = try PostgresConfiguration(url: url)
    _ = try await StoreMigrations.migrate(configuration, logger: Surroundings.quiet)
    try await PostgresPool.withPool(configuration, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      for resource in resources { _ = try await store.put(resource, context: RequestContext(principal: "bench")) }
    }
  }

  private func start(_ url: String, bytes: Int) async throws -> QueriedServer {
    let program = try SystemUnderTestProgram.start(
      "QueryServer", environment: ["BENCH_POSTGRES": url, "BENCH_BYTES": String(bytes)])
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end, program.exitStatus == nil {
      if let line = program.output.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) {
        return QueriedServer(program: program, address: "http://127.0.0.1:\(line.dropFirst(10))")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchError("the server did not start:\n\(program.tail())")
  }
}

/// The server under measurement.
private struct QueriedServer: Sendable {
  let program: SystemUnderTestProgram
  let address: String

  func stop() async throws { try await program.killNow() }

  /// Answers per second, each body in turn, by as many clients as are told.
  func rate(_ path: String, _ bodies: [Data], _ clients: Int, _ duration: Duration) async throws -> Double {
    let started = ContinuousClock.now
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for client in 0..<clients {
        group.addTask {
          var (count, number) = (0, client * bodies.count / clients)
          while ContinuousClock.now - started < duration {
            _ = try await send(path, bodies[number % bodies.count])
            number += 1
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(count) / ((ContinuousClock.now - started) / .seconds(1))
  }

  func averageSize(_ bodies: [Data]) async throws -> Int {
    var total = 0
    for body in bodies { total += try await send("/api/v1/placements:query", body) }
    return total / bodies.count
  }

  /// The size of the answer.
  private func send(_ path: String, _ body: Data) async throws -> Int {
    var request = HTTPClientRequest(url: address + path)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: body))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let bytes = try await response.body.collect(upTo: 64 << 20)
    guard response.status == .ok else {
      throw BenchError("\(path) answered \(response.status): \(String(buffer: bytes).prefix(500))")
    }
    return bytes.readableBytes
  }
}
