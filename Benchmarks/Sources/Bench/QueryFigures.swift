import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1
import Postgres
import Store
import Subjects
import TestSupport

/// How fast a query is answered over HTTP, against the same server answering bytes of the same size, made beforehand,
/// to the same bodies. Two kinds of queries, told apart: `query` is asked again and again, as a console does whenever it
/// draws itself anew, and may be answered with what was said before; of `query.fresh` no body ever comes twice.
struct QueryFigures {
  private static let clients = 8
  /// Short turns, so that what else the machine does falls on both alike.
  private static let turn: Duration = .seconds(1)
  private static let rounds = 15
  private static let bodyCount = 5000
  /// So many questions are asked again and again.
  private static let askedAgain = 200

  func measure(into figures: Figures) async throws {
    let database = try await PostgresServer.start(PostgresServer.Options())
    let url = try await database.freshDatabase().url
    let country = QueryCountry(clusters: 1000)
    try await declare(country.resources, at: url)
    let bodies = try country.projects(Self.bodyCount).map(AskedBody.init)
    // The size of an answer is known only when one was given.
    let probe = try await start(url, bytes: 1)
    let size = try await probe.averageSize(bodies.prefix(500).map(\.asIs))
    try await probe.stop()
    Console.note(
      "query: \(bodies.count) projects × 3 environments, \(country.resources.count) resources, \(size) bytes")
    let server = try await start(url, bytes: size)
    var (queries, fresh, made) = (Turns(), Turns(), Turns())
    func ask(_ turns: inout Turns, _ path: String, for duration: Duration = Self.turn, _ body: @escaping Body)
      async throws
    {
      turns.add(try await server.rate(path, from: turns.sent, Self.clients, duration, body))
    }
    let again: Body = { bodies[$0 % Self.askedAgain].asIs }
    let anew: Body = { bodies[$0 % bodies.count].named($0) }
    for round in 0...Self.rounds {
      try await ask(&queries, "/api/v1/placements:query", again)
      try await ask(&fresh, "/api/v1/placements:query", anew)
      try await ask(&made, "/bench/made", anew)
      // The first round only makes everything ready.
      if round == 0 { (queries, fresh, made) = (queries.begunAnew, fresh.begunAnew, made.begunAnew) }
    }
    try await server.stop()
    figures.add("query.made", made.rate, "1/s")
    for (name, turns) in [("query", queries), ("query.fresh", fresh)] {
      figures.add("\(name).rate", turns.rate, "1/s")
      figures.add("\(name).ratio", zip(turns.rates, made.rates).map { $0 / $1 }.sorted()[Self.rounds / 2], "")
    }
    // Of the server's processor, which other work on the machine does not change.
    for (name, turns) in [("query", queries), ("query.fresh", fresh), ("query.made", made)] {
      figures.add("\(name).cpu", turns.microseconds, "µs")
    }
  }

  /// The body of a request, by its number.
  private typealias Body = @Sendable (Int) -> Data

  /// A project as a body, as it is or under a name that nobody has had before.
  private struct AskedBody: Sendable {
    let asIs: Data
    private let beforeName: Data
    private let afterName: Data

    init(_ project: Resource<ProjectSpec>) throws {
      asIs = try ModelJSON.encoder.encode(AnyResource.project(project))
      guard let name = asIs.range(of: Data("\"\(project.name)\"".utf8)) else {
        throw BenchError("a project is sent without its name")
      }
      (beforeName, afterName) = (asIs[..<name.lowerBound], asIs[name.upperBound...])
    }

    func named(_ number: Int) -> Data { beforeName + Data("\"q\(number)x\"".utf8) + afterName }
  }

  /// What came of several turns of one kind.
  private struct Turns {
    private(set) var rates: [Double] = []
    /// How many were sent, ever.
    private(set) var sent = 0
    private var counted = 0
    private var processor: Duration = .zero

    var rate: Double { rates.sorted()[rates.count / 2] }
    /// Of the server's processor for each answer.
    var microseconds: Double { processor / .microseconds(1) / Double(counted) }
    /// Nothing measured yet, and no number sent again.
    var begunAnew: Turns {
      var turns = Turns()
      turns.sent = sent
      return turns
    }

    mutating func add(_ turn: QueriedServer.Turn) {
      rates.append(turn.rate)
      sent = turn.next
      counted += turn.count
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
    /// The first number that no client has come to.
    var next: Int
    var rate: Double
    var processor: Duration
  }

  /// Sends bodies in turn, from a number on, by as many clients as are told.
  func rate(
    _ path: String, from first: Int, _ clients: Int, _ duration: Duration, _ body: @escaping @Sendable (Int) -> Data
  ) async throws -> Turn {
    let (started, before) = (ContinuousClock.now, try processor())
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for client in 0..<clients {
        group.addTask {
          var (count, number) = (0, first + client)
          while ContinuousClock.now - started < duration {
            _ = try await send(path, body(number))
            number += clients
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let count = counts.reduce(0, +)
    return Turn(
      count: count, next: first + clients * (counts.max() ?? 0),
      rate: Double(count) / ((ContinuousClock.now - started) / .seconds(1)),
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
