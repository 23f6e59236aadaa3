import Events
import Foundation
import Kafka
import Kubernetes
import Model
import Reconciler
import Subjects
import TestSupport

/// The agent against what the same API server does for a client that does nothing else: applying, starting again, putting
/// back, and what it costs while nothing happens.
struct AgentFigures {
  static let placements = 1000
  /// Turns in which they are applied.
  private static let rounds = 4
  private static let idlePlacements = 2000

  func measure(into figures: Figures) async throws {
    try await AgentStage.with { stage in
      let states = BenchStates.make(Self.placements, zone: stage.zone)
      let clusters = Set(states.map(\.cluster)).count
      Console.subject(of: "apply, putback, restart and idle", clusters: clusters, rules: 0, environments: 1)
      let agent = try stage.startAgent()
      try await agent.waitUntilReady()
      try await applying(states, with: agent, on: stage, into: figures)
      try await PutBack(stage: stage).measure(states, by: agent, into: figures)
      try await agent.program.stop()
      try await restarting(states, on: stage, into: figures)
      let more = BenchStates.make(Self.idlePlacements - Self.placements, zone: stage.zone)
      try await idling(states + more, new: more, on: stage, into: figures)
    }
  }

  /// In turns, so that neither has a fuller API server or a busier machine than the other; in between, controllers come to
  /// rest.
  private func applying(
    _ states: [DesiredState], with agent: Service, on stage: AgentStage, into figures: Figures
  ) async throws {
    try await BareClient.with(stage.kubernetes) { bare in
      _ = try await bare.apply(BenchStates.make(100, zone: stage.zone))
      Console.note("\(states.count) placements in \(Self.rounds) turns, and as many by the bare client")
      var (bareTime, agentTime) = (Duration.zero, Duration.zero)
      let share = states.count / Self.rounds
      for round in 0..<Self.rounds {
        try await Self.rest(stage)
        bareTime += try await bare.apply(BenchStates.make(share, zone: stage.zone))
        try await Self.rest(stage)
        agentTime += try await publish(Array(states.dropFirst(round * share).prefix(share)), with: agent, on: stage)
      }
      try await Self.rest(stage)
      figures.add("apply.placements", Double(states.count) / (agentTime / .seconds(1)), "1/s")
      figures.add("apply.bare", Double(states.count) / (bareTime / .seconds(1)), "1/s")
      figures.add("apply.ratio", bareTime / agentTime, "of the bare client's rate (aim: ≥ 0.8)")
    }
  }

  /// From the first state on its way to the bus until the last is reported to be applied.
  private func publish(_ states: [DesiredState], with agent: Service, on stage: AgentStage) async throws -> Duration {
    let started = ContinuousClock.now
    try await stage.publish(states)
    try await agent.wait("all are applied", within: .seconds(600)) {
      stage.reports.count(of: states) { $0.isApplied } == states.count
    }
    guard let ended = stage.reports.lastApplied(of: states) else { throw BenchError("nothing was applied") }
    return ended - started
  }

  /// Waits until the controllers have written what they have to say of every quota and nothing more is written.
  static func rest(_ stage: AgentStage) async throws {
    var last = ""
    var same = 0
    while same < 3 {
      let list = try await stage.client.list(.resourceQuotas, ListQuery(), as: QuotaRest.self)
      let pending = list.items.contains { $0.value.status?.hard == nil }
      // The version of a list is the server's, of all kinds.
      let now = list.resourceVersion
      same = !pending && now == last ? same + 1 : 0
      last = now
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  private struct QuotaRest: Decodable, Sendable {
    struct Status: Decodable, Sendable { var hard: [String: String]? }
    var status: Status?
  }

  private func restarting(_ states: [DesiredState], on stage: AgentStage, into figures: Figures) async throws {
    let lives = Set(states.compactMap { stage.reports[$0.placement]?.incarnation })
    let before = try await Written.read(stage.client)
    var baselines = [try await Baseline.measure(stage)]
    let started = ContinuousClock.now
    let agent = try stage.startAgent()
    try await agent.wait("all are found in place", within: .seconds(120)) {
      stage.reports.count(of: states) { $0.isApplied && !lives.contains($0.incarnation) } == states.count
    }
    guard let ended = stage.reports.lastApplied(of: states) else { throw BenchError("nothing was reported") }
    baselines.append(try await Baseline.measure(stage))
    // What it has done later than it said is seen, too.
    try await Self.rest(stage)
    let changed = try await Written.read(stage.client).differences(from: before)
    guard changed.isEmpty else {
      throw BenchError("a restart with no difference wrote \(changed.count) objects, such as \(changed[0])")
    }
    try await agent.program.stop()
    let milliseconds = (ended - started) / .milliseconds(1)
    let baseline = baselines.reduce(0, +) / Double(baselines.count)
    figures.add("restart.time", milliseconds, "ms")
    figures.add("restart.baseline", baseline, "ms")
    figures.add("restart.writes", Double(changed.count), "writes (aim: 0)")
    figures.add("restart.ratio", milliseconds / baseline, "of listing and reading alone (aim: ≤ 3)")
  }

  private func idling(
    _ all: [DesiredState], new: [DesiredState], on stage: AgentStage, into figures: Figures
  ) async throws {
    try await stage.publish(new)
    let agent = try stage.startAgent(isPatient: true)
    Console.note(
      "\(all.count) placements at rest, on \(stage.broker.isMock ? "the mock, fetches wait 500 ms" : "a real broker")")
    try await agent.wait("all are ready", within: .seconds(600)) {
      stage.reports.count(of: all) { $0.isReady } == all.count
    }
    try await Self.rest(stage)
    try await Task.sleep(for: .seconds(10))
    let started = ContinuousClock.now
    let before = try ProcessUsage(pid: agent.program.pid)
    try await Task.sleep(for: .seconds(60))
    let after = try ProcessUsage(pid: agent.program.pid)
    let percent = (after.cpu - before.cpu) / (ContinuousClock.now - started) * 100
    figures.add("idle.cpu", percent, "% of a core (aim: < 2)")
    figures.add("idle.rss", Double(after.resident) / 1_048_576, "MiB (aim: < 150)")
    try await agent.program.stop()
  }
}
