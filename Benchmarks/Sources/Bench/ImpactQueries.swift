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
/// several this way. Rounds in which other machines on the same host took more than a little of what this one wanted say how
/// those do, and are left out, both turns: there, questions take the longer the more was taken, with an impact and without. What
/// all turns come to is told too.
struct ImpactQueries {
  /// Whether the offer, the policy and the projects are of the country's size, rather than as small as can be.
  let isNational: Bool
  private static let placements = 50_000
  /// A project of the country's has so many.
  private static let placementsOfEach = 4
  private static let clusters = 1000
  /// Turn and turn about, and each of the two first every other time, so that whatever else the machine does strikes both.
  private static let rounds = 9
  /// Turns are taken again, but not for ever.
  private static let mostRounds = 18
  /// The share of what the machine wanted of its processors that may have been taken by others.
  private static let mostStolen = 0.1
  /// The median of fewer says nothing.
  private static let fewestRounds = 5
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

  /// What the figures' names begin with.
  private var name: String { isNational ? "impact.national" : "impact" }

  /// A country in which as much is placed.
  private func country(on database: PostgresServer) async throws -> StoredCountry {
    guard isNational else {
      let country = try await StoredCountry(.plain(clusters: Self.clusters), projects: Self.placements, on: database)
      try await country.fill(placementsOfEach: 1)
      return country
    }
    // By the engine: where it is, is where the rules want it.
    let projects = Self.placements / Self.placementsOfEach
    let country = try await StoredCountry(.national(clusters: Self.clusters), projects: projects, on: database)
    try await country.run(connections: 8) { store in _ = try await country.decide(projects, through: [store]) }
    try await country.analyze()
    return country
  }

  private func measure(on database: PostgresServer, into figures: Figures) async throws {
    let country = try await country(on: database)
    country.subject.tell(of: "\(name).service_seconds and \(name).query")
    let server = try await QueriedServer.start(country.url, bytes: 1, environment: ["BENCH_IMPACTS": "1"])
    var (alone, beside): ([Turn], [Turn]) = ([], [])
    var done = 0
    let questions = Questions(projects: country.subject.projects)
    try await country.run(connections: 2) { store in
      figures.add("\(name).service_seconds", try await workOutOnce(store), "s")
      _ = try await ask(server, questions)
      var round = 0
      while round < Self.mostRounds, zip(alone, beside).count(where: Self.areCalm) < Self.rounds {
        round += 1
        if round % 2 == 1 { alone.append(try await ask(server, questions)) }
        let (turn, worked) = try await askBeside(store, of: country.projects, server, questions)
        guard worked > 0 else { throw BenchError("no impact was worked out in round \(round)") }
        beside.append(turn)
        done += worked
        if round % 2 == 0 { alone.append(try await ask(server, questions)) }
      }
    }
    try await server.stop()
    Console.note(
      "\(alone.count + beside.count) turns of \(alone[0].times.count) questions at \(Self.perSecond)/s; \(done) projects were "
        + "gone through beside half of them")
    Console.note("99th percentiles, ms (and what was stolen): without \(Self.text(alone)); with \(Self.text(beside))")
    figures.add("\(name).query_p99_ratio.all", Self.median(beside) / Self.median(alone), "")
    let calm = zip(alone, beside).filter(Self.areCalm)
    let (usual, busy) = (calm.map(\.0), calm.map(\.1))
    figures.add("\(name).query.rounds", Double(calm.count), "")
    figures.add("\(name).query.rounds-left-out", Double(alone.count - calm.count), "")
    guard calm.count >= Self.fewestRounds else {
      throw BenchError("others on this host took more than a tenth of the processors in all but \(calm.count) rounds")
    }
    figures.add("\(name).query.alone", Distribution(microseconds: usual.flatMap(\.times)))
    figures.add("\(name).query.beside", Distribution(microseconds: busy.flatMap(\.times)))
    figures.add("\(name).query_p99_ratio", Self.median(busy) / Self.median(usual), "")
  }

  /// What came of some seconds of questions.
  private struct Turn {
    /// Microseconds that each question took.
    var times: [Int64]
    /// The share of what the machine wanted that others on its host had meanwhile, from 0 to 1.
    var stolen: Double

    var percentile: Double { Distribution(microseconds: times).percentile(99) }
  }

