import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import Server
@testable import Store

/// What agents observe, from the topic into the database.
@Suite(.timeLimit(.minutes(3)))
struct StatusConsumerTests {
  static func report(
    on record: PlacementRecord, zone: String? = nil, incarnation: Int64 = 1, sequence: Int64, ready: Bool = true
  ) -> ObservedState {
    let conditions = [ConditionType.applied, ConditionType.ready].map {
      Condition(
        type: $0, status: ready ? .yes : .no, reason: "Test", observedRevision: record.spec.revision,
        lastTransitionTime: Timestamp(microseconds: 1))
    }
    return ObservedState(
      placement: record.spec.id, zone: zone ?? record.spec.zone, cluster: record.spec.cluster, incarnation: incarnation,
      sequence: sequence, observedEpoch: record.spec.epoch, observedRevision: record.spec.revision,
      phase: record.spec.phase, conditions: conditions)
  }

  static func message(_ state: ObservedState, topic zone: String = "z0", key: [UInt8]? = nil) throws -> KafkaMessage {
    let event = try BusCodec.event(
      observed: state, source: "/test", id: UUID().uuidString, time: Timestamp(microseconds: 1))
    return KafkaMessage(
      topic: Topics.observed(zone: zone), key: key ?? Topics.key(placement: state.placement), value: event.data,
      headers: event.headers.map { KafkaHeader($0.name, $0.value) })
  }

  static func sequence(of placement: PlacementRecord, _ fixture: ServerFixture) async throws -> Int64? {
    try await fixture.store.placement(placement.spec.id).observed?.state.sequence
  }

  /// Waits until a report of this sequence number is stored.
  static func expect(
    sequence wanted: Int64, of placement: PlacementRecord, _ fixture: ServerFixture,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let isStored = try await eventually { try await sequence(of: placement, fixture) == wanted }
    #expect(isStored, "no report \(wanted)", sourceLocation: sourceLocation)
  }

