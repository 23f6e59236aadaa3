import Foundation
import Logging
import Model
import Placement
import Postgres
import Store
import Subjects
import TestSupport

/// How fast decisions are committed, against what the same server does when it is asked for nothing but single rows; how
/// many bytes a stored decision takes, and how many an instance holds for a placement.
struct StoreFigures {
  private static let rounds = 3
  private static let round: Duration = .seconds(3)
  /// Decisions before any that are measured: what has only just begun is slower.
  private static let warmUp = 1000
  /// Decisions by which it is seen how many are a round.
  private static let trial = 2000
  private static let together = 1000

  func measure(into figures: Figures) async throws {
    var options = PostgresServer.Options()
    options.fsync = true
    let server = try await PostgresServer.start(options)
    do {
      try await commits(on: server, into: figures)
      try await nationalCommits(on: server, into: figures)
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
    let country = try await StoredCountry(.plain(clusters: 100), projects: 20_000, on: server)
    country.subject.tell(of: "commit")
    // A database in use.
    try await country.fill(placementsOfEach: 1)
    let count = try await provide(country, rounds: Self.rounds + 1, besides: Self.together)
    try await country.run(connections: 8) { store in
      var (decisions, inserts): ([Double], [Double]) = ([], [])
      var (deciding, inserting) = (Work(), Work())
      _ = try await country.decide(Self.warmUp, through: [store])
      for round in 1...Self.rounds {
        inserts.append(
          try await inserting.add(of: server, country) {
            let rate = try await plain.rate(clients: StoredCountry.callers, for: Self.round)
            return (rate.rows, rate.perSecond)
          })
        decisions.append(
          try await deciding.add(of: server, country) { (count, try await country.decide(count, through: [store])) })
        Console.note("round \(round): \(Int(decisions[round - 1])) decisions/s, \(Int(inserts[round - 1])) inserts/s")
      }
      figures.add("commit.decisions", Self.median(decisions), "1/s")
      figures.add("commit.pgbench", Self.median(inserts), "1/s")
      figures.add("commit.ratio", Self.median(zip(decisions, inserts).map { $0 / $1 }), "")
      deciding.tell(as: "commit", into: figures)
      inserting.tell(as: "commit.pgbench", into: figures)
      let shared = try await country.number(
        "SELECT count(*)::float8 / count(DISTINCT xmin::text) FROM decisions")
      figures.add("commit.decisions-per-transaction", shared, "")
      // As many callers, at two instances: each plans on what the other has told it.
      try await country.run(connections: 8) { other in
        figures.add("commit.two-instances", try await country.decide(count, through: [store, other]), "1/s")
      }
      figures.add(
        "commit.together-\(Self.together)", try await decideTogether(Self.together, through: store, country), "s")
    }
  }

  /// The same decisions on an offer and by a policy the size of the country's, without pgbench's turns.
  private func nationalCommits(on server: PostgresServer, into figures: Figures) async throws {
    let country = try await StoredCountry(.national(clusters: 1000), projects: 0, on: server)
    country.subject.tell(of: "commit.national")
    let count = try await provide(country, rounds: Self.rounds, besides: 0)
    try await country.run(connections: 8) { store in
      var decisions: [Double] = []
      var deciding = Work()
      _ = try await country.decide(Self.warmUp, through: [store])
      for round in 1...Self.rounds {
        decisions.append(
          try await deciding.add(of: server, country) { (count, try await country.decide(count, through: [store])) })
        Console.note("round \(round): \(Int(decisions[round - 1])) decisions/s")
      }
      figures.add("commit.national.decisions", Self.median(decisions), "1/s")
      deciding.tell(as: "commit.national", into: figures)
    }
  }

  /// Looks how fast it goes, and makes as many projects as all rounds need: each ends with its count, as pgbench's do,
  /// so that none runs out of projects however fast the machine is.
  ///
  /// - Parameters:
  ///   - rounds: How many there will be, besides a warm-up.
  ///   - more: How many projects are wanted besides.
  /// - Returns: How many decisions are a round.
  private func provide(_ country: StoredCountry, rounds: Int, besides more: Int) async throws -> Int {
    try await country.declare(Self.warmUp + Self.trial)
    var rate = 0.0
    try await country.run(connections: 8) { store in
      _ = try await country.decide(Self.warmUp, through: [store])
      rate = try await country.decide(Self.trial, through: [store])
    }
    let count = max(StoredCountry.callers, Int(rate * (Self.round / .seconds(1))))
    try await country.declare(Self.warmUp + rounds * count + more)
    try await country.analyze()
    return count
  }

  /// Seconds that it takes to commit so many projects all or not at all, as they were planned.
  private func decideTogether(
    _ count: Int, through store: GovernanceStore, _ country: StoredCountry
  ) async throws -> Double {
    let bases = try await store.basis(of: try (0..<count).map { _ in try country.nextProject() })
    let batch = BatchRequest(projects: bases.requests, allOrNothing: true)
    let answer = try await LongWork.run { bases.engine.place(batch, on: bases.state) }
    let wishes = answer.placed.compactMap { entry in
      entry.plan.map { PlannedRequest(project: entry.project, plan: $0) }
    }
    let started = ContinuousClock.now
    let outcome = try await store.decideTogether(
      wishes, allOrNothing: true, context: RequestContext(principal: "bench"))
    guard outcome.decisions.count == count else { throw BenchError("not all of \(count) projects were placed") }
    return (ContinuousClock.now - started) / .seconds(1)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// What so many decisions, or rows, have cost in all.
  private struct Work {
    private var count = 0
    private var processor = ProcessorTime.none
    private var log = 0.0

    /// - Returns: how many of them there were per second.
    mutating func add(
      of server: PostgresServer, _ country: StoredCountry,
      _ body: () async throws -> (count: Int, perSecond: Double)
    ) async throws -> Double {
      let position: PostgresQuery = "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8"
      let (before, start) = (try ProcessorTime.now(of: server), try await country.number(position))
      let done = try await body()
      processor += try ProcessorTime.now(of: server) - before
      log += try await country.number(position) - start
      count += done.count
      return done.perSecond
    }

    func tell(as name: String, into figures: Figures) {
      figures.add("\(name).cpu", processor.whole / .microseconds(1) / Double(count), "µs")
      figures.add("\(name).cpu.server", processor.server / .microseconds(1) / Double(count), "µs")
      figures.add("\(name).log", log / Double(count), "B")
    }
  }

  // MARK: Bytes

  private func bytes(on server: PostgresServer, into figures: Figures) async throws {
    for clusters in [100, 1000] {
      let country = try await StoredCountry(.plain(clusters: clusters), projects: 1000, on: server)
      country.subject.tell(of: clusters == 1000 ? "decision.bytes and offer" : "decision.bytes")
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
      if clusters == 1000 { try await declare(country, into: figures) }
      let bytes = try await country.number(
        """
        SELECT (SELECT sum(pg_column_size(d.*))::float8 FROM decisions d) / (SELECT count(*) FROM decisions)
          + (SELECT sum(pg_column_size(c.*))::float8 FROM ledger_checkpoints c) / (SELECT count(*) FROM decisions)
        """)
      figures.add("decision.bytes.\(clusters)-clusters", bytes, "B")
    }
  }

  /// Every cluster declared anew one by one, while an instance keeps what it knows true: how fast that goes, and how long
  /// after the last one it answers from memory again.
  private func declare(_ country: StoredCountry, into figures: Figures) async throws {
    try await country.run(connections: 4) { store in
      let clusters = country.subject.clusters
      let started = ContinuousClock.now
      for cluster in clusters {
        var next = cluster
        next.metadata.labels["declared"] = "again"
        _ = try await store.put(.cluster(next), context: RequestContext(principal: "bench"))
      }
      let declared = ContinuousClock.now
      while !store.isWorldLive { try await Task.sleep(for: .milliseconds(5)) }
      figures.add("offer.declared", Double(clusters.count) / ((declared - started) / .seconds(1)), "1/s")
      figures.add("offer.known-again", (ContinuousClock.now - declared) / .milliseconds(1), "ms")
    }
  }

  // MARK: Memory

  private func memory(on server: PostgresServer, into figures: Figures) async throws {
    let country = try await StoredCountry(.plain(clusters: 100), projects: 33_334, on: server)
    country.subject.tell(of: "memory")
    try await country.fill(placementsOfEach: 3)
    let held = try await HeldWorld.bytes(of: country)
    figures.add("memory.per_placement", Double(held) / Double(3 * country.projects), "B")
  }
}
