import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Postgres
import Store
import Telemetry
import TestSupport
import Testing
import Trail

@testable import Server

/// `regie.events` has lost its end, or all that was on it.
@Suite(.timeLimit(.minutes(3)))
struct LostEventsTests {
  /// Runs `body` where all is told on one bus, with another one that is empty.
  private func run(_ body: (_ fixture: ServerFixture, _ other: ServerFixture) async throws -> Void) async throws {
    try await ServerFixture.run { fixture in
      _ = try await fixture.store.publishOffer()
      try await fixture.with(try fixture.facts(), try fixture.sealer()) {
        try await fixture.place("alpha")
        let isTold = try await eventually { try await fixture.isAllTold() }
        #expect(isTold)
      }
      let mock = try MockBroker()
      try await fixture.onBus(at: mock.bootstrapServers) { other in
        try await other.topics.ensureEvents()
        try await body(fixture, other)
      }
      await mock.stop()
    }
  }

  @Test func `what a topic has lost is told and anchored there again, and once`() async throws {
    try await run { fixture, other in
      let told = try await fixture.events().filter { !$0.key.hasPrefix("audit/") }
      // Of each thing the latest is told again.
      let facts = Set(Dictionary(told.map { ($0.key, $0) }, uniquingKeysWith: { $1 }).values)
      #expect(!facts.isEmpty)
      let newest = try await fixture.store.auditAnchors().items.last?.identifier
      let last = try #require(newest)
      let older = try await fixture.anchorEarlier()
      let kept = try #require(older.identifier)
      try await other.with(try other.facts("b"), try other.sealer("b")) {
        let isThere = try await eventually {
          let events = try await other.events()
          let anchors = events.filter { $0.key.hasPrefix("audit/") }.map(\.identifier)
          // That of an earlier day as it was, and the head under a new one.
          return facts.isSubset(of: events) && anchors.contains(kept) && anchors.count > 1
        }
        #expect(isThere)
        let isSentLate = try await other.events().contains { $0.identifier == last }
        #expect(!isSentLate, "it may lie over what another instance has anchored by then")
        for name in ["facts-b", "anchor-b"] { #expect(try await eventually { other.healthStatus(name) == .pass }) }
      }
      let count = try await other.events().count
      try await other.with(try other.facts("c"), try other.sealer("c")) { () async throws in
        for name in ["facts-c", "anchor-c"] { #expect(try await eventually { other.healthStatus(name) == .pass }) }
      }
      #expect(try await other.events().count == count)
      #expect(try await other.isAllTold())
    }
  }

  @Test func `an anchor that lies there under a key that is not known any more is not lost`() async throws {
    try await run { fixture, other in
      let older = try await fixture.anchorEarlier()
      let lost = try await fixture.store.auditAnchors(lackedBy: ToldEvidence())
      #expect(lost == [older])
      try await other.send([
        KafkaMessage(
          topic: Topics.events, key: Array(older.key.utf8), value: Array(older.payload.utf8),
          headers: older.pairs.map { KafkaHeader($0.name, $0.value) })
      ])
      let stranger = EventSigner(Curve25519.Signing.PrivateKey())
      for (signer, refused) in [(fixture.signer, 0), (stranger, 1)] {
        let survey = try BusSurvey(bus: other.bus, signer: signer, logger: KafkaBroker.quiet)
        let told = try await survey.readEvents(within: .seconds(120))
        #expect(told.refused == refused && told.anchors.count == 1 - refused)
        let lacked = try await fixture.store.auditAnchors(lackedBy: told)
        #expect(lacked.isEmpty)
      }
    }
  }

  @Test func `what passes for an anchor and has other bytes does not keep it from being sent again`() async throws {
    try await run { fixture, other in
      let older = try await fixture.anchorEarlier()
      let headers = older.pairs.map { KafkaHeader($0.name, $0.value) }
      let unsigned = headers.map { $0.name == "ce_id" ? $0 : KafkaHeader($0.name, "x") }
      let payload = Array(older.payload.utf8)
      let stranger = EventSigner(Curve25519.Signing.PrivateKey())
      // What lies last under the key counts, whoever reads it.
      let sent: [(value: [UInt8], headers: [KafkaHeader], isLost: Bool)] = [
        (Array("{}".utf8), headers, true), (payload, unsigned, true), (payload, headers, false),
        (Array("{}".utf8), headers, true), (payload, unsigned, true),
      ]
      for (value, headers, isLost) in sent {
        try await other.send([
          KafkaMessage(topic: Topics.events, key: Array(older.key.utf8), value: value, headers: headers)
        ])
        for signer in [fixture.signer, stranger] {
          let survey = try BusSurvey(bus: other.bus, signer: signer, logger: KafkaBroker.quiet)
          let told = try await survey.readEvents(within: .seconds(120))
          let lacked = try await fixture.store.auditAnchors(lackedBy: told)
          let wanted = isLost ? [older] : []
          #expect(lacked == wanted)
        }
      }
    }
  }

  private static let signature = "ce_\(BusCodec.signatureAttribute)"

  /// What of a record tells whether anybody believes it, beside its data.
  private static func told(_ record: KafkaRecord?) -> [String?] {
    [signature, "ce_type", "ce_subject"].map { record?[header: $0]?.string }
  }

  /// A key, and what becomes of its latest record's data and headers, of which an empty one is left out; of the offer
  /// nothing else is read.
  @Test(
    arguments: [
      ("policy/1", "{}", [:]), ("policy/1", nil, [signature: ""]), ("policy/1", nil, [signature: "x"]),
      ("offer/current", nil, [signature: ""]), ("offer/current", nil, [signature: "x"]),
      ("offer/current", nil, ["ce_type": EventType.finding]), ("offer/current", nil, ["ce_subject": "offer/other"]),
    ] as [(String, String?, [String: String])])
  func `what passes for the latest event of a thing and is not to be believed does not keep it from being told again`(
    _ key: String, data: String?, changes: [String: String]
  ) async throws {
    try await run { fixture, other in
      let told = try await fixture.records(of: Topics.events).last { $0.keyString == key }
      let record = try #require(told)
      let headers = record.headers.filter { changes[$0.name] == nil }
      let changed = changes.filter { !$0.value.isEmpty }.map { KafkaHeader($0.key, $0.value) }
      try await other.send([
        KafkaMessage(
          topic: Topics.events, key: try #require(record.key), value: data.map { Array($0.utf8) } ?? record.value,
          headers: headers + changed)
      ])
      let genuine = Self.told(record)
      try await other.with(try other.facts("b")) {
        let isTold = try await eventually {
          let latest = try await other.records(of: Topics.events).last { $0.keyString == key }
          return latest?.value == record.value && Self.told(latest) == genuine
        }
        #expect(isTold)
      }
    }
  }

  @Test func `what lies there by a key that is not known any more is held, or a change of keys told everything anew`()
    async throws
  {
    try await run { fixture, _ in
      let keys = Set(try await fixture.events().map(\.key))
      #expect(keys.isSuperset(of: ["policy/1", "offer/current"]))
      for signer in [fixture.signer, EventSigner(Curve25519.Signing.PrivateKey())] {
        let survey = try BusSurvey(bus: fixture.bus, signer: signer, logger: KafkaBroker.quiet)
        let told = try await survey.readEvents(within: .seconds(120), listing: true)
        let held = Set(told.events.keys)
        #expect(held == keys)
        let again = try await fixture.store.tellAgain(lackedBy: told.events)
        #expect(again == 0, "each lies where the bus has acknowledged it")
      }
    }
  }

  @Test(arguments: ["policy/1", "offer/current"])
  func `what lies over an event with its own data, signed by a made up key, does not keep it from being told again`(
    _ key: String
  ) async throws {
    try await run { fixture, _ in
      let told = try await fixture.records(of: Topics.events).last { $0.keyString == key }
      let record = try #require(told)
      let value = try #require(record.value)
      let forged = KafkaHeader(Self.signature, try EventSigner(Curve25519.Signing.PrivateKey()).sign(value))
      try await fixture.send([
        KafkaMessage(
          topic: Topics.events, key: try #require(record.key), value: value,
          headers: record.headers.map { $0.name == Self.signature ? forged : $0 })
      ])
      let genuine = Self.told(record)
      try await fixture.with(try fixture.facts("b")) {
        let isTold = try await eventually {
          let latest = try await fixture.records(of: Topics.events).last { $0.keyString == key }
          return Self.told(latest) == genuine
        }
        #expect(isTold)
      }
    }
  }

  @Test func `where the topic holds an older state of a thing the latest is told over it`() async throws {
    try await run { fixture, other in
      let records = try await fixture.records(of: Topics.events)
      let told = records.last { $0.keyString == "policy/1" }
      let record = try #require(told)
      let older = KafkaHeader("ce_id", UUID().uuidString.lowercased())
      try await other.send([
        KafkaMessage(
          topic: Topics.events, key: try #require(record.key), value: record.value,
          headers: record.headers.map { $0.name == "ce_id" ? older : $0 })
      ])
      let latest = record[header: "ce_id"]?.string
      try await other.with(try other.facts("b")) {
        let isTold = try await eventually {
          try await other.events().last { $0.key == "policy/1" }?.identifier == latest
        }
        #expect(isTold)
      }
    }
  }
}

extension ServerFixture {
  fileprivate struct Event: Hashable {
    var key: String
    var identifier: String
  }

  /// Keeps an anchor of an earlier day, which the bus does not have.
  fileprivate func anchorEarlier() async throws -> AuditAnchorRecord {
    let seal = try await store.auditChain(after: 0).entries.first?.seal
    let first = try #require(seal)
    let anchor = AuditAnchor(epoch: 1, position: first.position, link: first.linkText, count: first.position)
    let event = try BusCodec.event(
      anchor: anchor, signer: signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
      time: Timestamp(microseconds: 1_760_000_000_000_000))
    let record = AuditAnchorRecord(event)
    try await store.recordAuditAnchor(record, position: first.position)
    return record
  }

  /// All that `regie.events` holds, partition by partition in order.
  fileprivate func events() async throws -> [Event] {
    try await records(of: Topics.events).map { record in
      Event(key: record.keyString ?? "", identifier: record[header: "ce_id"]?.string ?? "")
    }
  }
}

extension AuditAnchorRecord {
  fileprivate var identifier: String? {
    pairs.first { $0.name == "ce_id" }?.value.map { String(decoding: $0, as: UTF8.self) }
  }
}
