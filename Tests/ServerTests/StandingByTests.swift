import Events
import KafkaMock
import ServiceLifecycle
import Store
import Telemetry
import TestSupport
import Testing

@testable import Server

/// What an instance says that waits while another does the work.
@Suite(.timeLimit(.minutes(5)))
struct StandingByTests {
  @Test func `what an instance found while it led is not said any more once another does`() async throws {
    try await ServerFixture.run { fixture in
      func expect(_ status: HealthStatus, of instance: String) async throws {
        for name in ["relay", "facts", "anchor"].map({ "\($0)-\(instance)" }) {
          #expect(try await eventually(within: .seconds(60)) { fixture.healthStatus(name) == status }, "\(name)")
        }
      }
      // It does not exist, for whoever asks.
      try await fixture.mock.setTopicError(Topics.events, 3)
      let (first, second) = (
        [try fixture.relay("a"), try fixture.facts("a"), try fixture.sealer("a")] as [any Service],
        [try fixture.relay("b"), try fixture.facts("b"), try fixture.sealer("b")] as [any Service]
      )
      try await fixture.with(all: first) {
        try await expect(.degraded, of: "a")
        try await fixture.with(all: second) {
          try await expect(.pass, of: "b")
          for lock in [StoreLocks.relay, StoreLocks.publicFacts, StoreLocks.auditSealer] {
            try await fixture.cut(holderOf: lock)
          }
          try await expect(.degraded, of: "b")
          try await expect(.pass, of: "a")
        }
      }
    }
  }
}