  @Test func `a report is stored, and an older one, twice or late, changes nothing`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.with(try fixture.status()) {
        try await fixture.send([
          try Self.message(Self.report(on: placement, incarnation: 2, sequence: 5)),
          try Self.message(Self.report(on: placement, incarnation: 2, sequence: 4, ready: false)),
          try Self.message(Self.report(on: placement, incarnation: 1, sequence: 9, ready: false)),
          try Self.message(Self.report(on: placement, incarnation: 2, sequence: 5)),
        ])
        #expect(try await eventually { try await fixture.offsets() == 4 })
        #expect(try await Self.sequence(of: placement, fixture) == 5)
        #expect(try await fixture.store.placement(placement.spec.id).isReady)
        #expect(try await eventually { fixture.healthStatus("status") == .pass })
      }
    }
  }

  /// Each of them is passed over, and what comes after it is still read.
  @Test func `bad records, tombstones and foreign reports change nothing and hold up nothing`() async throws {
    try await ServerFixture.run(zones: 2) { fixture in
      let mine = try await fixture.place("alpha")
      let foreign = try await fixture.place("beta", restricted: true)
      let topic = Topics.observed(zone: "z0")
      let key = Topics.key(placement: mine.spec.id)
      let good = try Self.message(Self.report(on: mine, sequence: 7))
      var unknownType = good
      unknownType.headers = good.headers.map { $0.name == "ce_type" ? KafkaHeader("ce_type", Array("x".utf8)) : $0 }
      try await fixture.with(try fixture.status()) {
        try await fixture.send([
          KafkaMessage(topic: topic, key: key, value: nil),
          KafkaMessage(topic: topic, key: key, value: []),
          KafkaMessage(topic: topic, key: key, value: Array("{".utf8)),
          KafkaMessage(topic: topic, key: key, value: Array("{}".utf8), headers: good.headers),
          KafkaMessage(topic: topic, key: key, value: [0xff, 0xfe], headers: good.headers),
          KafkaMessage(topic: topic, key: [0xff], value: good.value, headers: good.headers),
          unknownType,
          // Another zone's placement, in the topic's name and in its own.
          try Self.message(Self.report(on: foreign, zone: "z0", sequence: 7)),
          try Self.message(Self.report(on: foreign, sequence: 7)),
          // Another placement's key.
          try Self.message(Self.report(on: mine, sequence: 8), key: Topics.key(placement: foreign.spec.id)),
          good,
        ])
        #expect(try await eventually { try await fixture.offsets() == 11 })
        #expect(try await Self.sequence(of: mine, fixture) == 7)
        #expect(try await Self.sequence(of: foreign, fixture) == nil)
      }
    }
  }

  @Test func `offsets are stored with the effects, and reading goes on there`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.send([try Self.message(Self.report(on: placement, sequence: 1))])
      try await fixture.with(try fixture.status()) {
        let isRead = try await eventually { try await fixture.offsets() == 1 }
        #expect(isRead)
      }
      // What was read before would win if it were read again: its stored trace is taken away.
      _ = try await fixture.count(
        """
        UPDATE placements SET observed = NULL, observed_sequence = NULL, observed_incarnation = NULL,
          observed_epoch = NULL, observed_revision = NULL RETURNING 1::bigint
        """)
      let second = try fixture.statusAgain()
      try await fixture.with(second) {
        let other = try await fixture.place("beta")
        try await fixture.send([try Self.message(Self.report(on: other, sequence: 1))])
        #expect(try await eventually { try await fixture.offsets() == 2 })
      }
      #expect(try await Self.sequence(of: placement, fixture) == nil, "it was not read a second time")
    }
  }

  /// The effect fails in the database: the offset stays, and all of it is tried again.
  @Test func `an effect that can not be stored leaves the offset where it was`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.pool.withConnection {
        try await $0.script(
          """
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'refused'; END$$;
          CREATE TRIGGER refuse BEFORE UPDATE ON placements FOR EACH ROW EXECUTE FUNCTION refuse();
          """)
      }
      try await fixture.send([try Self.message(Self.report(on: placement, sequence: 1))])
      try await fixture.with(try fixture.status()) {
        #expect(try await eventually { fixture.healthStatus("status") == .degraded })
        #expect(try await fixture.offsets() == 0)
        try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER refuse ON placements") }
        try await Self.expect(sequence: 1, of: placement, fixture)
        #expect(try await fixture.offsets() == 1)
      }
    }
  }

  /// What the database refuses for its values it would refuse for ever.
  @Test(arguments: ["22P05", "23514"]) func `a record that the database can not hold is passed over, and no other`(
    state: String
  ) async throws {
    try await ServerFixture.run { fixture in
      let bad = try await fixture.place("alpha")
      let good = try await fixture.place("beta")
      try await fixture.refuse(bad, state: state)
      // In one batch, the bad one between and at the end of its partition.
      try await fixture.send([
        try Self.message(Self.report(on: good, sequence: 1)), try Self.message(Self.report(on: bad, sequence: 1)),
        try Self.message(Self.report(on: good, sequence: 2)), try Self.message(Self.report(on: bad, sequence: 2)),
      ])
      try await fixture.with(try fixture.status()) {
        #expect(try await eventually { try await fixture.offsets() == 4 })
        #expect(try await Self.sequence(of: good, fixture) == 2)
        #expect(try await Self.sequence(of: bad, fixture) == nil)
        try await fixture.send([try Self.message(Self.report(on: good, sequence: 3))])
        try await Self.expect(sequence: 3, of: good, fixture)
        #expect(try await eventually { fixture.healthStatus("status") == .pass })
      }
    }
  }

  /// Only what the values themselves are to blame for is passed over.
  @Test func `a batch that fails for another reason is tried until it can be stored`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.refuse(placement, state: "P0001")
      try await fixture.send([try Self.message(Self.report(on: placement, sequence: 1))])
      try await fixture.with(try fixture.status()) {
        #expect(try await eventually { fixture.healthStatus("status") == .degraded })
        let failed = try await eventually {
          #expect(fixture.healthStatus("status") == .degraded)
          return try await fixture.count("SELECT last_value FROM attempts") >= 5
        }
        #expect(failed && fixture.healthStatus("status") == .degraded)
        try await fixture.pool.withConnection { try await $0.script("DROP TRIGGER refuse ON placements") }
        try await Self.expect(sequence: 1, of: placement, fixture)
        #expect(try await eventually { fixture.healthStatus("status") == .pass })
      }
    }
  }

  /// Nothing to store is no fault: an idle zone is well again once the bus answers.
  @Test func `only records and a topic read to its end are progress`() {
    let record = KafkaConsumerEvent.record(KafkaRecord(topic: "t", partition: 0, offset: 7, key: [1], value: nil))
    let (first, second) = (
      KafkaConsumerEvent.endOfPartition(partition: 0, offset: 8),
      KafkaConsumerEvent.endOfPartition(partition: 1, offset: 3)
    )
    let snapshot = SnapshotTracker(
      watermarks: [0: .init(low: 0, high: 8), 1: .init(low: 0, high: 3)], positions: [0: 7])
    func progress(_ batches: [KafkaConsumerEvent]) -> [Bool] {
      var progress = ReadingProgress(snapshot)
      return batches.map { progress.isMade(by: [$0]) }
    }
    #expect(progress([second, record]) == [false, true])
    #expect(progress([first, second, first]) == [false, true, true])
    #expect(progress([.offsetOutOfRange(partition: 1, offset: 9)]) == [false])
  }

  @Test func `a topic that wrapped round is read from what is left`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      let key = Topics.key(placement: placement.spec.id)
      // The mock keeps 5 MiB per partition.
      let ballast = (0..<120).map { _ in
        KafkaMessage(topic: Topics.observed(zone: "z0"), key: key, value: [UInt8](repeating: 0x20, count: 60_000))
      }
      try await fixture.topics.ensure(zones: ["z0"])
      try await fixture.send(ballast + [try Self.message(Self.report(on: placement, sequence: 3))])
      let partition = try #require(try await fixture.records(of: Topics.observed(zone: "z0")).last?.partition)
      try await fixture.storeOffset(1, partition: partition)
      try await fixture.with(try fixture.status()) {
        try await Self.expect(sequence: 3, of: placement, fixture)
        #expect(try await fixture.offsets() == 121)
      }
    }
  }

  @Test func `a topic that was made anew, shorter than what was read, is read from its beginning`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.send([try Self.message(Self.report(on: placement, sequence: 3))])
      for partition in 0..<Topics.partitions { try await fixture.storeOffset(900, partition: partition) }
      try await fixture.with(try fixture.status()) {
        try await Self.expect(sequence: 3, of: placement, fixture)
        #expect(
          try await fixture.count("SELECT count(*) FROM consumer_offsets WHERE next_offset = 1") == 1)
      }
    }
  }

  @Test func `a zone that is declared later is listened to`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.status()) {
        for resource in Offered.base(zones: ["z0", "z1"]) {
          _ = try await fixture.store.put(resource, context: someone)
        }
        let placement = try await fixture.place("beta", restricted: true)
        try await fixture.send([try Self.message(Self.report(on: placement, sequence: 1), topic: "z1")])
        try await Self.expect(sequence: 1, of: placement, fixture)
      }
    }
  }

  @Test func `the broker's outage and the lock's loss are survived`() async throws {
    try await ServerFixture.run { fixture in
      let placement = try await fixture.place("alpha")
      try await fixture.with(try fixture.status()) {
        try await fixture.send([try Self.message(Self.report(on: placement, sequence: 1))])
        try await Self.expect(sequence: 1, of: placement, fixture)
        try await fixture.mock.setDown()
        try await fixture.cut(holderOf: StoreLocks.statusConsumer)
        try await fixture.mock.setUp()
        try await fixture.send([try Self.message(Self.report(on: placement, sequence: 2))])
        try await Self.expect(sequence: 2, of: placement, fixture)
      }
    }
  }
}

