import Events
import KafkaMock
import Postgres
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
          #expect(try await eventually { fixture.healthStatus(name) == status }, "\(name)")
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
            // It stands by before it stands in the queue: until then the first might be back before it.
            let isNext = try await eventually { try await Self.waiting(for: lock, fixture) == 1 }
            #expect(isNext)
            try await fixture.cut(holderOf: lock)
          }
          try await expect(.degraded, of: "b")
          try await expect(.pass, of: "a")
        }
      }
    }
  }

  /// How many stand in the server's queue for a lock.
  private static func waiting(for lock: Int64, _ fixture: ServerFixture) async throws -> Int64 {
    try await fixture.count(
      """
      SELECT count(*) FROM pg_locks
      WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint) = \(lock)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """)
  }

  /// Whoever adds an instance goes by what it says, while it has nothing to do.
  @Test func `an instance that waits, and that the bus does not answer, does not say that all is well`() async throws {
    try await ServerFixture.run { fixture in
      let names = ["relay", "facts", "anchor", "status"]
      func instance(_ name: String, _ fixture: ServerFixture) throws -> [any Service] {
        [
          try fixture.relay(name), try fixture.facts(name), try fixture.sealer(name),
          try fixture.status("status-\(name)"),
        ]
      }
      func expect(_ status: HealthStatus, of instance: String) async throws {
        for name in names.map({ "\($0)-\(instance)" }) {
          let isTold = try await eventually { fixture.healthStatus(name) == status }
          #expect(isTold, "\(name)")
        }
      }
      let nobody = try ClosedPort()
      try await fixture.with(all: try instance("a", fixture)) {
        try await expect(.pass, of: "a")
        try await fixture.onBus(at: "127.0.0.1:\(nobody.number)") { apart in
          try await apart.with(all: try instance("b", apart)) {
            try await expect(.degraded, of: "b")
          }
        }
      }
    }
  }
}
