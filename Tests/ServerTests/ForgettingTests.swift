import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import Server

/// Placements that were removed long ago, from the database to their tombstones, with everything that may end in between.
@Suite(.timeLimit(.minutes(3)))
struct ForgettingServiceTests {
  private func forgetting(_ fixture: ServerFixture) -> ForgettingService {
    ForgettingService(
      store: fixture.store, database: fixture.database, retention: .seconds(86_400), logger: KafkaBroker.quiet)
  }

  /// Two placements on the bus, of which these have an observed removal that is old.
  private func prepare(_ fixture: ServerFixture, removing names: [String] = ["gone"]) async throws -> [UUID] {
    for name in ["alive", "gone"] { try await fixture.place(name) }
    var gone: [UUID] = []
    for name in names {
      let removal = try await fixture.store.remove(RemovalRequest(project: name), context: someone)
      gone += removal.placements.map(\.spec.id)
    }
    try await fixture.with(try fixture.relay("before")) { try await fixture.expectPublished() }
    _ = try await fixture.count(
      """
      WITH removed AS (UPDATE placements SET removed_at = clock_timestamp() - interval '2 days'
        WHERE id = ANY(\(gone)) RETURNING 1),
      released AS (UPDATE reservations SET state = 'released', released_at = clock_timestamp(),
        released_because = 'observed' WHERE placement = ANY(\(gone)) RETURNING 1),
      late AS (UPDATE outbox SET attempted_at = attempted_at - interval '1 hour' RETURNING 1)
      SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM released) + (SELECT count(*) FROM late)
      """)
    return gone
  }

  private func tombstones(_ fixture: ServerFixture) async throws -> [UUID] {
    try await fixture.records(of: Topics.desired(zone: "z0")).filter(\.isTombstone).compactMap { record in
      guard case .placement(let placement)? = Topics.subject(ofKey: record.key ?? []) else { return nil }
      return placement
    }
  }

  /// What the topic holds, were it compacted, is what the last record says.
  private func expectAgreement(_ fixture: ServerFixture, count: Int) async throws {
    let verifier = try EventVerifier(JSONWebKeySet([fixture.signer.publicKey]))
    let agrees = try await eventually {
      var latest: [UUID: KafkaRecord] = [:]
      for record in try await fixture.records(of: Topics.desired(zone: "z0")) {
        if case .placement(let placement)? = Topics.subject(ofKey: record.key ?? []) { latest[placement] = record }
      }
      var book = DigestBook()
      for (placement, record) in latest {
        guard let value = record.value else { continue }
        let state = try BusCodec.desired(
          key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: value,
          zone: "z0", verifier: verifier
        ).state
        book.set(placement, version: state.version, content: ContentDigest(of: value))
      }
      let record = try await fixture.zoneRecords().last
      return record?.buckets == book.buckets && record?.count == count && book.count == count
    }
    #expect(agrees)
  }