extension ServerFixture {
  /// How many records of the first zone's topic are read and stored.
  fileprivate func offsets() async throws -> Int64 {
    try await store.offsets(topic: Topics.observed(zone: "z0")).values.reduce(0, +)
  }

  fileprivate func storeOffset(_ offset: Int64, partition: Int32) async throws {
    _ = try await count(
      """
      INSERT INTO consumer_offsets (topic, partition, next_offset)
      VALUES (\(Topics.observed(zone: "z0")), \(partition), \(offset)) RETURNING 1::bigint
      """)
  }

  /// Has the database refuse whatever is observed of a placement, and count how often.
  fileprivate func refuse(_ placement: PlacementRecord, state: String) async throws {
    try await pool.withConnection {
      try await $0.script(
        """
        CREATE SEQUENCE attempts;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
          PERFORM nextval('attempts');
          RAISE EXCEPTION 'refused' USING ERRCODE = '\(state)';
        END$$;
        CREATE TRIGGER refuse BEFORE UPDATE ON placements FOR EACH ROW
          WHEN (OLD.id = '\(placement.spec.id.uuidString)') EXECUTE FUNCTION refuse();
        """)
    }
  }

  /// Another instance, after the first.
  fileprivate func statusAgain() throws -> StatusConsumerService {
    StatusConsumerService(
      store: store, database: database, bus: bus, topics: topics, holderPatience: Self.patience,
      health: try telemetry.health.register("status-again", component: "test", role: .informative),
      logger: KafkaBroker.quiet)
  }
}
