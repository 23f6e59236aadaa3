import Events
import Postgres
import Store
import Testing

@testable import Server

/// Instances whose `REGIE_MESSAGE_TIMEOUT` is not the same: whoever comes next waits as long as the one before may still have
/// something put on the bus (protocol rule 9). These let messages wait for two seconds.
@Suite(.timeLimit(.minutes(3)))
struct MessageTimeoutTests {
  @Test func `a relay waits out the leader before it for as long as that one lets states wait`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.place("alpha")
      let first = try await fixture.store.acquireRelayLease(
        holder: "first", backendPID: 1, messageTimeout: .seconds(12))
      // It has the state in its hands, and is not heard of any more.
      let claims = try await fixture.store.claimOutbox(term: first.term, limit: 10)
      #expect(claims.count == 1)
      let began = ContinuousClock.now
      try await fixture.with(try fixture.relay("second")) { try await fixture.expectPublished() }
      let waited = ContinuousClock.now - began
      #expect(waited >= .seconds(14))
    }
  }

  @Test func `a publisher of facts waits out the one before it likewise`() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.store.beginPublishingFacts(messageTimeout: .seconds(12))
      let claims = try await fixture.store.claimFacts(limit: 10)
      try #require(!claims.isEmpty, "the policy's first version is told")
      let began = ContinuousClock.now
      try await fixture.with(try fixture.facts()) {
        let isTold = try await eventually(within: .seconds(90)) {
          try await fixture.count("SELECT count(*) FROM public_facts WHERE published_at IS NULL") == 0
        }
        #expect(isTold)
      }
      let waited = ContinuousClock.now - began
      #expect(waited >= .seconds(14))
    }
  }
}
