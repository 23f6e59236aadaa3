import Events
import Foundation
import Model
import Postgres
import Testing

@testable import Store

/// Placements that were removed long ago, until the bus has a tombstone of each (protocol rule 11).
struct ForgettingTests {
  private static let days = 30
  private static let age = Duration.seconds(days * 86_400)

  /// A placement whose removal was observed so many days ago; the bus has acknowledged everything.
  private func removed(
    _ name: String, days: Int, isObserved: Bool = true, _ fixture: StoreFixture
  ) async throws -> PlacementRecord {
    _ = try await fixture.place(name)
    let removal = try await fixture.store.remove(RemovalRequest(project: name), context: someone)
    try await publish(fixture)
    let placement = try #require(removal.placements.first)
    guard isObserved else { return placement }
    _ = try await fixture.store.apply([fixture.observe(placement, sequence: 1)], topic: "o", zone: "nord")
    try await age(placement, days: days, fixture)
    return placement
  }

  private func age(_ placement: PlacementRecord, days: Int, _ fixture: StoreFixture) async throws {
    try await execute(
      "UPDATE placements SET removed_at = removed_at - \(Int64(days) * 24) * interval '1 hour' WHERE id = \(placement.spec.id)",
      fixture)
  }

  /// What the relay would do.
  private func publish(_ fixture: StoreFixture) async throws {
    let claims = try await fixture.store.claimOutbox(term: try await term(fixture), limit: 100)
    try await fixture.store.markPublished(
      try claims.enumerated().map { index, claim in
        OutboxAck(
          ids: claim.ids, topic: "t", partition: 0, offset: Int64(index),
          state: PublishedState(
            placement: claim.state.placement, zone: claim.state.zone, version: claim.state.version,
            content: ContentDigest(of: try BusCodec.encode(claim.state)), partition: 0, offset: Int64(index)))
      })
  }

  private func term(_ fixture: StoreFixture) async throws -> Int64 {
    try await fixture.store.acquireRelayLease(holder: "test", backendPID: 1).term
  }

  private func execute(_ query: PostgresQuery, _ fixture: StoreFixture) async throws {
    _ = try await fixture.pool.withConnection { try await $0.execute(query) }
  }

  private func due(_ fixture: StoreFixture, excluding zones: Set<String> = []) async throws -> [UUID] {
    try await fixture.store.dueTombstones(term: try await term(fixture), limit: 100, excluding: zones)
      .map(\.placement)
  }

  private func noted(_ fixture: StoreFixture) async throws -> Set<UUID> {
    Set(try await fixture.store.publishedStates().map(\.placement))
  }

