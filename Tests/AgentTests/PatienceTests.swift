import Events
import Foundation
import Model
import SimulatedCluster
import Testing

@testable import Agent

/// A cluster that wants to be left alone is, by all that the agent does there.
@Suite(.timeLimit(.minutes(5)))
struct PatienceTests {
  /// More than half as many again as are asked at most: two hundred take a busy machine longer than they may.
  private static let numbers: ClosedRange<UInt8> = 0...99

  @Test func `what one call is asked, a hundred placements heed`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(0))
      try await rig.withAgent { seen in try await Self.ask(for: seen, rig) }
    }
  }

  private static func ask(for seen: Observations, _ rig: AgentRig) async throws {
    // A life has its number from the same server: without one it says nothing at all.
    try await seen.placement("it lives") { $0.says(ConditionType.applied) == "True Applied" }
    // Longer than all of it takes on any machine.
    rig.clusters[0].inject(.status(429, retryAfter: 600), requests: .max, method: "PATCH")
    let (_, asked) = try await rig.clusters[0].requests {
      for number in Self.numbers.dropFirst() { try await rig.publish(AgentRig.state(number), isRecorded: false) }
      try await rig.publishRecord()
      try await Self.waitForWord(seen)
    }
    let patches = asked.count { $0.method == "PATCH" }
    #expect((1...64).contains(patches), "\(patches) applies, with 32 orders at once")
    let first = asked.firstIndex { $0.method == "PATCH" } ?? 0
    let later = asked[first...].filter { $0.method != "PATCH" }
    #expect(later.count <= 64, "\(later.map { "\($0.method) \($0.path)" }.prefix(9))")
  }

  private static func waitForWord(_ seen: Observations) async throws {
    // Some were not even written down by then.
    let words = ["False TooManyRequests", "False MemoryUnavailable"]
    // The first may have told so, too, where its memory could not be read at once.
    let all = Set(numbers.dropFirst().map { AgentRig.state($0).placement })
    try await eventually("all of them tell so") {
      all.isSubset(of: seen.placements.filter { words.contains($0.says(ConditionType.applied)) }.map(\.placement))
    }
    try await Task.sleep(for: .seconds(3))
  }
}
