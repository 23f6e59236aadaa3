import Foundation
import Model
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
    let probe = try await QueriedServer.start(url, bytes: 1)
    let size = try await probe.averageSize(bodies.prefix(500).map(\.asIs))
    try await probe.stop()
    Console.subject(of: "query", clusters: 1000, rules: QueryCountry.policy.spec.rules.count, environments: 3)
    Console.note(
      "query: \(bodies.count) projects × 3 environments, \(country.resources.count) resources, \(size) bytes")
    let server = try await QueriedServer.start(url, bytes: size)
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
      for resource in resources {
        _ = try await store.put(resource, context: RequestContext(principal: "bench"), acknowledging: true)
      }
    }
  }
}
