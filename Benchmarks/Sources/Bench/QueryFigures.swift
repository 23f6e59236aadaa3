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
/// the same bodies. Hardly a body is sent twice: names and amounts differ, so that no answer can be kept for the next.
struct QueryFigures {
  private static let clients = 8
  /// Short turns, so that what else the machine does falls on both alike.
  private static let turn: Duration = .seconds(1)
  private static let rounds = 15
  private static let bodyCount = 20_000

  func measure(into figures: Figures) async throws {
    let database = try await PostgresServer.start(PostgresServer.Options())
    let url = try await database.freshDatabase().url
    let country = QueryCountry(clusters: 1000)
    try await declare(country.resources, at: url)
    let bodies = try country.projects(Self.bodyCount).map { try ModelJSON.encoder.encode(AnyResource.project($0)) }
    // The size of an answer is known only when one was given.
    let probe = try await start(url, bytes: 1)
    let size = try await probe.averageSize(Array(bodies.prefix(500)))
    try await probe.stop()
    Console.note(
      "query: \(bodies.count) projects × 3 environments, \(country.resources.count) resources, \(size) bytes")
    let server = try await start(url, bytes: size)
    var (queries, made) = (Turns(), Turns())
    _ = try await server.rate("/api/v1/placements:query", bodies, from: 0, Self.clients, .seconds(2))
    _ = try await server.rate("/bench/made", bodies, from: 0, Self.clients, .seconds(1))
    for _ in 0..<Self.rounds {
      queries.add(
        try await server.rate("/api/v1/placements:query", bodies, from: queries.sent, Self.clients, Self.turn))
      made.add(try await server.rate("/bench/made", bodies, from: made.sent, Self.clients, Self.turn))
    }
    try await server.stop()
    figures.add("query.rate", queries.rate, "1/s")
    figures.add("query.made", made.rate, "1/s")
    figures.add(
      "query.ratio", zip(queries.rates, made.rates).map { $0 / $1 }.sorted()[Self.rounds / 2], "")
    // Of the server's processor, which other work on the machine does not change.
    figures.add("query.cpu", queries.microseconds, "µs")
    figures.add("query.made.cpu", made.microseconds, "µs")
  }

  /// What came of several turns of one kind.
  private struct Turns {
    private(set) var rates: [Double] = []
    private(set) var sent = 0
    private var processor: Duration = .zero

    var rate: Double { rates.sorted()[rates.count / 2] }
    /// Of the server's processor for each answer.
    var microseconds: Double { processor / .microseconds(1) / Double(sent) }

    mutating func add(_ turn: QueriedServer.Turn) {
      rates.append(turn.rate)
      sent += turn.count
      processor += turn.processor
    }
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

  /// What came of a turn.
  struct Turn {
    var count: Int
    var rate: Double
    var processor: Duration
  }

  /// Sends each body in turn, from a place on, by as many clients as are told.
  func rate(
    _ path: String, _ bodies: [Data], from first: Int, _ clients: Int, _ duration: Duration
  ) async throws -> Turn {
    let (started, before) = (ContinuousClock.now, try processor())
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for client in 0..<clients {
        group.addTask {
          var (count, number) = (0, first + client)
          while ContinuousClock.now - started < duration {
            _ = try await send(path, bodies[number % bodies.count])
            number += clients
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return Turn(
      count: count, rate: Double(count) / ((ContinuousClock.now - started) / .seconds(1)),
      processor: try processor() - before)
  }

  /// What the process has used of the processor so far.
  private func processor() throws -> Duration {
    let stat = try String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)
    // The name, in parentheses, may hold anything; the times are the 14th and 15th fields, in hundredths of a second.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else {
      throw BenchError("can not read what process \(program.pid) has used")
    }
    return .milliseconds(10 * (user + system))
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
