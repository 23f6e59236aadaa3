import Foundation
import Logging
import NIOConcurrencyHelpers
import Postgres
import Store
import Subjects
import TestSupport

/// How fast decisions are committed, against what the same server does when it is asked for nothing but single rows; how
/// many bytes a stored decision takes, and how many an instance holds for a placement.
struct StoreFigures {
  private static let callers = 32
  private static let rounds = 3
  private static let round: Duration = .seconds(4)

  func measure(into figures: Figures) async throws {
    var options = PostgresServer.Options()
    options.fsync = true
    let server = try await PostgresServer.start(options)
    do {
      try await commits(on: server, into: figures)
      try await bytes(on: server, into: figures)
      try await memory(on: server, into: figures)
    } catch {
      try? await server.stop(immediately: true)
      throw error
    }
    try await server.stop(immediately: true)
  }

  // MARK: Committed decisions

  /// Turn and turn about, so that whatever else the machine does strikes both.
  private func commits(on server: PostgresServer, into figures: Figures) async throws {
    let plain = try await PlainInserts(server: server)
    let country = try await StoredCountry(clusters: 100, projects: 60_000, on: server)
    try await country.run(connections: 8) { store in
      var (decisions, inserts): ([Double], [Double]) = ([], [])
      _ = try await decide(through: store, for: .seconds(1), country)
      for _ in 0..<Self.rounds {
        inserts.append(try await plain.rate(clients: Self.callers, for: Self.round))
        decisions.append(try await decide(through: store, for: Self.round, country))
      }
      let (decided, inserted) = (decisions.reduce(0, +) / 3, inserts.reduce(0, +) / 3)
      figures.add("commit.decisions", decided, "1/s")
      figures.add("commit.pgbench", inserted, "1/s")
      figures.add("commit.ratio", decided / inserted, "")
      let shared = try await country.number(
        "SELECT count(*)::float8 / count(DISTINCT xmin::text) FROM decisions")
      figures.add("commit.decisions-per-transaction", shared, "")
    }
  }

  /// Decisions per second: each caller has one project after the other placed.
  private func decide(
    through store: GovernanceStore, for time: Duration, _ country: StoredCountry
  ) async throws -> Double {
    let started = ContinuousClock.now
    let done = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<Self.callers {
        group.addTask {
          var count = 0
          while ContinuousClock.now - started < time {
            let outcome = try await store.decide(
              PlacementRequest(project: try country.nextProject()), context: RequestContext(principal: "bench"))
            guard outcome.changed else { throw BenchError("\(outcome.decision.project) was not placed") }
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(done) / ((ContinuousClock.now - started) / .seconds(1))
  }

  // MARK: Bytes

  private func bytes(on server: PostgresServer, into figures: Figures) async throws {
    for clusters in [100, 1000] {
      let country = try await StoredCountry(clusters: clusters, projects: 1000, on: server)
      try await country.run(connections: 8) { store in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<8 {
            group.addTask {
              for _ in 0..<100 {
                _ = try await store.decide(
                  PlacementRequest(project: try country.nextProject()), context: RequestContext(principal: "bench"))
              }
            }
          }
          try await group.waitForAll()
        }
      }
      let bytes = try await country.number(
        """
        SELECT (SELECT sum(pg_column_size(d.*))::float8 FROM decisions d) / (SELECT count(*) FROM decisions)
          + (SELECT sum(pg_column_size(c.*))::float8 FROM ledger_checkpoints c) / (SELECT count(*) FROM decisions)
        """)
      figures.add("decision.bytes.\(clusters)-clusters", bytes, "B")
    }
  }

  // MARK: Memory

  private func memory(on server: PostgresServer, into figures: Figures) async throws {
    let country = try await StoredCountry(clusters: 100, projects: 33_334, on: server)
    try await country.fill(placementsOfEach: 3)
    let before = try Self.residentBytes()
    try await country.run(connections: 2) { _ in
      let held = try Self.residentBytes() - before
      figures.add("memory.per_placement", Double(held) / Double(3 * country.projects), "B")
    }
  }

  /// What of this process is in memory.
  private static func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
    else { throw BenchError("/proc/self/status does not say VmRSS") }
    return kilobytes * 1024
  }
}
