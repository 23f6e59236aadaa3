import AsyncHTTPClient
import Foundation
import Logging
import Model
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Postgres
import SimulatedCluster
import Subjects
import TestSupport

/// A cluster of two thousand environments is emptied, start to end, by the real programs on simulated clusters: everybody
/// agrees, people do at once what is theirs to do, and both programs do the rest. What people take in life is not in it.
struct EvacuationFigures {
  private static let environments = 2000
  /// People who do something at the same time.
  private static let width = 16
  private static let parties = ["projectTeam", "targetOperator", "serviceBody"]
  /// How long all moves may take: several times what they have taken.
  private static let limit: Duration = .seconds(3600)
  /// How many moves that are not done are named at each step.
  private static let named = 5

  func measure(into figures: Figures) async throws {
    let surroundings = try await Surroundings()
    let clusters = ["c1", "c2"].map { SimulatedCluster(name: $0) }
    Console.subject(of: "evacuate", clusters: clusters.count, rules: 0, environments: 1)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for cluster in clusters { group.addTask { try await cluster.run() } }
      defer { group.cancelAll() }
      var access: [String] = []
      for (name, cluster) in zip(["c1", "c2"], clusters) {
        access.append("\(name)=http://127.0.0.1:\(try await cluster.port)")
      }
      let governance = try await surroundings.startGovernance()
      let agent = try await surroundings.startAgent(clusters: access.joined(separator: ","))
      try await fill(governance, surroundings)
      try await evacuate(governance, into: figures)
      try await agent.program.stop()
      try await governance.program.stop()
    }
    try await surroundings.end()
  }

  /// What is placed before the second cluster is on offer is on the first.
  private func fill(_ governance: Service, _ surroundings: Surroundings) async throws {
    let zone = surroundings.zone
    for resource in Offered.resources(zone: zone, clusters: ["c1"]) { try await governance.put(resource) }
    Console.note("\(Self.environments) environments are placed")
    try await each(Array(0..<Self.environments)) { try await governance.place(Offered.project("project\($0)")) }
    func count(_ query: PostgresQuery) async throws -> Int64 {
      try await PostgresConnection.withConnection(surroundings.database) {
        try await $0.query(query).first?.decode(Int64.self, at: 0) ?? 0
      }
    }
    try await governance.wait("all are ready", within: .seconds(600)) {
      try await count("SELECT count(*) FROM placements WHERE observed_ready") >= Int64(Self.environments)
    }
    for resource in Offered.resources(zone: zone, clusters: ["c1", "c2"]) { try await governance.put(resource) }
    // A plan that is made before its agent has said what there is would not be started.
    try await governance.wait("the agent has told of the second cluster", within: .seconds(120)) {
      try await count("SELECT count(*) FROM cluster_facts WHERE cluster = 'c2'") > 0
    }
  }

  private func evacuate(_ governance: Service, into figures: Figures) async throws {
    let wish = #"{"motive":"departure","reason":"c1","scope":{"clusters":["c1"]},"limits":{"retentionDays":0}}"#
    let began = ContinuousClock.now
    let migration: Identified = try await governance.json(.POST, "/api/v1/migrations", wish)
    figures.add("evacuate.plan", (.now - began) / .seconds(1), "s")
    let path = "/api/v1/migrations/\(migration.id)"
    for party in Self.parties {
      let _: Answered = try await governance.json(
        .POST, "\(path)/approve", #"{"as":"\#(party)"}"#, within: .minutes(10))
    }
    figures.add("evacuate.agreed", (.now - began) / .seconds(1), "s")
    let started = ContinuousClock.now
    let _: Identified = try await governance.json(.POST, "\(path)/start", "{}", within: .minutes(2))
    let acts = try await carryOut(migration.id, governance)
    let seconds = (.now - started) / .seconds(1)
    figures.add("evacuate.done", seconds, "s")
    figures.add("evacuate.rate", Double(Self.environments) / seconds, "moves/s")
    figures.add("evacuate.acts", Double(acts), "acts")
  }

  /// Does what is people's to do until all moves are done.
  ///
  /// - Returns: How much of it was accepted.
  private func carryOut(_ migration: String, _ governance: Service) async throws -> Int {
    let end = ContinuousClock.now + Self.limit
    let acts = Acts()
    while true {
      let progress: Progressed = try await governance.json(.GET, "/api/v1/migrations/\(migration)", nil)
      let steps = progress.progress.steps
      if steps["done"] == Self.environments { return acts.accepted }
      let lost = steps["rolledBack", default: 0] + steps["failed", default: 0]
      guard lost == 0, ContinuousClock.now < end else {
        let standing = try await standing(steps, of: migration, governance)
        let why = lost > 0 ? "not all moves can be done any more" : "not all moves are done after \(Self.limit)"
        throw BenchError("\(why): \(standing); the last refusal: \(acts.refusal ?? "none")")
      }
      acts.beginLook()
      var wanted: [(String, String)] = []
      for party in Self.parties {
        let query = "/api/v1/moves?migration=\(migration)&awaiting=\(party)&limit=1000"
        let page: Page = try await governance.json(.GET, query, nil, within: .minutes(1))
        wanted += page.items.compactMap(\.next)
      }
      try await each(wanted) { path, body in try await acts.send(body, to: "/api/v1/moves/\(path)", governance) }
      let shown = steps.sorted { $0.key < $1.key }
      let refused = acts.refusal.map { ", the last refusal: \($0)" } ?? ""
      Console.note("  \(shown), \(acts.accepted) acts\(refused)")
      if wanted.isEmpty { try await Task.sleep(for: .milliseconds(250)) }
    }
  }

  /// How many moves stand at which step, and some of them by their identifiers.
  private func standing(_ steps: [String: Int], of migration: String, _ governance: Service) async throws -> String {
    var texts: [String] = []
    for (step, count) in steps.sorted(by: { $0.key < $1.key }) where step != "done" && count > 0 {
      let query = "/api/v1/moves?migration=\(migration)&step=\(step)&limit=\(Self.named)"
      let page: Page = try await governance.json(.GET, query, nil)
      let names = page.items.map(\.id).joined(separator: ", ")
      texts.append("\(count) \(step) (\(names)\(count > Self.named ? ", …" : ""))")
    }
    return texts.joined(separator: "; ")
  }

  private func each<Item: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Void
  ) async throws {
    var waiting = items.makeIterator()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<Self.width { if let item = waiting.next() { group.addTask { try await body(item) } } }
      while try await group.next() != nil {
        if let item = waiting.next() { group.addTask { try await body(item) } }
      }
    }
  }
}

