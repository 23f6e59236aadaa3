import AsyncHTTPClient
import Foundation
import Logging
import Model
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

  func measure(into figures: Figures) async throws {
    let surroundings = try await Surroundings()
    let clusters = ["c1", "c2"].map { SimulatedCluster(name: $0) }
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
    for party in ["projectTeam", "targetOperator", "serviceBody"] {
      let _: Answered = try await governance.json(
        .POST, "\(path)/approve", #"{"as":"\#(party)"}"#, within: .minutes(10))
    }
    figures.add("evacuate.agreed", (.now - began) / .seconds(1), "s")
    let started = ContinuousClock.now
    let _: Identified = try await governance.json(.POST, "\(path)/start", "{}", within: .minutes(2))
    var acts = 0
    while true {
      let progress: Progressed = try await governance.json(.GET, path, nil)
      if progress.progress.steps["done"] == Self.environments { break }
      var wanted: [(String, String)] = []
      for party in ["projectTeam", "targetOperator", "serviceBody"] {
        let query = "/api/v1/moves?migration=\(migration.id)&awaiting=\(party)&limit=1000"
        let page: Page = try await governance.json(.GET, query, nil, within: .minutes(1))
        wanted += page.items.compactMap(\.next)
      }
      acts += wanted.count
      // One that was done meanwhile is refused, and seen so.
      try await each(wanted) { path, body in
        let _: Answered? = try? await governance.json(.POST, "/api/v1/moves/\(path)", body)
      }
      Console.note("  \(progress.progress.steps.sorted { $0.key < $1.key }), \(acts) acts")
      if wanted.isEmpty { try await Task.sleep(for: .milliseconds(250)) }
    }
    let seconds = (.now - started) / .seconds(1)
    figures.add("evacuate.done", seconds, "s")
    figures.add("evacuate.rate", Double(Self.environments) / seconds, "moves/s")
    figures.add("evacuate.acts", Double(acts), "acts")
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
