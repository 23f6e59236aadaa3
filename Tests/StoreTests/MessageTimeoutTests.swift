import Events
import Postgres
import Store
import Testing

/// For how long whoever published before may still have something put on the bus, whatever is set for whoever comes next
/// (protocol rule 9).
struct MessageTimeoutTests {
  /// Whether that is what is left of a minute which began after `begun`, however long that is ago.
  private static func isOfMinute(_ left: Duration, since begun: ContinuousClock.Instant) -> Bool {
    left <= .seconds(60) && left + (ContinuousClock.now - begun) > .seconds(59)
  }

  @Test func `a leader is told how long messages of those before it may still wait`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      let first = try await store.acquireRelayLease(holder: "a", backendPID: 1, messageTimeout: .seconds(60))
      #expect(first.earlier == .zero)
      let begun = ContinuousClock.now
      let second = try await store.acquireRelayLease(holder: "b", backendPID: 1, messageTimeout: .seconds(1))
      #expect(Self.isOfMinute(second.earlier, since: begun))
      // Followed before the first is past.
      let third = try await store.acquireRelayLease(holder: "c", backendPID: 1, messageTimeout: .seconds(1))
      #expect(Self.isOfMinute(third.earlier, since: begun) && third.earlier <= second.earlier)
      #expect(try await store.relayLease()?.earlier ?? .zero <= third.earlier)
      _ = try await fixture.count(
        "UPDATE relay_leases SET earlier_until = clock_timestamp() - interval '1 hour' RETURNING 1::bigint")
      let fourth = try await store.acquireRelayLease(holder: "d", backendPID: 1, messageTimeout: .seconds(60))
      #expect(fourth.earlier <= .seconds(1))
    }
  }

  @Test func `where the database's clock was put back nobody waits for longer than any message`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      let longest = RelayLease.longestMessageTimeout
      for _ in 1...2 {
        _ = try await store.acquireRelayLease(holder: "a", backendPID: 1, messageTimeout: .seconds(1))
        _ = try await store.beginPublishingFacts(messageTimeout: .seconds(1))
      }
      for table in ["relay_leases", "facts_publisher"] {
        _ = try await fixture.count(
          "UPDATE \(unescaped: table) SET earlier_until = earlier_until + interval '1 day' RETURNING 1::bigint")
      }
      let next = try await store.acquireRelayLease(holder: "b", backendPID: 1, messageTimeout: .seconds(1))
      #expect(next.earlier > .seconds(100) && next.earlier <= longest)
      let wait = try await store.beginPublishingFacts(messageTimeout: .seconds(1))
      #expect(wait > .seconds(100) && wait <= longest)
    }
  }

  /// It begins its term, and says nothing: the number beside it is another's.
  @Test func `of a program of the version before the longest is believed that may be set`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      _ = try await store.acquireRelayLease(holder: "a", backendPID: 1, messageTimeout: .seconds(1))
      _ = try await fixture.count(
        "UPDATE relay_leases SET holder = 'earlier', term = term + 1 RETURNING 1::bigint")
      let next = try await store.acquireRelayLease(holder: "b", backendPID: 1, messageTimeout: .seconds(1))
      #expect(next.earlier > .seconds(100) && next.earlier <= RelayLease.longestMessageTimeout)
    }
  }

  @Test func `a recovery begins a term, and what is known of the leader stays known`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      try await fixture.offer()
      let first = try await store.acquireRelayLease(holder: "a", backendPID: 1, messageTimeout: .seconds(1))
      try await store.suspend(because: "a test", comparedIn: 1)
      let evidence = BusEvidence(
        zone: "nord", desired: [:],
        record: ZoneRecord(
          zone: "nord", epoch: 1, sequence: 1, at: Timestamp(microseconds: 1), count: 0, offsets: [], buckets: []))
      let plan = try await store.recoveryPlan([evidence])
      _ = try await store.recover([evidence], agreedTo: plan.digest, despiteUnverified: true, context: someone)
      let next = try await store.acquireRelayLease(holder: "b", backendPID: 1, messageTimeout: .seconds(1))
      #expect(next.term == first.term + 2 && next.earlier <= .seconds(1))
    }
  }

  @Test func `a publisher of facts is told the same`() async throws {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      #expect(try await store.beginPublishingFacts(messageTimeout: .seconds(60)) == .zero)
      let begun = ContinuousClock.now
      let second = try await store.beginPublishingFacts(messageTimeout: .seconds(1))
      #expect(Self.isOfMinute(second, since: begun))
      let third = try await store.beginPublishingFacts(messageTimeout: .seconds(1))
      #expect(Self.isOfMinute(third, since: begun) && third <= second)
      _ = try await fixture.count(
        "UPDATE facts_publisher SET earlier_until = clock_timestamp() - interval '1 hour' RETURNING 1::bigint")
      #expect(try await store.beginPublishingFacts(messageTimeout: .seconds(60)) <= .seconds(1))
    }
  }

  /// It claims, and says nothing: what is said is another's.
  @Test func `of a publisher of the version before the longest is believed as well, as long as it may matter`()
    async throws
  {
    try await StoreFixture.run { fixture in
      let store = fixture.store
      try await fixture.offer()
      #expect(try await store.publishOffer())
      try await fixture.script("DELETE FROM public_facts WHERE key <> 'offer/current'")
      func begin() async throws -> Duration {
        let earlier = try await store.beginPublishingFacts(messageTimeout: .seconds(1))
        try await fixture.script("UPDATE facts_publisher SET earlier_until = NULL")
        return earlier
      }
      let claim = "UPDATE public_facts SET attempts = attempts + 1, attempted_at = clock_timestamp()"
      try await fixture.script(claim)
      let first = try await begin()
      #expect(first > .seconds(100) && first <= RelayLease.longestMessageTimeout, "nobody has said anything yet")
      let claims = try await store.claimFacts(limit: 10)
      #expect(claims.count == 1)
      #expect(try await begin() <= .seconds(1), "the last attempt is one that says")
      try await fixture.script(claim)
      let next = try await begin()
      #expect(next > .seconds(100) && next <= RelayLease.longestMessageTimeout)
      try await fixture.script("UPDATE public_facts SET published_at = clock_timestamp()")
      #expect(try await begin() <= .seconds(1), "all that it has attempted is there")
    }
  }
}