/// What people did.
private final class Acts: Sendable {
  private let count = NIOLockedValueBox(0)
  private let last = NIOLockedValueBox<String?>(nil)

  /// How much of it was accepted.
  var accepted: Int { count.withLockedValue { $0 } }
  /// Why the last of this look that was not accepted was not.
  var refusal: String? { last.withLockedValue { $0 } }

  /// What was refused before says nothing of what is wanted now.
  func beginLook() { last.withLockedValue { $0 = nil } }

  /// One that was done meanwhile is refused, and the next look at the moves shows it.
  func send(_ body: String, to path: String, _ governance: Service) async throws {
    do {
      let _: Answered = try await governance.json(.POST, path, body)
      count.withLockedValue { $0 += 1 }
    } catch let error as CancellationError {
      throw error
    } catch {
      let text = String("\(error)".prefix(400))
      last.withLockedValue { $0 = text }
    }
  }
}

/// Whatever it says.
private struct Answered: Decodable {}

private struct Identified: Decodable {
  var id: String
}

private struct Progressed: Decodable {
  struct Progress: Decodable { var steps: [String: Int] }
  var progress: Progress
}

private struct Page: Decodable {
  struct Move: Decodable {
    struct Task: Decodable {
      var task: String
      var open: Bool
    }
    struct End: Decodable { var environment: String }
    var id: String
    var step: String
    var tasks: [Task]
    var source: End

    /// What people do next.
    var next: (String, String)? {
      if let task = tasks.first(where: \.open) { return ("\(id)/tasks/\(task.task)", #"{"evidence":"seen"}"#) }
      switch step {
      case "finalCopy": return ("\(id)/cut-over", "{}")
      case "drainingSource": return ("\(id)/confirm-removal", #"{"environment":"\#(source.environment)"}"#)
      default: return nil
      }
    }
  }
  var items: [Move]
}
