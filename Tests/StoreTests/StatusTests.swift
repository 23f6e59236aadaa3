import Events
import Foundation
import Model
import Postgres
import Store
import Testing

struct StatusTests {
  @Test func `what is seen is stored with where the consumer stands`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      #expect(try await fixture.store.offsets(topic: "t").isEmpty)
      let result = try await fixture.store.apply(
        [
          fixture.observe(placement, sequence: 1, offset: 41),
          ObservationRecord(partition: 2, offset: 7, observation: nil),
        ], topic: "t", zone: "nord")
      #expect(result.applied == [placement.spec.id])
      #expect(try await fixture.store.offsets(topic: "t") == [0: 42, 2: 8])
      let stored = try await fixture.store.placement(placement.spec.id)
      #expect(stored.isReady)
      #expect(stored.isCurrent)
      #expect(stored.observed?.state.sequence == 1)
      let counts = try await fixture.store.counts()
      #expect(counts.placements.map(\.count) == [1])
      #expect(counts.placements.first?.ready == true)
      #expect(counts.unpublished == 1)
      #expect(counts.unsealed > 0)
    }
  }

  @Test func `a new revision is not ready until it was seen`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.apply([fixture.observe(first, sequence: 1)], topic: "t", zone: "nord")
      let second = try #require(try await fixture.place("alpha", quota: Offered.quota(cpu: 4)).placements.first)
      #expect(!second.isCurrent)
      #expect(try await fixture.store.counts().placements.first?.ready == false)
      // A late report on the first revision is stored, and makes nothing ready.
      _ = try await fixture.store.apply([fixture.observe(first, sequence: 2)], topic: "t", zone: "nord")
      #expect(try await fixture.store.placement(first.spec.id).isReady == false)
      #expect(try await fixture.store.counts().placements.first?.ready == false)
    }
  }

  @Test func `older lives and numbers of the agent are ignored`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      _ = try await fixture.store.apply(
        [fixture.observe(placement, incarnation: 2, sequence: 5)], topic: "t", zone: "nord")
      for (incarnation, sequence) in [(2, 5), (2, 4), (1, 99)] as [(Int64, Int64)] {
        let late = fixture.observe(placement, incarnation: incarnation, sequence: sequence, ready: false)
        let result = try await fixture.store.apply([late], topic: "t", zone: "nord")
        #expect(result.applied.isEmpty)
        #expect(result.stale == 1)
      }
      #expect(try await fixture.store.placement(placement.spec.id).isReady)
      let restarted = fixture.observe(placement, incarnation: 3, sequence: 1, ready: false)
      #expect(try await fixture.store.apply([restarted], topic: "t", zone: "nord").applied.count == 1)
      #expect(try await fixture.store.placement(placement.spec.id).isReady == false)
    }
  }

  @Test func `within a batch the newest report holds, whatever the order`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let placement = try #require(try await fixture.place("alpha").placements.first)
      let result = try await fixture.store.apply(
        [
          fixture.observe(placement, sequence: 1, ready: false), fixture.observe(placement, sequence: 3),
          fixture.observe(placement, sequence: 2, ready: false),
        ], topic: "t", zone: "nord")
      #expect(result.stale == 1)
      #expect(try await fixture.store.placement(placement.spec.id).observed?.state.sequence == 3)
    }
  }

  @Test func `reports from another zone's topic, or of another cluster, are not believed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let active = try #require(try await fixture.place("alpha").placements.first)
      let removals = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone).placements
      let placement = try #require(removals.first)
      let foreign = fixture.observe(placement, sequence: 9, zone: "sud")
      #expect(try await fixture.store.apply([foreign], topic: "s", zone: "sud").foreign == 1)
      #expect(try await fixture.store.apply([foreign], topic: "t", zone: "nord").foreign == 1)
      var elsewhere = placement
      elsewhere.spec.cluster = "nord-9"
      let moved = fixture.observe(elsewhere, sequence: 9)
      #expect(try await fixture.store.apply([moved], topic: "t", zone: "nord").foreign == 1)
      #expect(try await fixture.store.placement(active.spec.id).observed == nil)
      #expect(try await fixture.store.capacity().first?.committed.cpu == 2000)
    }
  }

  @Test func `heartbeats of older lives do not replace newer ones`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var heard: [Int] = []
      for (incarnation, sequence) in [(2, 1), (1, 9), (2, 0), (2, 1)] as [(Int64, Int64)] {
        let record = Heartbeats.record(zone: "nord", incarnation: incarnation, sequence: sequence)
        let result = try await fixture.store.apply([record], topic: "t", zone: "nord")
        #expect(result.life == 2 && result.earlierLife == (incarnation < 2 ? incarnation : nil))
        heard.append(result.heard)
      }
      #expect(heard == [1, 0, 0, 0])
      #expect(try await fixture.store.agents().map(\.status.incarnation) == [2])
      #expect(try await fixture.store.agents().map(\.status.sequence) == [1])
      // A life that ends where the next begins is heard as it should be, also in one batch.
      let following = [
        Heartbeats.record(zone: "nord", incarnation: 2, sequence: 2),
        Heartbeats.record(zone: "nord", incarnation: 3, sequence: 1),
      ]
      let result = try await fixture.store.apply(following, topic: "t", zone: "nord")
      #expect(result.heard == 2 && result.life == 3 && result.earlierLife == nil)
      // An agent can not speak for another zone.
      _ = try await fixture.store.apply([Heartbeats.record(zone: "sud", sequence: 1)], topic: "t", zone: "nord")
      #expect(try await fixture.store.agents().count == 1)
    }
  }

  @Test func `orphans are summed up to the largest number there is, whatever agents have said`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for slug in ["sud", "est"] { try await Self.declare(slug, fixture) }
      for (zone, count) in [("nord", Int.max), ("sud", Int.max), ("est", Int.min)] {
        var status = AgentStatus(
          zone: zone, incarnation: 1, sequence: 1, version: "test", at: Timestamp(microseconds: 1),
          snapshotComplete: true, clusters: [], orphans: AgentStatus.Orphans([]))
        status.orphans?.count = count
        let record = ObservationRecord(partition: 0, offset: 0, observation: .agent(status))
        _ = try await fixture.store.apply([record], topic: zone, zone: zone)
      }
      #expect(try await fixture.store.counts().orphans == .max)
    }
  }

  private static func declare(_ slug: String, _ fixture: StoreFixture) async throws {
    let zone = ZoneSpec(region: "nord", sensitivity: .usuel, slug: slug, chain: "forge")
    _ = try await fixture.store.put(.zone(Resource("nord-\(slug)", zone)), context: someone)
  }

  @Test func `what was heard of a zone counts for as long as it is declared`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      try await Self.declare("sud", fixture)
      let moment = Timestamp(microseconds: 1)
      var status = AgentStatus(
        zone: "sud", incarnation: 1, sequence: 1, version: "test", at: moment, snapshotComplete: true,
        clusters: [
          AgentStatus.ClusterStatus(name: "sud-1", reachable: false, placements: 1),
          AgentStatus.ClusterStatus(name: "sud-2", reachable: true, placements: 1),
          AgentStatus.ClusterStatus(name: "sud-3", reachable: true, placements: 1),
        ],
        zoneRecord: ZoneAgreement(verdict: .suspect, since: moment, count: 1, buckets: [1]),
        orphans: AgentStatus.Orphans([]))
      status.orphans?.count = 2
      let record = ObservationRecord(partition: 0, offset: 0, observation: .agent(status))
      _ = try await fixture.store.apply([record], topic: "s", zone: "sud")
      try await fixture.store.recordSilence(zone: "sud", for: .seconds(301))
      let declared = try await fixture.store.counts()
      #expect(declared.suspectZones == ["sud"] && declared.orphans == 2)
      #expect(declared.silentZones == 1 && declared.unreachableClusters == 1)
      let heard = try await fixture.store.agents().map(\.status.zone)
      #expect(heard == ["sud"])
      try await fixture.store.delete(.zone, "nord-sud", context: someone)
      let deleted = try await fixture.store.counts()
      #expect(deleted.suspectZones == [] && deleted.orphans == 0)
      #expect(deleted.silentZones == 0 && deleted.unreachableClusters == 0)
      let left = try await fixture.store.agents().map(\.status.zone)
      #expect(left == [])
    }
  }
}
