import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import Subjects
import TestSupport

/// Months in half an hour: an agent with many placements that change all the time, by decisions and by hand. It ends in an
/// error where something of the agent has grown that should not.
struct Soak {
  let minutes: Double
  private static let placements = 2000
  /// Changes per second.
  private static let rate = 10.0
  /// What may be there in the end and was not once all had settled, as shares and counts; of threads, nothing.
  private static let memoryGrowth = 0.05
  private static let descriptorGrowth = 16
  /// Minutes until an agent has been through all that happens, and has the memory that it works with; less of a short soak.
  private static let warmUp = 5.0
  /// Bytes that the mock keeps of each partition, and what is put into each meanwhile, so that its topics wrap around.
  private static let keptByMock = 5 * 1024 * 1024
  private static let filling = Double(keptByMock) * 1.5
  /// Bytes that each placement which was removed may keep: what is remembered of it stays. Told where so many were removed that
  /// they show beside what memory does by itself.
  private static let keptOfRemoved = 6 * 1024.0
  private static let fewestRemoved = 500
  /// How many removed placements are not forgotten yet: as governance keeps them on the bus for a month.
  private static let kept = 100

  private struct Counts {
    var revisions = 0
    var edits = 0
    var deletions = 0
    var replaced = 0
    var forgotten = 0
    var total: Int { revisions + edits + deletions + replaced }
  }

  func measure(into figures: Figures) async throws {
    try await AgentStage.with { stage in
      let seed = UInt64.random(in: .min ... .max)
      Console.note("\(Self.placements) placements, \(minutes) minutes of churn, seed \(seed)")
      var states = BenchStates.make(Self.placements, zone: stage.zone)
      Console.subject(of: "soak", clusters: Set(states.map(\.cluster)).count, rules: 0, environments: 1)
      let agent = try stage.startAgent()
      try await agent.waitUntilReady()
      try await stage.publish(states)
      try await settle(states, [], agent, stage)
      let start = try ProcessUsage(pid: agent.program.pid)
      let lows = try await stage.lowWatermarks()
      var usages: [(minutes: Double, usage: ProcessUsage)] = []
      var counts = Counts()
      var gone: [DesiredState] = []
      var numbers = SeededNumbers(seed: seed)
      let began = ContinuousClock.now
      let end = began + .seconds(minutes * 60)
      var next = began
      while ContinuousClock.now < end {
        try await change(&states, &gone, &counts, &numbers, stage)
        if counts.total.isMultiple(of: 100) {
          try await forget(gone, &counts, stage)
          try await stage.fill(Int(Self.filling / max(1, minutes * 60 * Self.rate / 100)))
          let passed = (ContinuousClock.now - began) / .seconds(60)
          usages.append((passed, try ProcessUsage(pid: agent.program.pid)))
          note(counts, usages)
        }
        next += .seconds(1 / Self.rate)
        try await Task.sleep(until: next, clock: .continuous)
      }
      try await settle(states, gone, agent, stage)
      let last = try ProcessUsage(pid: agent.program.pid)
      try await report(counts, usages, start, last, agent, into: figures)
      try await expectWrapAround(since: lows, stage)
      try await agent.program.stop()
    }
  }

