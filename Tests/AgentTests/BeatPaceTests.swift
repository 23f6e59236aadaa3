import Crypto
import Events
import Foundation
import Testing

@testable import Agent

/// Heartbeats beside those that are due.
@Suite(.timeLimit(.minutes(5)))
struct BeatPaceTests {
  @Test func `news is told at once, more of it after a second, and none of it later than what is due`() {
    let start = ContinuousClock.now
    var pace = BeatPace()
    #expect(pace.next(due: start + .seconds(10), at: start) == start)
    #expect(pace.next(due: start + .seconds(10), at: start + .seconds(0.1)) == start + .seconds(1))
    #expect(pace.next(due: start + .seconds(11), at: start + .seconds(1)) == start + .seconds(2))
    #expect(pace.next(due: start + .seconds(12), at: start + .seconds(5)) == start + .seconds(5))
    #expect(pace.next(due: start + .seconds(5.2), at: start + .seconds(5.1)) == start + .seconds(5.2))
    #expect(pace.next(due: start + .seconds(7), at: start + .seconds(7)) == start + .seconds(7))
  }

  @Test func `hundreds of forged records make a few heartbeats`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent(heartbeat: .seconds(300)) { seen in try await Self.forge(rig, seen) }
    }
  }

  private static func forge(_ rig: AgentRig, _ seen: Observations) async throws {
    try await seen.agent("the snapshot is complete") { $0.snapshotComplete }
    let begun = ContinuousClock.now
    let stranger = Curve25519.Signing.PrivateKey()
    for number in 1...500 { try await rig.publish(AgentRig.state(1, revision: Int64(number)), key: stranger) }
    try await seen.agent("all are told") { $0.refusedRecords == 500 }
    let seconds = Int((ContinuousClock.now - begun).components.seconds)
    let beats = seen.agents.count { $0.refusedRecords > 0 }
    #expect(beats <= seconds + 2)
  }
}