  private static func areCalm(_ alone: Turn, _ beside: Turn) -> Bool { max(alone.stolen, beside.stolen) <= mostStolen }

  private static func median(_ turns: [Turn]) -> Double { turns.map(\.percentile).sorted()[turns.count / 2] }

  private static func text(_ turns: [Turn]) -> String {
    turns.map { String(format: "%.1f (%.1f %%)", $0.percentile, 100 * $0.stolen) }.joined(separator: " ")
  }

  /// Asks while an impact is worked out all the time.
  private func askBeside(
    _ store: GovernanceStore, of projects: Int, _ server: QueriedServer, _ questions: Questions
  ) async throws -> (turn: Turn, worked: Int) {
    let isOver = NIOLockedValueBox(false)
    async let worked = keepAsking(store, of: projects) { isOver.withLockedValue { $0 } }
    let turn = try await ask(server, questions)
    isOver.withLockedValue { $0 = true }
    let done = try await worked
    // The one under way is given up, or done.
    while try await store.impacts().items.contains(where: { $0.state == .waiting || $0.state == .running }) {
      try await Task.sleep(for: .milliseconds(50))
    }
    return (turn, done)
  }

  /// Asks at the fixed rate: a question takes from the moment it was due, and is sent whether or not the ones before are
  /// answered.
  private func ask(_ server: QueriedServer, _ questions: Questions) async throws -> Turn {
    let before = try MachineTime.now()
    let (began, count) = (ContinuousClock.now, Int(Self.turn / .seconds(1)) * Self.perSecond)
    let times = try await withThrowingTaskGroup(of: Int64.self) { group in
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
    return Turn(times: times, stolen: try MachineTime.now().stolen(since: before))
  }

  /// What is asked: never the same twice, so that the engine answers.
  private final class Questions: Sendable {
    private let count = NIOLockedValueBox(0)
    private let projects: [ProjectSpec]

    init(projects: [ProjectSpec]) { self.projects = projects }

    func next() throws -> Data {
      let number = count.withLockedValue { count in
        count += 1
        return count
      }
      let project = Resource("q\(number)", projects[number % projects.count])
      return try ModelJSON.encoder.encode(AnyResource.project(project))
    }
  }

  /// Has one whole impact worked out by the server, which nobody asks anything meanwhile.
  ///
  /// - Returns: the seconds that it took, reading and writing included.
  private func workOutOnce(_ store: GovernanceStore) async throws -> Double {
    var policy = try await store.policyDocument(version: 1)
    policy.title = LocalizedText(fr: "Politique \(UUID())")
    policy.scoring = .init(balance: 4)
    let id = try await store.requestImpact(of: policy, context: RequestContext(principal: "bench")).id
    while true {
      let impact = try await store.impact(id)
      switch impact.state {
      case .done: return impact.result?.seconds ?? 0
      case .waiting, .running: try await Task.sleep(for: .milliseconds(200))
      case .failed, .cancelled: throw BenchError("an impact ended as \(impact.state.rawValue)")
      }
    }
  }

  /// Asks what a policy would change, again and again until it is enough; the last question is taken back then.
  ///
  /// - Returns: how many projects were gone through.
  private func keepAsking(
    _ store: GovernanceStore, of projects: Int, until isEnough: () -> Bool
  ) async throws -> Int {
    let someone = RequestContext(principal: "bench")
    var policy = try await store.policyDocument(version: 1)
    var done = 0
    while !isEnough() {
      // Unlike all before it: what was asked already is answered at once.
      policy.title = LocalizedText(fr: "Politique \(UUID())")
      policy.scoring = .init(balance: 4)
      let asked = try await store.requestImpact(of: policy, context: someone)
      var (state, looked) = (asked.state, ContinuousClock.now)
      while state == .waiting || state == .running {
        try await Task.sleep(for: .milliseconds(100))
        if isEnough() {
          return done + Int(try await store.cancelImpact(asked.id).projectsDone)
        }
        // As often as `regie policy impact --wait` looks.
        guard ContinuousClock.now - looked >= .milliseconds(500) else { continue }
        (state, looked) = (try await store.impact(asked.id).state, .now)
      }
      guard state == .done else { throw BenchError("an impact ended as \(state.rawValue)") }
      done += projects
    }
    return done
  }
}
