import Events
import Postgres
import Store
import Testing

@testable import Server

/// Instances whose `REGIE_MESSAGE_TIMEOUT` is not the same: whoever comes next waits as long as the one before may still have
/// something put on the bus (protocol rule 9). These let messages wait for two seconds.
@Suite(.timeLimit(.minutes(3)))
struct MessageTimeoutTests {
  /// How long it takes a relay that begins now until all states are published.
  ///
  /// - Parameter began: what it is counted from: before what says until when is to be waited.
  private static func publishing(
    by holder: String, _ fixture: ServerFixture, since began: ContinuousClock.Instant = .now
  ) async throws -> Duration {
    try await fixture.with(try fixture.relay(holder)) { try await fixture.expectPublished() }
    return ContinuousClock.now - began
  }

  /// How long it takes a publisher of facts that begins now until all are told.
  private static func telling(
    _ fixture: ServerFixture, since began: ContinuousClock.Instant = .now
  ) async throws -> Duration {
    try await fixture.with(try fixture.facts()) {
      let isTold = try await eventually {
        try await fixture.count("SELECT count(*) FROM public_facts WHERE published_at IS NULL") == 0
      }
      #expect(isTold)
    }
    return ContinuousClock.now - began
  }

  @Test func `a relay waits out the leader before it for as long as that one lets states wait`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.place("alpha")
      let first = try await fixture.store.acquireRelayLease(
        holder: "first", backendPID: 1, messageTimeout: .seconds(12))
      // It has the state in its hands, and is not heard of any more.
      let claims = try await fixture.store.claimOutbox(term: first.term, limit: 10)
      #expect(claims.count == 1)
      let waited = try await Self.publishing(by: "second", fixture)
      #expect(waited >= .seconds(14))
    }
  }

  @Test func `a publisher of facts waits out the one before it likewise`() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.store.beginPublishingFacts(messageTimeout: .seconds(12))
      let claims = try await fixture.store.claimFacts(limit: 10)
      try #require(!claims.isEmpty, "the policy's first version is told")
      let waited = try await Self.telling(fixture)
      #expect(waited >= .seconds(14))
    }
  }

  /// The second has waited for most of it, and published nothing: how long the third has to wait does not say how old what it
  /// waits for may be.
  @Test func `a relay waits out and says again what was attempted before another one waited`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.place("alpha")
      let first = try await fixture.store.acquireRelayLease(
        holder: "first", backendPID: 1, messageTimeout: .seconds(120))
      let claims = try await fixture.store.claimOutbox(term: first.term, limit: 10)
      #expect(claims.count == 1)
      _ = try await fixture.store.acquireRelayLease(holder: "second", backendPID: 1, messageTimeout: .seconds(1))
      let began = ContinuousClock.now
      _ = try await fixture.count(
        """
        WITH tried AS (UPDATE outbox SET attempted_at = attempted_at - interval '101 seconds' RETURNING 1),
        lease AS (UPDATE relay_leases SET earlier_until = clock_timestamp() + interval '20 seconds' RETURNING 1)
        SELECT (SELECT count(*) FROM tried) + (SELECT count(*) FROM lease)
        """)
      let waited = try await Self.publishing(by: "third", fixture, since: began)
      #expect(waited >= .seconds(20))
      #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE reason = 'new relay leader'") == 1)
    }
  }

  @Test func `a publisher of facts waits out what was attempted before another one waited`() async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.store.beginPublishingFacts(messageTimeout: .seconds(120))
      let claims = try await fixture.store.claimFacts(limit: 10)
      try #require(!claims.isEmpty, "the policy's first version is told")
      _ = try await fixture.store.beginPublishingFacts(messageTimeout: .seconds(1))
      let began = ContinuousClock.now
      _ = try await fixture.count(
        """
        WITH tried AS (UPDATE public_facts SET attempted_at = attempted_at - interval '101 seconds',
          message_attempted_at = message_attempted_at - interval '101 seconds' RETURNING 1),
        turn AS (UPDATE facts_publisher SET earlier_until = clock_timestamp() + interval '20 seconds' RETURNING 1)
        SELECT (SELECT count(*) FROM tried) + (SELECT count(*) FROM turn)
        """)
      let waited = try await Self.telling(fixture, since: began)
      #expect(waited >= .seconds(20))
    }
  }
}