  private func change(
    _ states: inout [DesiredState], _ gone: inout [DesiredState], _ counts: inout Counts,
    _ numbers: inout SeededNumbers, _ stage: AgentStage
  ) async throws {
    let index = Int.random(in: states.indices, using: &numbers)
    switch Int.random(in: 0..<20, using: &numbers) {
    case 0..<12:
      states[index].revision += 1
      states[index].quota.cpu = Quantity(Int64.random(in: 1...9, using: &numbers))
      counts.revisions += 1
      try await stage.publish([states[index]])
    case 12..<17:
      counts.edits += 1
      let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: states[index].namespace)
      // One that was just made or is just being written may not be there, or win.
      _ = try? await stage.client.patch(path, merge: ["spec": ["hard": ["pods": "77"]]], as: ResourceQuota.self)
    case 17..<19:
      counts.deletions += 1
      _ = try? await stage.client.delete(ObjectPath(.limitRanges, "regie-limits", in: states[index].namespace))
    default:
      counts.replaced += 1
      var leaving = states[index]
      leaving.revision += 1
      leaving.phase = .removed
      leaving.notBefore = Timestamp(Date())
      gone.append(leaving)
      states[index] = BenchStates.make(1, zone: stage.zone)[0]
      try await stage.publish([leaving, states[index]])
    }
  }

  /// Forgets what was removed first, as far as that was seen.
  private func forget(_ gone: [DesiredState], _ counts: inout Counts, _ stage: AgentStage) async throws {
    let due = gone.dropFirst(counts.forgotten).dropLast(Self.kept)
      .prefix { stage.reports[$0.placement]?.isApplied == true && stage.reports[$0.placement]?.version == $0.version }
    try await stage.forget(due.map(\.placement))
    counts.forgotten += due.count
  }

  /// Waits until all is as decided last, and what was removed is gone.
  private func settle(
    _ states: [DesiredState], _ gone: [DesiredState], _ agent: Service, _ stage: AgentStage
  ) async throws {
    try await agent.wait("all is as decided", within: .seconds(900)) {
      stage.reports.count(of: states) { $0.isReady } == states.count
        && stage.reports.count(of: gone) { $0.isApplied } == gone.count
    }
    try await AgentFigures.rest(stage)
  }

  /// Whether the broker has dropped what stood first in each partition: what the agent never reads again, and may not keep.
  private func expectWrapAround(since before: [Int64], _ stage: AgentStage) async throws {
    guard stage.broker.isMock else {
      return Console.note("a real broker compacts by its own pace: no wrap-around is asked for")
    }
    let after = try await stage.lowWatermarks()
    guard after.count == before.count, zip(after, before).allSatisfy({ $0 > $1 }) else {
      throw BenchError("not every partition wrapped around: they are kept from \(after) on, and were from \(before)")
    }
  }

  private func note(_ counts: Counts, _ usages: [(minutes: Double, usage: ProcessUsage)]) {
    guard let last = usages.last, counts.total.isMultiple(of: 500) else { return }
    Console.note(
      String(
        format: "  %.1f min: %d changes, %.0f MiB, %d descriptors, %d threads", last.minutes, counts.total,
        Double(last.usage.resident) / 1_048_576, last.usage.descriptors, last.usage.threads))
  }

  private func report(
    _ counts: Counts, _ usages: [(minutes: Double, usage: ProcessUsage)], _ start: ProcessUsage, _ last: ProcessUsage,
    _ agent: Service,
    into figures: Figures
  ) async throws {
    func mebibytes(_ bytes: Int64) -> Double { Double(bytes) / 1_048_576 }
    /// The middle one: what a garbage of one moment adds is no growth.
    func middle<Value: Comparable>(_ some: [ProcessUsage], _ value: KeyPath<ProcessUsage, Value>) -> Value {
      let sorted = some.map { $0[keyPath: value] }.sorted()
      return sorted.isEmpty ? start[keyPath: value] : sorted[sorted.count / 2]
    }
    let settled = usages.filter { $0.minutes >= min(Self.warmUp, minutes / 4) }.map(\.usage)
    let quarter = max(1, settled.count / 4)
    let (first, final) = (Array(settled.prefix(quarter)), Array(settled.suffix(quarter)))
    let (early, late) = (middle(first, \.resident), middle(final, \.resident))
    let (earlyThreads, lateThreads) = (middle(first, \.threads), middle(final, \.threads))
    let growth = Double(late - early) / Double(max(1, early))
    // From the middle of the first quarter to the middle of the last are three quarters of the time after the warm-up.
    let share = 0.75 * Double(settled.count) / Double(max(1, usages.count))
    let kept = Double(late - early) / max(1, Double(counts.replaced) * share)
    figures.add("soak.revisions", Double(counts.revisions), "")
    figures.add("soak.edits", Double(counts.edits + counts.deletions), "")
    figures.add("soak.replaced", Double(counts.replaced), "")
    figures.add("soak.forgotten", Double(counts.forgotten), "of these, by tombstones")
    figures.add("soak.rss.start", mebibytes(start.resident), "MiB")
    figures.add("soak.rss.early", mebibytes(early), "MiB, median of the first quarter after the warm-up")
    figures.add("soak.rss.late", mebibytes(late), "MiB, median of the last quarter")
    figures.add("soak.rss.removed", kept / 1024, "KiB for each placement that was removed")
    figures.add("soak.descriptors.start", Double(start.descriptors), "")
    figures.add("soak.descriptors.end", Double(last.descriptors), "")
    figures.add("soak.threads.early", Double(earlyThreads), "")
    figures.add("soak.threads.late", Double(lateThreads), "")
    figures.add("soak.cpu", (last.cpu - start.cpu) / .seconds(minutes * 60) * 100, "% of a core")
    let unfinished = try await agent.metric("workqueue_unfinished_work_seconds")
    let waiting = try await agent.metric("workqueue_depth")
    let forgotten = try await agent.metric("regie_agent_forgotten_total")
    guard unfinished == 0, waiting == 0 else { throw BenchError("work is left: \(waiting) waiting, \(unfinished) s") }
    guard forgotten == Double(counts.forgotten) else {
      throw BenchError("\(counts.forgotten) placements were forgotten, \(forgotten) by the agent")
    }
    guard growth <= Self.memoryGrowth else {
      throw BenchError("memory has grown by \(Int(growth * 100)) %")
    }
    guard kept <= Self.keptOfRemoved || counts.replaced < Self.fewestRemoved else {
      throw BenchError("\(Int(kept)) bytes are kept of each placement that was removed")
    }
    guard last.descriptors - start.descriptors <= Self.descriptorGrowth else {
      throw BenchError("\(last.descriptors - start.descriptors) descriptors were leaked")
    }
    guard lateThreads <= earlyThreads else {
      throw BenchError("there are \(lateThreads) threads, and were \(earlyThreads)")
    }
  }
}