  @Test func `what was removed long enough ago is forgotten in small steps, the oldest first, and nothing else`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let alive = try #require(try await fixture.place("alive").placements.first)
      let first = try await removed("first", days: 90, fixture)
      let second = try await removed("second", days: 31, fixture)
      let young = try await removed("young", days: 29, fixture)
      let unseen = try await removed("unseen", days: 90, isObserved: false, fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 1).forgotten == 1)
      #expect(try await due(fixture) == [first.spec.id])
      #expect(try await fixture.store.addressedZones() == ["nord"])
      // As if the zone were deleted: a tombstone still goes there.
      func rename(_ slug: String) async throws {
        try await fixture.tamper(
          "UPDATE resources SET spec = jsonb_set(spec, '{slug}', to_jsonb('\(slug)'::text)) WHERE kind = 'Zone'")
      }
      try await rename("sud")
      #expect(try await fixture.store.addressedZones() == ["nord", "sud"])
      try await rename("nord")
      let step = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      #expect(step.forgotten == 1)
      // The young one is next, in a day less the time that this takes.
      let next = try #require(step.next)
      #expect(next <= .seconds(86_400) && next > .seconds(86_000))
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      #expect(try await due(fixture) == [first.spec.id, second.spec.id])
      #expect(try await due(fixture, excluding: ["nord"]).isEmpty)
      try await fixture.store.markTombstones([first.spec.id, second.spec.id])
      try await fixture.store.markTombstones([first.spec.id])
      #expect(try await due(fixture).isEmpty)
      try await rename("sud")
      #expect(try await fixture.store.addressedZones() == ["sud"])
      try await rename("nord")
      #expect(try await noted(fixture) == [alive.spec.id, young.spec.id, unseen.spec.id])
      let ids = [alive, first, second, young, unseen].map(\.spec.id)
      #expect(try await fixture.store.forgotten(among: ids) == [first.spec.id, second.spec.id])
      #expect(try await fixture.store.reports(of: "nord").map(\.placement) == [young.spec.id])
      #expect(try await fixture.store.recordedZones().isEmpty, "no record was numbered")
    }
  }

  @Test func `what becomes old enough while others are forgotten is next`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await removed("first", days: 90, fixture)
      let second = try await removed("second", days: 31, fixture)
      try await fixture.tamper(
        """
        CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(1); RETURN NULL; END$$;
        CREATE TRIGGER take_time AFTER UPDATE OF forgotten_at ON placements EXECUTE FUNCTION take_time();
        UPDATE placements SET removed_at = clock_timestamp() - interval '\(Self.days) days' + interval '900 milliseconds'
        WHERE id = '\(second.spec.id)';
        """)
      let step = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      // On a machine that is slow enough both were old enough at once.
      #expect(step.forgotten == 2 || step.forgotten == 1 && step.next != nil)
    }
  }

  @Test func `nothing is forgotten of which something waits to be said, or while the database is suspended`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let gone = try await removed("gone", days: 90, fixture)
      _ = try await fixture.store.requestRepublication(placements: [gone.spec.id], reason: "test")
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      try await publish(fixture)
      // What the bus is noted to have is an earlier revision.
      try await execute("UPDATE published_states SET revision = revision - 1", fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      try await execute("UPDATE published_states SET revision = revision + 1", fixture)
      try await fixture.store.suspend(because: "test", comparedIn: 1)
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      try await execute("UPDATE epoch SET suspended_at = NULL, suspended_because = NULL", fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 1)
      try await fixture.store.suspend(because: "test", comparedIn: 1)
      #expect(try await due(fixture).isEmpty)
      try await execute("UPDATE epoch SET suspended_at = NULL, suspended_because = NULL", fixture)
      #expect(try await due(fixture) == [gone.spec.id])
      let earlier = try await term(fixture)
      _ = try await term(fixture)
      let refused = try await refusal { _ = try await fixture.store.dueTombstones(term: earlier, limit: 1) }
      #expect(refused?.kind == .leaseLost)
    }
  }

  /// Its cluster may come back, with what stands there: without the removal on the bus it would stay for good.
  @Test(arguments: [false, true])
  func `a removal that was declared lost stays until it was seen carried out, or nobody offers its zone any more`(
    hasLeft: Bool
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let lost = try await removed("lost", days: 90, isObserved: false, fixture)
      _ = try await fixture.store.declareLoss(of: lost.spec.id, reason: "le centre a brûlé", context: someone)
      try await age(lost, days: 90, fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      // It is back: what it says of the revision before, and that it has not come to the end yet, is no end.
      var before = lost
      (before.spec.phase, before.spec.revision) = (.active, lost.spec.revision - 1)
      let early = [fixture.observe(before, sequence: 1), fixture.observe(lost, sequence: 2, applied: false)]
      for report in early {
        _ = try await fixture.store.apply([report], topic: "o", zone: "nord")
        #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 0)
      }
      #expect(try await fixture.store.requestRepublication(zone: "nord", request: UUID(), reason: "test") == 1)
      try await publish(fixture)
      if hasLeft {
        try await fixture.tamper("UPDATE resources SET deleted_at = clock_timestamp() WHERE kind = 'Zone'")
      } else {
        let done = try await fixture.store.apply([fixture.observe(lost, sequence: 3)], topic: "o", zone: "nord")
        #expect(done.applied == [lost.spec.id] && done.removed.isEmpty)
      }
      #expect(try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10).forgotten == 1)
      #expect(try await due(fixture) == [lost.spec.id])
    }
  }

  @Test func `what is forgotten is never published again, and gets no revision`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let gone = try await removed("gone", days: 90, fixture)
      _ = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      // The leader ended before it could send anything, or before it was noted: the next one sends it again.
      #expect(try await due(fixture) == [gone.spec.id])
      for isNoted in [false, true] {
        if isNoted { try await fixture.store.markTombstones([gone.spec.id]) }
        #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
        #expect(try await fixture.store.requestRepublication(placements: [gone.spec.id], reason: "test") == 0)
        #expect(try await fixture.store.requestRepublication(zone: "nord", request: UUID(), reason: "test") == 0)
      }
      for change: PostgresQuery in [
        "revision = revision + 1", "epoch = epoch + 1", "phase = 'active', removed_at = NULL",
      ] {
        await #expect(throws: PostgresError.self) {
          try await execute("UPDATE placements SET \(change) WHERE id = \(gone.spec.id)", fixture)
        }
      }
      // A report that comes late is stored, and changes nothing else.
      let late = try await fixture.store.apply([fixture.observe(gone, sequence: 9)], topic: "o", zone: "nord")
      #expect(late.applied == [gone.spec.id] && late.removed.isEmpty)
      #expect(try await due(fixture).isEmpty)
    }
  }

  @Test func `what an earlier version of the program has published all the same gets another tombstone`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let gone = try await removed("gone", days: 90, fixture)
      _ = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      let states = try await fixture.store.publishedStates()
      try await fixture.store.markTombstones([gone.spec.id])
      #expect(try await fixture.store.requestTombstonesOfNoted() == 0)
      try await fixture.pool.withConnection { _ = try await $0.execute(PublishedState.store(states)) }
      #expect(try await fixture.store.requestTombstonesOfNoted() == 1)
      #expect(try await due(fixture) == [gone.spec.id])
    }
  }

  @Test func `what is forgotten and still on the bus is no sign of a restore`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let gone = try await removed("gone", days: 90, fixture)
      let state = gone.desiredState()
      let evidence = BusEvidence(
        zone: "nord",
        desired: [
          gone.spec.id: BusEvidence.Seen(
            state: state, content: ContentDigest(of: try BusCodec.encode(state)), partition: 0, offset: 0)
        ])
      _ = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      try await fixture.store.markTombstones([gone.spec.id])
      let account = try await fixture.store.account(of: "nord", beside: evidence)
      #expect(RestoreSigns.first(in: evidence, against: account) == nil)
      #expect(try await !fixture.store.recoveryPlan([evidence]).isNeeded)
    }
  }

  /// A database of before the removal was forgotten, or even decided, beside a bus that holds nothing of it any more.
  @Test func `a restored database takes what the lost life has forgotten for removed, and does not bring it back`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let known = try await removed("known", days: 90, fixture)
      let alive = try #require(try await fixture.place("alive").placements.first)
      let unknown = try #require(try await fixture.place("unknown").placements.first)
      try await publish(fixture)
      var removal = unknown
      (removal.spec.phase, removal.spec.revision) = (.removed, unknown.spec.revision + 1)
      guard case .placement(let report)? = fixture.observe(removal, sequence: 5).observation else { return }
      let stands = alive.desiredState()
      let evidence = BusEvidence(
        zone: "nord",
        desired: [
          alive.spec.id: BusEvidence.Seen(
            state: stands, content: ContentDigest(of: try BusCodec.encode(stands)), partition: 0, offset: 9)
        ],
        record: ZoneRecord(
          zone: "nord", epoch: 1, sequence: 99, at: Timestamp(Date()), count: 1, offsets: [10],
          buckets: [SetDigest](repeating: SetDigest(), count: DigestBook.bucketCount)),
        observed: [unknown.spec.id: report])
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.changes.map(\.action) == [.removed] && plan.findings.map(\.kind) == ["RemovalObserved"])
      #expect(Set(plan.forgotten) == [known.spec.id, unknown.spec.id])
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(try await fixture.store.forgotten(among: [known, alive, unknown].map(\.spec.id)).count == 2)
      #expect(try await noted(fixture) == [alive.spec.id])
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
      #expect(try await due(fixture).isEmpty)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE removed_at IS NULL") == 1)
    }
  }

  /// A database of long before the removal: neither the state nor the report is on the bus any more.
  @Test(arguments: [false, true])
  func `what the bus has forgotten without a trace stands, unless its namespace is another one's by now`(
    isPlacedAnew: Bool
  ) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let lost = try #require(try await fixture.place("lost").placements.first)
      try await publish(fixture)
      _ = try await fixture.store.requestRepublication(placements: [lost.spec.id], reason: "test")
      var later = lost.desiredState()
      (later.placement, later.quota) = (UUID(), Offered.quota(cpu: 8))
      var evidence = BusEvidence(
        zone: "nord",
        record: ZoneRecord(
          zone: "nord", epoch: 1, sequence: 99, at: Timestamp(Date()), count: 1, offsets: [10],
          buckets: [SetDigest](repeating: SetDigest(), count: DigestBook.bucketCount)))
      if isPlacedAnew {
        evidence.desired[later.placement] = BusEvidence.Seen(
          state: later, content: ContentDigest(of: try BusCodec.encode(later)), partition: 0, offset: 9)
      }
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.findings.map(\.kind) == [isPlacedAnew ? "NamespaceTakenOver" : "StateMissing"])
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      let stands = isPlacedAnew ? later.placement : lost.spec.id
      let ended: Set<UUID> = isPlacedAnew ? [lost.spec.id] : []
      let present = try await fixture.store.placements(PlacementFilter(project: "lost"), limit: 10).items
      #expect(present.map(\.spec.id) == [stands] && present.map(\.spec.namespace) == [lost.spec.namespace])
      #expect(try await fixture.store.forgotten(among: [lost.spec.id, later.placement]) == ended)
      #expect(try await fixture.ledgerAddsUp())
      #expect(try await fixture.count("SELECT committed_cpu FROM capacity_ledger") == (isPlacedAnew ? 8000 : 2000))
      // Nothing is said of what has ended: an order on it could reach whoever has its namespace.
      #expect(try await fixture.store.requestRepublicationOfUnnoted() == 0)
      let claims = try await fixture.store.claimOutbox(term: try await term(fixture), limit: 10)
      #expect(claims.map(\.state.placement) == [stands])
      #expect(claims.map(\.state.phase) == [.active])
      #expect(try await due(fixture).isEmpty)
      let account = try await fixture.store.account(of: "nord", beside: evidence)
      #expect(RestoreSigns.first(in: evidence, against: account) == nil)
    }
  }

  @Test func `a recovery that finds a later decision remembers what was forgotten`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let gone = try await removed("gone", days: 90, fixture)
      _ = try await fixture.store.forgetRemoved(olderThan: Self.age, limit: 10)
      try await fixture.store.markTombstones([gone.spec.id])
      var later = gone.desiredState()
      (later.revision, later.phase, later.notBefore) = (9, .active, nil)
      let evidence = BusEvidence(
        zone: "nord",
        desired: [
          gone.spec.id: BusEvidence.Seen(
            state: later, content: ContentDigest(of: try BusCodec.encode(later)), partition: 0, offset: 0)
        ])
      let plan = try await fixture.store.recoveryPlan([evidence])
      #expect(plan.findings.map(\.kind) == ["RemovedHere"])
      _ = try await fixture.store.recover([evidence], agreedTo: plan.digest, context: someone)
      #expect(try await fixture.store.forgotten(among: [gone.spec.id]).isEmpty)
      #expect(try await due(fixture).isEmpty)
      let claims = try await fixture.store.claimOutbox(term: try await term(fixture), limit: 10)
      #expect(claims.map(\.state.version) == [StateVersion(epoch: 2, revision: 10)])
    }
  }
}
