import Crypto
import Events
import Foundation
import Kafka
import Model
import Postgres
import Store
import TestSupport
import Testing

@testable import Server

/// The zone's record on its way through the relay, and what the relay finds on the bus before it says anything.
@Suite(.timeLimit(.minutes(3)))
struct ZoneRecordTests {
  @Test func `what is published is covered by a record that comes after it`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        for number in 0..<3 { try await fixture.place("p\(number)") }
        try await fixture.place("p0", cpu: 2)
        try await fixture.expectPublished()
        let states = try await fixture.published()
        var book = DigestBook()
        for state in states {
          book.set(
            state.placement, version: state.version, content: ContentDigest(of: try BusCodec.encode(state)))
        }
        let isCovered = try await eventually { try await fixture.zoneRecords().last?.buckets == book.buckets }
        #expect(isCovered)
        let record = try #require(try await fixture.zoneRecords().last)
        #expect(record.count == 3 && record.epoch == 1)
        // One that the bus acknowledges late is followed by another, which is numbered before it is sent.
        let isNumbered = try await eventually {
          try await fixture.store.account(of: "z0").sequence == fixture.zoneRecords().last?.sequence
        }
        #expect(isNumbered)
      }
    }
  }

  @Test func `a leader whose predecessor noted nothing publishes again, and its record covers all`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        for number in 0..<3 { try await fixture.place("p\(number)") }
        try await fixture.expectPublished()
      }
      _ = try await fixture.count("WITH gone AS (DELETE FROM published_states RETURNING 1) SELECT count(*) FROM gone")
      _ = try await fixture.count(
        "WITH old AS (UPDATE outbox SET attempted_at = NULL RETURNING 1) SELECT count(*) FROM old")
      let before = try await fixture.store.account(of: "z0").sequence
      try await fixture.with(try fixture.relay("b")) {
        let isCovered = try await eventually {
          guard let record = try await fixture.zoneRecords().last else { return false }
          return record.sequence > before && record.count == 3
        }
        #expect(isCovered)
      }
    }
  }

  @Test func `a zone whose topic was not read in time when a term began gets its record once it was read`() async throws
  {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        #expect(try await eventually { try await fixture.zoneRecords().last?.count == 1 })
      }
      let before = try #require(try await fixture.zoneRecords().last?.sequence)
      var next = try fixture.relay("b")
      next.surveyPatience = .zero
      try await fixture.with(next) {
        let isSent = try await eventually { try await fixture.zoneRecords().last.map { $0.sequence > before } ?? false }
        #expect(isSent, "nothing of the zone waits to be published, which would have it read too")
      }
    }
  }

  @Test func `a leader that finds the bus ahead suspends everything and publishes nothing`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        #expect(try await eventually { try await !fixture.zoneRecords().isEmpty })
      }
      // As after a restore: numbers that were given are not known any more.
      _ = try await fixture.count("WITH gone AS (DELETE FROM zone_records RETURNING 1) SELECT count(*) FROM gone")
      try await fixture.place("beta")
      let before = try await fixture.records(of: Topics.desired(zone: "z0")).count
      try await fixture.with(try fixture.relay("b")) {
        let isSuspended = try await eventually { try await fixture.store.suspension() != nil }
        #expect(isSuspended)
        let because = try await fixture.store.suspension()?.because
        #expect(because?.contains("zone z0") == true)
        // There is nothing to wait for: however often it is woken, the term goes on, and nothing is read anew in a loop.
        let term = try await fixture.store.relayLease()?.term
        for _ in 0..<20 {
          _ = try await fixture.count("SELECT count(pg_notify(\(GovernanceStore.outboxChannel), ''))")
          try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await fixture.store.relayLease()?.term == term)
      }
      #expect(try await fixture.unpublished() == 1)
      #expect(try await fixture.records(of: Topics.desired(zone: "z0")).count == before)

      let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
      let surveyor = RecoveryEvidence(store: fixture.store, survey: survey, topics: fixture.topics)
      let plan = try await fixture.store.recoveryPlan(try await surveyor.evidence())
      _ = try await fixture.store.recover(
        try await surveyor.evidence(), agreedTo: plan.digest, context: someone)
      try await fixture.with(try fixture.relay("c")) { try await fixture.expectPublished() }
      #expect(try await fixture.published().map(\.project.name).contains("beta"))
    }
  }

  @Test func `after a change of keys what the earlier one has signed still counts, where it is given`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
      }
      let survey = try BusSurvey(
        bus: fixture.bus, signer: EventSigner(Curve25519.Signing.PrivateKey()),
        earlier: JSONWebKeySet([fixture.signer.publicKey]), logger: KafkaBroker.quiet)
      let evidence = try await survey.read(zone: "z0", withObservations: false, within: .seconds(120))
      #expect(evidence.desired.count == 1 && evidence.refused == 0)
    }
  }

  @Test func `a topic of a zone that the database does not know is told`() async throws {
    try await ServerFixture.run { fixture in
      let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
      try await fixture.topics.ensure(zones: ["lost"])
      let surveyor = RecoveryEvidence(store: fixture.store, survey: survey, topics: fixture.topics)
      let evidence = try await surveyor.evidence()
      #expect(evidence.filter { !$0.isDeclared }.map(\.zone) == ["lost"])
      #expect(try await fixture.store.recoveryPlan(evidence).findings.map(\.kind) == ["ZoneUnknown"])
    }
  }

  @Test func `of a zone that has left the topics are read, and hold nothing that the database does not know`()
    async throws
  {
    try await ServerFixture.run { fixture in
      try await fixture.place("alpha")
      let removal = try await fixture.store.remove(RemovalRequest(project: "alpha"), context: someone)
      let gone = try #require(removal.placements.first)
      try await fixture.with(try fixture.relay()) {
        try await fixture.expectPublished()
        #expect(try await eventually { try await !fixture.zoneRecords().isEmpty })
      }
      let report = StatusConsumerTests.report(on: gone, sequence: 1)
      let seen = ObservationRecord(partition: 0, offset: 0, observation: .placement(report))
      let result = try await fixture.store.apply([seen], topic: Topics.observed(zone: "z0"), zone: "z0")
      #expect(result.removed == [gone.spec.id])
      try await fixture.store.delete(.cluster, "z0-1", context: someone)
      try await fixture.store.delete(.zone, "z0-zone", context: someone)

      let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
      let surveyor = RecoveryEvidence(store: fixture.store, survey: survey, topics: fixture.topics)
      let evidence = try await surveyor.evidence()
      #expect(evidence.map(\.zone) == ["z0"] && evidence.first?.desired[gone.spec.id] != nil)
      let plan = try await fixture.store.recoveryPlan(evidence)
      #expect(plan.findings.isEmpty && !plan.isIncomplete && !plan.isNeeded)
    }
  }

  @Test func `states and records that another key has signed are no evidence`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
      }
      let records = try await fixture.records(of: Topics.desired(zone: "z0"))
      let stranger = EventSigner(Curve25519.Signing.PrivateKey())
      let survey = try BusSurvey(bus: fixture.bus, signer: stranger, logger: KafkaBroker.quiet)
      let evidence = try await survey.read(zone: "z0", withObservations: true, within: .seconds(120))
      #expect(evidence.desired.isEmpty && evidence.record == nil && evidence.refused == records.count)
    }
  }
}

extension ServerFixture {
  /// The records of a zone on its topic, each verified, in the order of their numbers.
  func zoneRecords(zone: String = "z0") async throws -> [ZoneRecord] {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: Topics.desired(zone: zone)).compactMap { record in
      guard case .zone = Topics.subject(ofKey: record.key ?? []) else { return nil }
      return try BusCodec.zoneRecord(
        key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
        data: record.value ?? [], zone: zone, verifier: verifier)
    }.sorted { $0.sequence < $1.sequence }
  }
}
