import Foundation
import Model
import NIOConcurrencyHelpers
import Postgres
import Store
import Subjects
import TestSupport

/// How long questions at a fixed rate take while the same instance works out what a proposed policy would change, against
/// how long they take without that.
///
/// The figure is the ratio of two medians: of the 99th percentiles of the turns with, and of those without. One percentile of a
/// few hundred questions is six of them, and on a machine that others share one bad moment makes it; it spoils one turn of
/// several this way.
struct ImpactQueries {
  private static let placements = 50_000
  private static let clusters = 1000
  /// Turn and turn about, and each of the two first every other time, so that whatever else the machine does strikes both.
  private static let rounds = 15
  private static let turn: Duration = .seconds(12)
  private static let perSecond = 50

  func measure(into figures: Figures) async throws {
    let database = try await PostgresServer.start(PostgresServer.Options())
    do {
      try await measure(on: database, into: figures)
    } catch {
      try? await database.stop(immediately: true)
      throw error
    }
    try await database.stop(immediately: true)
  }

  private func measure(on database: PostgresServer, into figures: Figures) async throws {
    let country = try await StoredCountry(clusters: Self.clusters, projects: Self.placements, on: database)
    try await country.fill(placementsOfEach: 1)
    let server = try await QueriedServer.start(country.url, bytes: 1, environment: ["BENCH_IMPACTS": "1"])
    var (alone, beside): ([[Int64]], [[Int64]]) = ([], [])
    var done = 0
    let questions = Questions()
    try await country.run(connections: 2) { store in
      _ = try await ask(server, questions)
      for round in 1...Self.rounds {
        if round % 2 == 1 { alone.append(try await ask(server, questions)) }
        let (times, worked) = try await askBeside(store, server, questions)
        beside.append(times)
        done += worked
        if round % 2 == 0 { alone.append(try await ask(server, questions)) }
      }
    }
    try await server.stop()
    Console.note(
      "\(alone.count + beside.count) turns of \(alone[0].count) questions at \(Self.perSecond)/s; \(done) projects were gone "
        + "through beside half of them")
    guard done > 0 else { throw BenchError("no impact was worked out") }
    figures.add("impact.query.alone", Distribution(microseconds: alone.flatMap(\.self)))
    figures.add("impact.query.beside", Distribution(microseconds: beside.flatMap(\.self)))
    let (usual, busy) = (Self.percentiles(alone), Self.percentiles(beside))
    Console.note("99th percentiles, ms: without \(Self.text(usual)); with \(Self.text(busy))")
    figures.add("impact.query_p99_ratio", busy[busy.count / 2] / usual[usual.count / 2], "")
  }

  /// The 99th percentile of each turn, sorted.
  private static func percentiles(_ turns: [[Int64]]) -> [Double] {
    turns.map { Distribution(microseconds: $0).percentile(99) }.sorted()
  }

  private static func text(_ values: [Double]) -> String {
    values.map { String(format: "%.1f", $0) }.joined(separator: " ")
  }

  /// Asks while an impact is worked out all the time.
  private func askBeside(
    _ store: GovernanceStore, _ server: QueriedServer, _ questions: Questions
  ) async throws -> (times: [Int64], worked: Int) {
    let isOver = NIOLockedValueBox(false)
    async let worked = keepAsking(store) { isOver.withLockedValue { $0 } }
    let times = try await ask(server, questions)
    isOver.withLockedValue { $0 = true }
    let done = try await worked
    // The one under way is given up, or done.
    while try await store.impacts().items.contains(where: { $0.state == .waiting || $0.state == .running }) {
      try await Task.sleep(for: .milliseconds(50))
    }
    return (times, done)
  }

  /// Microseconds that each question took, from the moment it was due: they are sent whether or not the ones before are
  /// answered.
  private func ask(_ server: QueriedServer, _ questions: Questions) async throws -> [Int64] {
    let (began, count) = (ContinuousClock.now, Int(Self.turn / .seconds(1)) * Self.perSecond)
    return try await withThrowingTaskGroup(of: Int64.self) { group in
      for number in 0..<count {
        let due = began + .seconds(1) / Self.perSecond * number
        group.addTask {
          try await Task.sleep(until: due, clock: .continuous)
          try await server.send("/api/v1/placements:query", questions.next())
          return Int64((ContinuousClock.now - due) / .microseconds(1))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// What is asked: never the same twice, so that the engine answers.
  private final class Questions: Sendable {
    private let count = NIOLockedValueBox(0)

    func next() throws -> Data {
      let number = count.withLockedValue { count in
        count += 1
        return count
      }
      return try ModelJSON.encoder.encode(AnyResource.project(Resource("q\(number)", StoredCountry.project)))
    }
  }

  /// Asks what a policy would change, again and again until it is enough; the last question is taken back then.
  ///
  /// - Returns: how many projects were gone through.
  private func keepAsking(_ store: GovernanceStore, until isEnough: () -> Bool) async throws -> Int {
    let someone = RequestContext(principal: "bench")
    var policy = try await store.policyDocument(version: 1)
    var balance = 3
    var done = 0
    while !isEnough() {
      balance = 7 - balance
      policy.scoring = .init(balance: balance)
      let asked = try await store.requestImpact(of: policy, context: someone)
      var state = asked.state
      while state == .waiting || state == .running {
        try await Task.sleep(for: .milliseconds(100))
        if isEnough() {
          return done + Int(try await store.cancelImpact(asked.id).projectsDone)
        }
        state = try await store.impact(asked.id).state
      }
      guard state == .done else { throw BenchError("an impact ended as \(state.rawValue)") }
      done += Self.placements
    }
    return done
  }
}
