import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import Telemetry
import Testing

@testable import Server
@testable import Store

/// The relay on a real database and Kafka's wire protocol.
@Suite(.timeLimit(.minutes(3)))
struct RelayTests {
  @Test func `what is decided reaches its zone's topic, signed, and is marked with its place`() async throws {
    try await ServerFixture.run(zones: 2, messageTimeout: .seconds(20)) { fixture in
      let before = try await fixture.place("alpha")
      try await fixture.with(try fixture.relay()) {
        try await fixture.expectPublished()
        let during = try await fixture.place("beta", restricted: true)
        try await fixture.expectPublished()
        #expect(try await fixture.published(zone: "z0").map(\.placement) == [before.spec.id])
        #expect(try await fixture.published(zone: "z1").map(\.placement) == [during.spec.id])
        let placed = try await fixture.count(
          """
          SELECT count(*) FROM outbox WHERE topic = 'regie.z0.desired' AND "offset" = 0 AND partition BETWEEN 0 AND 3
            AND attempts >= 1 AND attempted_term >= 1
          """)
        #expect(placed == 1)
        #expect(fixture.healthStatus("relay-a") == .pass)
      }
      #expect(fixture.healthStatus("relay-a") == .pass)
    }
  }

  @Test func `revisions decided while the broker is down arrive when it is back, the latest last`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        try await fixture.mock.setDown()
        for cpu in 2...5 { try await fixture.place("alpha", cpu: Int64(cpu)) }
        #expect(try await eventually { fixture.healthStatus("relay-a") == .degraded })
        #expect(try await fixture.unpublished() > 0)
        try await fixture.mock.setUp()
        try await fixture.expectPublished()
        #expect(fixture.healthStatus("relay-a") == .pass)
      }
      let states = try await fixture.published()
      expectOrdered(states)
      #expect(states.last?.revision == 5)
      #expect(states.last?.quota.cpu == Quantity(5))
    }
  }

  /// 19: too few replicas; 6: another leader. The client tries some again by itself, others it reports. 46: the broker has had
  /// the sequence numbers before, which the client takes for success and knows no place of; the mock has not kept the records. There
  /// are four partitions, so four of them meet a batch of several states.
  @Test(arguments: [[19, 19, 19], [6, 6, 6, 6], [87, 87], [46], [46, 46, 46, 46]] as [[Int32]])
  func `errors of the broker are tried again until all is there`(codes: [Int32]) async throws {
    try await ServerFixture.run { fixture in
      try await fixture.mock.pushErrors(.produce, codes)
      for number in 0..<5 { try await fixture.place("p\(number)") }
      try await fixture.with(try fixture.relay()) {
        try await fixture.expectPublished()
      }
      let states = try await fixture.published()
      expectOrdered(states)
      #expect(Set(states.map(\.project.name)) == ["p0", "p1", "p2", "p3", "p4"])
    }
  }

  /// 29: the topic is forbidden to us.
  @Test func `a zone whose topic is refused keeps no other waiting, and is served by itself once it can be`()
    async throws
  {
    try await ServerFixture.run(zones: 2, messageTimeout: .seconds(20)) { fixture in
      let refused = Topics.desired(zone: "z1")
      try await fixture.mock.setTopicError(refused, 29)
      let waiting: PostgresQuery = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
      let attempts: PostgresQuery = "SELECT max(attempts)::bigint FROM outbox WHERE published_at IS NULL"
      try await fixture.with(try fixture.relay()) {
        let held = try await fixture.place("beta", restricted: true)
        #expect(try await eventually { fixture.healthStatus("relay-a") == .degraded })
        for cpu in 1...20 {
          try await fixture.place("alpha", cpu: Int64(cpu))
          #expect(try await eventually { try await fixture.count(waiting) == 1 })
          #expect(fixture.healthStatus("relay-a") == .degraded, "the zone that works does not hide the other")
        }
        // What the broker said is for the log: anybody may ask for health.
        // The same of the other zone where its topics were found late; the last word is of the one that is refused.
        let isSaid = try await eventually {
          let said = fixture.telemetry.health.report().checks.first { $0.name == "relay-a" }?.message
          return said == "le bus ne prend pas les décisions de la zone z1 : elles attendent dans la base"
        }
        #expect(isSaid)
        #expect(try await fixture.count(attempts) == 1, "it is not claimed along with every state of the others")
        try await fixture.mock.setTopicError(refused, 0)
        try await fixture.expectPublished()
        #expect(fixture.healthStatus("relay-a") == .pass)
        #expect(try await fixture.published(zone: "z1").map(\.placement) == [held.spec.id])
      }
      let states = try await fixture.published(zone: "z0")
      expectOrdered(states)
      #expect(states.last?.revision == 20)
    }
  }

  /// 3: it does not exist, for whoever asks.
  @Test func `a topic that was there and is gone is looked for again, and its zone is served once it is back`()
    async throws
  {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      try await fixture.topics.ensure(zones: ["z0"])
      try await fixture.mock.setTopicError(Topics.desired(zone: "z0"), 3)
      var relay = try fixture.relay()
      relay.surveyPatience = .seconds(1)
      try await fixture.with(relay) {
        let placement = try await fixture.place("alpha")
        let isLookedFor = try await eventually {
          (try? await fixture.topics.ensure(zones: ["z0"], within: .seconds(2))) == nil
        }
        #expect(isLookedFor, "it is taken for granted")
        try await fixture.mock.setTopicError(Topics.desired(zone: "z0"), 0)
        try await fixture.expectPublished()
        #expect(try await fixture.published().map(\.placement) == [placement.spec.id])
      }
    }
  }

  @Test func `a leader whose lock is cut off steps down, and what it had tried is published again`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.with(try fixture.relay()) {
        try await fixture.expectPublished()
        // However long it takes until another term begins: that it was tried is not long ago.
        let tried = try await fixture.count(
          """
          WITH tried AS (UPDATE outbox SET attempted_at = clock_timestamp() + interval '1 minute' RETURNING 1)
          SELECT count(*) FROM tried
          """)
        try #require(tried == 1)
        try await fixture.cut(holderOf: StoreLocks.relay)
        #expect(try await eventually { try await fixture.store.relayLease()?.term == 2 })
        // The new leader waits the old one out first; then the state is on the topic a second time.
        #expect(try await eventually { try await fixture.published().count == 2 })
        try await fixture.place("alpha", cpu: 3)
        try await fixture.expectPublished()
      }
      let states = try await fixture.published()
      expectOrdered(states)
      #expect(states.map(\.placement) == [placement.spec.id, placement.spec.id, placement.spec.id])
      #expect(states.map(\.revision) == [1, 1, 2])
    }
  }

  @Test func `a leader that learns of a later term publishes nothing more`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        #expect(try await eventually { try await fixture.store.relayLease() != nil })
        // Another instance has taken over behind its back.
        let usurper = try await fixture.store.acquireRelayLease(
          holder: "usurper", backendPID: 1, messageTimeout: fixture.bus.messageTimeout)
        try await fixture.place("alpha")
        // It leads again, but only as a new leader.
        try await fixture.expectPublished()
        #expect(try await fixture.store.relayLease()?.term ?? 0 > usurper.term)
      }
      #expect(
        try await fixture.count("SELECT min(attempted_term) FROM outbox WHERE attempted_term IS NOT NULL") == 3)
    }
  }

  @Test func `a living leader keeps its lead beside another instance, and hands it over when it ends`() async throws {
    try await ServerFixture.run { fixture in
      // Far longer than a busy machine stands still.
      let lease: Duration = .seconds(30)
      let (first, second) = (
        try fixture.relay("first", leaseTimeout: lease), try fixture.relay("second", leaseTimeout: lease)
      )
      let leading = Task { try await first.run() }
      #expect(try await eventually { try await fixture.store.relayLease()?.holder == "first" })
      try await fixture.with(second) {
        // Longer than the lease: it is renewed.
        let renewed = try await fixture.store.relayLease()?.renewedAt
        #expect(
          try await eventually {
            let lease = try await fixture.store.relayLease()
            return (lease?.renewedAt).flatMap { now in renewed.map { now.microseconds(since: $0) > 33_000_000 } }
              ?? false
          })
        #expect(try await fixture.store.relayLease()?.term == 1)
        leading.cancel()
        _ = try? await leading.value
        #expect(try await eventually { try await fixture.store.relayLease()?.holder == "second" })
        try await fixture.place("alpha")
        try await fixture.expectPublished()
      }
    }
  }

  /// Somebody holds its row for longer than is waited for.
  @Test func `what an earlier version has not noted keeps no other placement waiting`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let early = try await fixture.place("early")
      _ = try await fixture.pool.withConnection {
        try await $0.execute("UPDATE outbox SET attempts = 1, published_at = clock_timestamp()")
      }
      var database = fixture.database
      database.idleInTransactionTimeout = .seconds(150)
      try await PostgresConnection.withConnection(database) { holder in
        try await holder.script("BEGIN; SELECT FROM placements WHERE project = 'early' FOR UPDATE")
        try await fixture.with(try fixture.relay()) {
          let late = try await fixture.place("late")
          try await fixture.expectPublished()
          #expect(try await fixture.published().map(\.placement) == [late.spec.id])
          try await holder.script("ROLLBACK")
          let isSaid = try await eventually { try await fixture.published().count == 2 }
          #expect(isSaid)
        }
      }
      let said = try await fixture.published().map(\.placement)
      #expect(said.contains(early.spec.id))
    }
  }

  @Test func `instances that come and go under load never reorder a placement`() async throws {
    try await ServerFixture.run { fixture in
      let services = try (0..<3).map { try fixture.relay("relay-\($0)") }
      try await fixture.with(services[0], services[1], services[2]) {
        for round in 1...12 {
          for name in ["alpha", "beta"] { try await fixture.place(name, cpu: Int64(round)) }
          if round % 4 == 0 { try await fixture.cut(holderOf: StoreLocks.relay) }
        }
        try await fixture.expectPublished()
      }
      let states = try await fixture.published()
      expectOrdered(states)
      #expect(Set(states.filter { $0.revision == 12 }.map(\.project.name)) == ["alpha", "beta"])
    }
  }
}
