import Events
import Foundation
import Logging
import Model
import Postgres
import Store
import Testing

struct OutboxTests {
  @Test func `the latest state is claimed once for all revisions, and settled with them`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      _ = try await fixture.place("alpha", quota: Offered.quota(cpu: 3))
      let lease = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      #expect(lease.term == 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      let claim = try #require(claims.first)
      #expect(claims.count == 1)
      #expect(claim.ids.count == 2)
      #expect(claim.state.revision == 2)
      #expect(claim.state.quota == Offered.quota(cpu: 3))
      #expect(claim.traceparent == someone.traceparent)
      #expect(try await fixture.store.placement(claim.state.placement).desiredState() == claim.state)

      // Not settled: handed out again.
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10) == claims)
      #expect(try await fixture.store.oldestUnpublishedAge() != nil)
      try await fixture.store.markPublished([OutboxAck(ids: claim.ids, topic: "t", partition: 0, offset: 7)])
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10).isEmpty)
      #expect(try await fixture.store.oldestUnpublishedAge() == nil)
      #expect(try await fixture.store.placement(claim.state.placement).publishedAt != nil)
    }
  }

  @Test func `a zone that is left out is claimed nothing of, and gives its place to others`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let first = try #require(try await fixture.store.claimOutbox(term: 1, limit: 1).first)
      let attempts = { try await fixture.count("SELECT sum(attempts)::bigint FROM outbox") }
      #expect(try await attempts() == 1)
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 1, excluding: [first.state.zone, "x"]).isEmpty)
      #expect(try await attempts() == 1, "what is left out counts as no attempt")
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 1, excluding: ["x"]) == [first])
    }
  }

  @Test func `a revision committed while the one before is in flight is not settled with it`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let first = try #require(try await fixture.store.claimOutbox(term: 1, limit: 10).first)
      let second = try await fixture.place("alpha", quota: Offered.quota(cpu: 3))
      let placement = try #require(second.placements.first)
      try await fixture.store.markPublished([OutboxAck(ids: first.ids, topic: "t", partition: 0, offset: 7)])
      #expect(try await fixture.store.placement(placement.spec.id).publishedAt == nil)
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10).map(\.state.revision) == [2])
    }
  }

  @Test func `a row with a smaller id that becomes visible late is not lost`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let settled = try await fixture.store.claimOutbox(term: 1, limit: 10)
      try await fixture.store.markPublished(
        settled.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })

      try await fixture.pool.withTransaction { late in
        // Takes the smaller id, and commits last.
        _ = try await late.execute(
          "INSERT INTO outbox (placement, epoch, revision, reason) VALUES (\(first.spec.id), 1, 1, 'late')")
        _ = try await fixture.place("beta")
        let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
        #expect(claims.map(\.state.project.name) == ["beta"])
        try await fixture.store.markPublished(
          claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 1) })
      }
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10).map(\.state.project.name) == ["alpha"])
    }
  }

  @Test func `an earlier term claims nothing and renews nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      #expect(try await fixture.store.relayLease() == nil)
      let first = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      try await fixture.renew(term: first.term)
      let second = try await fixture.store.acquireRelayLease(holder: "b", backendPID: 2)
      #expect(second.term == 2)
      #expect(try await fixture.store.relayLease()?.holder == "b")
      let claimed = try await refusal { _ = try await fixture.store.claimOutbox(term: first.term, limit: 10) }
      #expect(claimed?.kind == .leaseLost)
      #expect(try await refusal { try await fixture.renew(term: first.term) }?.kind == .leaseLost)
      #expect(try await fixture.count("SELECT count(*) FROM outbox WHERE attempted_at IS NOT NULL") == 0)
      #expect(try await fixture.store.claimOutbox(term: second.term, limit: 10).count == 1)
    }
  }

  @Test func `what was attempted is published again by the next leader, once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      #expect(try await fixture.store.recentlyAttempted(within: .seconds(60)).isEmpty)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })
      let recent = try await fixture.store.recentlyAttempted(within: .seconds(60))
      #expect(recent == [placement.spec.id])
      #expect(try await fixture.store.recentlyAttempted(within: .zero).isEmpty)
      #expect(try await fixture.store.requestRepublication(placements: recent, reason: "leader") == 1)
      #expect(try await fixture.store.requestRepublication(placements: recent, reason: "leader") == 0)
      let again = try #require(try await fixture.store.claimOutbox(term: 1, limit: 10).first)
      #expect(again.state == claims.first?.state)
    }
  }

  /// A claim takes its time. Whoever led before it was committed would not know of it, and wait nothing out; and its state could
  /// still be sent after a later one.
  @Test func `a new leader begins once it is known what the one before was about to publish`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let found: [[UUID]] = try await withThrowingTaskGroup(of: [UUID].self) { group in
        try await fixture.pool.withTransaction { holder in
          try await holder.execute("SELECT FROM outbox FOR UPDATE")
          group.addTask { try await fixture.store.claimOutbox(term: 1, limit: 10).map(\.state.placement) }
          try await fixture.expectWaiting(1)
          group.addTask {
            _ = try await fixture.store.acquireRelayLease(holder: "b", backendPID: 2)
            return try await fixture.store.recentlyAttempted(within: .seconds(60))
          }
          try await fixture.expectWaiting(2) { try await fixture.store.relayLease()?.term == 2 }
          let term = try await fixture.store.relayLease()?.term
          #expect(term == 1, "it leads although a claim is under way")
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(found == [[placement.spec.id], [placement.spec.id]])
    }
  }

  @Test func `many are asked for again in parts, none of which waits long for who holds a placement`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for name in ["alpha", "beta", "gamma"] { _ = try await fixture.place(name) }
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let ids = try await fixture.store.claimOutbox(term: 1, limit: 10).map(\.state.placement)
      let held = try #require(ids.last)
      let publish = "UPDATE outbox SET attempts = 1, published_at = now()"
      let parts: PostgresQuery = """
        SELECT count(DISTINCT xmin::text) * 10 + count(*) FROM outbox WHERE published_at IS NULL
        """
      try await fixture.pool.withConnection { try await $0.script(publish) }
      #expect(try await fixture.store.requestRepublication(placements: ids, reason: "leader", part: 2) == 3)
      #expect(try await fixture.count(parts) == 23, "three states, in two parts")
      try await fixture.pool.withConnection { try await $0.script(publish) }
      let error = try await fixture.pool.withTransaction { holder -> PostgresError? in
        try await holder.execute("SELECT FROM placements WHERE id = \(held) FOR UPDATE")
        let refusal = await #expect(throws: PostgresError.self) {
          _ = try await fixture.store.requestRepublication(placements: ids, reason: "leader", part: 2)
        }
        return refusal
      }
      #expect(error?.sqlState == .lockNotAvailable)
      #expect(try await fixture.count(parts) == 12, "what was asked for stays so")
      #expect(try await fixture.store.requestRepublication(placements: ids, reason: "leader", part: 2) == 1)
    }
  }

  /// A decision locks its placements, then the ledger. A batch that gives capacity back and answers a plea locks the
  /// ledger and every placement: never the first while it waits for the second.
  @Test func `a plea beside a removal never stands in the way of a decision`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      let other = try #require(try await fixture.place("beta").placements.first)
      let removals = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let removed = try #require(removals.placements.first)
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })
      let batch = [
        fixture.observe(removed, sequence: 1), Heartbeats.record(zone: "nord", sequence: 1, plea: UUID(), offset: 1),
      ]
      let result = try await withThrowingTaskGroup(of: ObservationResult.self) { group in
        try await fixture.pool.withConnection { connection in
          try await connection.transaction { decision in
            // Whoever waits last finds the circle: here at once, long before the other looks a second time.
            try await decision.execute("SET LOCAL deadlock_timeout = '1ms'")
            try await decision.execute("SELECT FROM placements WHERE id = \(other.spec.id) FOR UPDATE")
            group.addTask { try await fixture.store.apply(batch, topic: "t", zone: "nord") }
            try await fixture.expectWaiting(1)
            try await decision.execute("SELECT FROM capacity_ledger FOR UPDATE")
          }
        }
        return try await group.next()
      }
      #expect(result?.removed == [removed.spec.id] && result?.republished == 2)
    }
  }

  /// The plea is answered, and then the batch fails, as when the consumer dies in between.
  @Test func `a plea whose batch failed is answered, once, and also when its heartbeat is no news`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.place("alpha")
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })
      try await fixture.pool.withConnection {
        try await $0.script(
          """
          CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'crash'; END$$;
          CREATE TRIGGER crash BEFORE INSERT ON consumer_offsets FOR EACH ROW EXECUTE FUNCTION crash();
          """)
      }
      let batch = [Heartbeats.record(zone: "nord", sequence: 1, plea: UUID())]
      await #expect(throws: PostgresError.self) {
        try await fixture.store.apply(batch, topic: "t", zone: "nord")
      }
      #expect(try await fixture.store.agents().isEmpty)
      try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER crash ON consumer_offsets") }
      #expect(try await fixture.store.apply(batch, topic: "t", zone: "nord").republished == 0)
      #expect(try await fixture.store.claimOutbox(term: 1, limit: 10).count == 1)
      // One that bears another plea and is not newer than what is stored.
      let late = [Heartbeats.record(zone: "nord", sequence: 1, plea: UUID(), offset: 1)]
      #expect(try await fixture.store.apply(late, topic: "t", zone: "nord").republished == 1)
    }
  }

  @Test func `an agent's plea is answered once, with removed placements too`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.place("beta")
      let removals = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let removed = try #require(removals.first)
      _ = try await fixture.store.apply([fixture.observe(removed, sequence: 1)], topic: "t", zone: "nord")
      _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: 1)
      let claims = try await fixture.store.claimOutbox(term: 1, limit: 10)
      try await fixture.store.markPublished(claims.map { OutboxAck(ids: $0.ids, topic: "t", partition: 0, offset: 0) })

      let plea = UUID()
      let asked = [Heartbeats.record(zone: "nord", sequence: 1, plea: plea)]
      #expect(try await fixture.store.apply(asked, topic: "t", zone: "nord").republished == 2)
      let again = [Heartbeats.record(zone: "nord", sequence: 2, plea: plea)]
      #expect(try await fixture.store.apply(again, topic: "t", zone: "nord").republished == 0)
      #expect(try await fixture.store.requestRepublication(zone: "nord", request: plea, reason: "again") == 0)
      let states = try await fixture.store.claimOutbox(term: 1, limit: 10).map(\.state)
      #expect(states.contains { $0.placement == placement.spec.id && $0.phase == .removed })
      #expect(states.count == 2)
    }
  }

  @Test func `commits wake a listener`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let listener = PostgresListener(
        configuration: fixture.configuration, channels: [GovernanceStore.outboxChannel], logger: quiet)
      var events = listener.makeAsyncIterator()
      #expect(await events.next() == .connected)
      _ = try await fixture.place("alpha")
      #expect(await events.next() == .notification(channel: GovernanceStore.outboxChannel, payload: ""))
    }
  }

  /// Out of the holder's own task: that is cancelled once the loss is seen, which may be before the answer is here.
  private static func terminate(in fixture: StoreFixture, olderThan age: Duration) async throws -> Bool {
    try await Task { try await fixture.store.terminateStaleRelay(olderThan: age) }.value
  }

  @Test func `a stopped holder of the relay's lock is ended, a living one is not`() async throws {
    try await StoreFixture.run { fixture in
      let lock = PostgresAdvisoryLock(configuration: fixture.configuration, key: StoreLocks.relay, logger: quiet)
      try await lock.withLock { held in
        _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: held.backendPID)
        let tooEarly = try await fixture.store.terminateStaleRelay(olderThan: .seconds(60))
        #expect(!tooEarly)
        let isEnded = try await Self.terminate(in: fixture, olderThan: .zero)
        #expect(isEnded)
        await held.waitUntilLost()
        #expect(held.isLost)
      }
      // The process number may be another's by now.
      let ended = try await fixture.store.terminateStaleRelay(olderThan: .zero)
      #expect(!ended)
    }
  }

  @Test func `a holder that was stopped before the database's clock was put back is ended all the same`() async throws {
    try await StoreFixture.run { fixture in
      let lock = PostgresAdvisoryLock(configuration: fixture.configuration, key: StoreLocks.relay, logger: quiet)
      try await lock.withLock { held in
        _ = try await fixture.store.acquireRelayLease(holder: "a", backendPID: held.backendPID)
        try await fixture.script("UPDATE relay_leases SET renewed_at = renewed_at + interval '1 hour'")
        let isEnded = try await Self.terminate(in: fixture, olderThan: .seconds(60))
        try #require(isEnded)
        await held.waitUntilLost()
      }
    }
  }

  @Test func `who holds a lock and was heard last before the database's clock was put back is ended as well`()
    async throws
  {
    try await StoreFixture.run { fixture in
      // Nobody can write when a connection was heard: so whoever begins a session now finds it an hour later.
      try await fixture.script(
        """
        CREATE VIEW public.pg_stat_activity AS
          SELECT pid, state_change + interval '1 hour' AS state_change FROM pg_catalog.pg_stat_activity;
        DO $$ BEGIN
          EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
        END $$
        """)
      try await PostgresPool.withPool(fixture.configuration, logger: quiet) { pool in
        let store = GovernanceStore(pool: pool, logger: quiet)
        let lock = PostgresAdvisoryLock(configuration: fixture.configuration, key: StoreLocks.relay, logger: quiet)
        try await lock.withLock { held in
          let tooEarly = try await store.endSilentHolder(of: StoreLocks.relay, silentFor: .seconds(7200))
          #expect(!tooEarly)
          // Out of the holder's own task, as above.
          let ending = Task { try await store.endSilentHolder(of: StoreLocks.relay, silentFor: .seconds(60)) }
          let isEnded = try await ending.value
          try #require(isEnded)
          await held.waitUntilLost()
        }
      }
    }
  }
}

extension StoreFixture {
  fileprivate func renew(term: Int64) async throws {
    try await pool.withConnection {
      try await GovernanceStore.renewRelayLease(term: term, in: $0, within: .seconds(10))
    }
  }

  /// Waits until so many transactions wait for another's lock, or it is seen that they need not.
  fileprivate func expectWaiting(
    _ number: Int64, unless isOver: () async throws -> Bool = { false }
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    let waiting: PostgresQuery =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while try await count(waiting) < number {
      if try await isOver() { return }
      try #require(ContinuousClock.now < deadline, "nobody waits")
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