  @Test func `the topic and the zone's record forget it together, and nothing else`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let gone = try await prepare(fixture)
      try await fixture.with(try fixture.relay(), forgetting(fixture)) {
        #expect(try await eventually { try await tombstones(fixture) == gone })
        try await expectAgreement(fixture, count: 1)
      }
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE tombstone_at IS NOT NULL") == 1)
      // The next leader has nothing to add, and says the same.
      let before = try await fixture.store.account(of: "z0").sequence
      try await fixture.with(try fixture.relay("b"), forgetting(fixture)) {
        #expect(try await eventually { try await fixture.zoneRecords().last.map { $0.sequence > before } ?? false })
        try await expectAgreement(fixture, count: 1)
      }
      #expect(try await tombstones(fixture) == gone)
      #expect(try await fixture.store.suspension() == nil)
    }
  }

  /// 46, as in ``RelayTests``: the client takes it for success, and the mock has not kept the tombstone.
  @Test func `a tombstone of which nobody knows where the bus has it is sent again`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let gone = try await prepare(fixture)
      try await fixture.with(try fixture.relay()) {
        try await expectAgreement(fixture, count: 2)
        try await fixture.mock.pushErrors(.produce, [46])
        #expect(try await fixture.store.forgetRemoved(olderThan: .seconds(86_400), limit: 10).forgotten == 1)
        #expect(try await eventually { try await tombstones(fixture) == gone })
        try await expectAgreement(fixture, count: 1)
      }
      #expect(try await fixture.count("SELECT count(*) FROM placements WHERE tombstone_at IS NOT NULL") == 1)
    }
  }

  @Test func `a zone in which all is forgotten still has a record, which says so`() async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      _ = try await prepare(fixture, removing: ["alive", "gone"])
      try await fixture.with(try fixture.relay(), forgetting(fixture)) {
        #expect(try await eventually { try await tombstones(fixture).count == 2 })
        try await expectAgreement(fixture, count: 0)
      }
      let before = try await fixture.store.account(of: "z0").sequence
      try await fixture.with(try fixture.relay("b")) {
        #expect(try await eventually { try await fixture.zoneRecords().last.map { $0.sequence > before } ?? false })
        try await expectAgreement(fixture, count: 0)
      }
    }
  }

  @Test func `of a zone that was deleted the next leader covers the tombstones that the last one has sent`()
    async throws
  {
    try await ServerFixture.run { fixture in
      let gone = try await prepare(fixture, removing: ["alive", "gone"])
      try await fixture.with(try fixture.relay()) { try await expectAgreement(fixture, count: 2) }
      // As a leader leaves it that has sent them, has told the database, and ended then.
      #expect(try await fixture.store.forgetRemoved(olderThan: .seconds(86_400), limit: 10).forgotten == 2)
      let tombstones = gone.map { placement in
        KafkaMessage(
          topic: Topics.desired(zone: "z0"), key: Topics.key(placement: placement), value: nil, headers: [])
      }
      try await fixture.send(tombstones)
      try await fixture.store.markTombstones(gone)
      try await fixture.store.delete(.cluster, "z0-1", context: someone)
      try await fixture.store.delete(.zone, "z0-zone", context: someone)
      try await fixture.with(try fixture.relay("b")) { try await expectAgreement(fixture, count: 0) }
    }
  }

  /// Where the leader may end: before it sends, and after the bus has it but before the database knows.
  @Test(arguments: [false, true])
  func `a leader that ends half way leaves the rest to the next`(isSent: Bool) async throws {
    try await ServerFixture.run(messageTimeout: .seconds(20)) { fixture in
      let gone = try await prepare(fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: .seconds(86_400), limit: 10).forgotten == 1)
      if isSent {
        try await fixture.send([
          KafkaMessage(
            topic: Topics.desired(zone: "z0"), key: Topics.key(placement: gone[0]), value: nil, headers: [])
        ])
      }
      try await fixture.with(try fixture.relay()) {
        try await expectAgreement(fixture, count: 1)
        let sent = try await eventually {
          try await fixture.count("SELECT count(*) FROM placements WHERE tombstone_at IS NOT NULL") == 1
        }
        #expect(sent)
      }
      #expect(try await tombstones(fixture) == (isSent ? gone + gone : gone))
    }
  }

  @Test func `a bus that takes nothing is waited for, and the zone's record goes on counting it meanwhile`()
    async throws
  {
    try await ServerFixture.run { fixture in
      let gone = try await prepare(fixture)
      try await fixture.with(try fixture.relay()) {
        try await expectAgreement(fixture, count: 2)
        try await fixture.mock.setDown()
        #expect(try await fixture.store.forgetRemoved(olderThan: .seconds(86_400), limit: 10).forgotten == 1)
        try await Task.sleep(for: .seconds(3))
        #expect(try await fixture.count("SELECT count(*) FROM published_states") == 2)
        try await fixture.mock.setUp()
        #expect(try await eventually { try await Set(tombstones(fixture)) == Set(gone) })
        try await expectAgreement(fixture, count: 1)
      }
    }
  }

  @Test func `nothing is sent while something of the placement waits to be published, nor by a deposed leader`()
    async throws
  {
    try await ServerFixture.run { fixture in
      let gone = try await prepare(fixture)
      #expect(try await fixture.store.forgetRemoved(olderThan: .seconds(86_400), limit: 10).forgotten == 1)
      // As an earlier version of the program would ask for it.
      _ = try await fixture.count(
        """
        WITH again AS (INSERT INTO outbox (placement, epoch, revision, reason)
          SELECT id, epoch, revision, 'test' FROM placements WHERE id = ANY(\(gone)) RETURNING 1)
        SELECT count(*) FROM again
        """)
      let term = try await fixture.store.acquireRelayLease(
        holder: "test", backendPID: 1, messageTimeout: fixture.bus.messageTimeout
      ).term
      #expect(try await fixture.store.dueTombstones(term: term, limit: 10).isEmpty)
      try await fixture.with(try fixture.relay()) {
        // It is said once more, then its tombstone: never the other way round.
        try await fixture.expectPublished()
        try await expectAgreement(fixture, count: 1)
      }
      let records = try await fixture.records(of: Topics.desired(zone: "z0")).filter {
        $0.key.map { $0 == Topics.key(placement: gone[0]) } ?? false
      }
      #expect(records.last?.isTombstone == true)
    }
  }
}
