import Board
import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import ServiceLifecycle
import Store
import Telemetry
import TestSupport
import Testing
import Trail

@testable import Server

/// A database that has lost acts of the board only: the topics of zones say nothing of it, `regie.events` does.
@Suite(.timeLimit(.minutes(3)))
struct RestoredBoardTests {
  private static func fact(_ version: Int64, _ digit: Character = "a") -> PolicyVersionFact {
    PolicyVersionFact(
      epoch: 1, version: version, state: .inForce, origin: "ratified", effectiveAt: Timestamp(microseconds: 1),
      digest: String(repeating: digit, count: 64))
  }

  private static func anchor(_ position: Int64) -> AuditAnchor {
    AuditAnchor(epoch: 1, position: position, link: String(repeating: "a", count: 64), count: position)
  }

  /// Runs `body` where the bus holds all that this database has told, and nobody runs any more.
  private func run(_ body: (ServerFixture) async throws -> Void) async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.facts(), try fixture.sealer(), try fixture.relay()) {
        try await fixture.place("alpha")
        try await fixture.expectPublished()
        try await expectAllTold(fixture)
      }
      try await body(fixture)
    }
  }

  private func expectAllTold(_ fixture: ServerFixture) async throws {
    #expect(try await eventually { try await fixture.isAllTold() })
  }

  private func expectSuspended(_ fixture: ServerFixture) async throws {
    #expect(try await eventually { try await fixture.store.suspension() != nil })
  }

  /// Whether a leader has compared, and found nothing.
  private func isInOrder(_ fixture: ServerFixture, leader name: String = "b") async throws {
    let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
    let examiner = EventsExaminer(store: fixture.store, survey: survey, topics: fixture.topics)
    let told = try await examiner.examine(within: .seconds(120))
    #expect(told.refused <= 1)
    try await fixture.with(try fixture.relay(name), try fixture.facts(name), try fixture.sealer(name)) {
      try await fixture.place("epsilon")
      try await fixture.expectPublished()
      try await expectAllTold(fixture)
    }
    #expect(try await fixture.store.suspension() == nil)
  }

  @Test func `what an intact database has told, a topic without anything, and one that lags show nothing`() async throws
  {
    try await run { fixture in try await isInOrder(fixture) }
    try await ServerFixture.run { fixture in try await isInOrder(fixture) }
    try await run { fixture in
      // As where a policy was applied, and nobody was there to tell of it.
      let policy = try #require(try await fixture.store.policyInForce()).spec
      _ = try await fixture.store.put(
        .policy(Resource("regie", policy.renamed("autre"))), context: someone)
      try await isInOrder(fixture)
    }
  }

  @Test func `a version of the policy that the database does not know suspends it, and is told by the recovery`()
    async throws
  {
    try await run { fixture in
      try await fixture.tell(Self.fact(5))
      let before = try await fixture.records(of: Topics.desired(zone: "z0")).count
      try await fixture.place("beta")
      try await fixture.with(try fixture.relay("b")) {
        try await expectSuspended(fixture)
        let because = try await fixture.store.suspension()?.because
        #expect(because?.contains("version 5 of the policy, the database has 1") == true)
        await #expect(throws: PostgresError.self) { try await fixture.place("gamma") }
      }
      #expect(try await fixture.records(of: Topics.desired(zone: "z0")).count == before)
      let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
      let surveyor = RecoveryEvidence(store: fixture.store, survey: survey, topics: fixture.topics)
      let (evidence, told) = (try await surveyor.evidence(), try await surveyor.told())
      let plan = try await fixture.store.recoveryPlan(evidence, told: told)
      #expect(plan.findings.map(\.kind) == ["PolicyLost"])
      _ = try await fixture.store.recover(evidence, told: told, agreedTo: plan.digest, context: someone)
      try await isInOrder(fixture, leader: "c")
    }
  }

  @Test func `another text of the same version, and a longer trail, suspend it as well, whoever looks first`()
    async throws
  {
    try await run { fixture in
      try await fixture.tell(Self.fact(1, "f"))
      try await fixture.with(try fixture.facts("b")) { try await expectSuspended(fixture) }
      #expect(try await fixture.store.suspension()?.because.contains("another text of version 1") == true)
    }
    try await run { fixture in
      try await fixture.tell(Self.anchor(5000))
      let before = try await fixture.anchors().count
      try await fixture.with(try fixture.sealer("b")) {
        try await expectSuspended(fixture)
        _ = try await fixture.store.put(.project(Offered.project("delta", cpu: 1, restricted: false)), context: someone)
        #expect(try await eventually { fixture.healthStatus("anchor-b") == .degraded })
        try await Task.sleep(for: .seconds(2))
      }
      #expect(try await fixture.store.suspension()?.because.contains("up to 5000") == true)
      #expect(try await fixture.anchors().count == before, "nothing is anchored over it")
    }
  }

  @Test func `after a recovery anchors go on at once under a key of their own, and another restore is noticed`()
    async throws
  {
    try await run { fixture in
      try await fixture.tell(Self.anchor(5000))
      try await recover(fixture, ["TrailLost"])
      let before = try await fixture.anchors()
      try await fixture.with(try fixture.sealer("b")) {
        let isAnchored = try await eventually { try await fixture.isAnchored() }
        #expect(isAnchored)
        #expect(try await eventually { fixture.healthStatus("anchor-b") == .pass })
      }
      let after = try await fixture.anchors()
      #expect(Set(before.map(\.value)).isSubset(of: after.map(\.value)), "nothing lies over another")
      let own = after.filter { !before.map(\.value).contains($0.value) }.map {
        String(decoding: $0.key ?? [], as: UTF8.self)
      }
      #expect(!own.isEmpty && own.allSatisfy { $0.hasSuffix("/2") })
      #expect(try await fixture.store.suspension() == nil)
      // What came after the recovery is lost once more.
      try await fixture.restored { restored in
        _ = try await fixture.store.put(.project(Offered.project("delta", cpu: 1, restricted: false)), context: someone)
        try await fixture.with(try fixture.sealer("d")) {
          let isAnchored = try await eventually { try await fixture.isAnchored() }
          #expect(isAnchored)
        }
        try await restored.with(try restored.sealer("c")) { try await expectSuspended(restored) }
        #expect(try await restored.store.suspension()?.because.contains("the audit trail was anchored") == true)
      }
    }
  }

  private func recover(_ fixture: ServerFixture, _ kinds: [String]) async throws {
    let survey = try BusSurvey(bus: fixture.bus, signer: fixture.signer, logger: KafkaBroker.quiet)
    let surveyor = RecoveryEvidence(store: fixture.store, survey: survey, topics: fixture.topics)
    let (evidence, told) = (try await surveyor.evidence(), try await surveyor.told())
    let plan = try await fixture.store.recoveryPlan(evidence, told: told)
    #expect(plan.findings.map(\.kind) == kinds)
    _ = try await fixture.store.recover(evidence, told: told, agreedTo: plan.digest, context: someone)
  }

  enum Teller: CaseIterable { case sealer, facts, relay }

  @Test(arguments: Teller.allCases)
  func `a database that is brought back as it was before acts of the board is noticed by each alone`(teller: Teller)
    async throws
  {
    try await ServerFixture.run { fixture in
      let board = try await TwoOperators(fixture)
      try await fixture.place("alpha")
      try await fixture.with(try fixture.facts("a"), try fixture.sealer("a"), try fixture.relay("a")) {
        try await expectAllTold(fixture)
        try await fixture.expectPublished()
      }
      try await fixture.restored { restored in
        try await board.propose(in: fixture.store)
        // Without a relay: a zone's record that is newer than the copy would be a sign as well.
        try await fixture.with(try fixture.facts("d"), try fixture.sealer("d")) {
          try await expectAllTold(fixture)
        }
        switch teller {
        case .sealer: try await restored.with(try restored.sealer("b")) { try await expectSuspended(restored) }
        case .facts: try await restored.with(try restored.facts("b")) { try await expectSuspended(restored) }
        case .relay: try await restored.with(try restored.relay("b")) { try await expectSuspended(restored) }
        }
        #expect(try await restored.store.suspension()?.because.hasPrefix("regie.events: ") == true)
        #expect(try await fixture.store.suspension() == nil)
      }
    }
  }

  @Test func `votes that were told and not anchored are missed too, and recovered from`() async throws {
    try await ServerFixture.run { fixture in
      let board = try await TwoOperators(fixture)
      func tell(_ name: String) async throws {
        // Without a relay: a zone's record that is newer than the copy would be a sign as well.
        try await fixture.with(try fixture.facts(name)) {
          let waiting: PostgresQuery = "SELECT count(*) FROM public_facts WHERE published_at IS NULL"
          let isTold = try await eventually { try await fixture.count(waiting) == 0 }
          #expect(isTold)
        }
      }
      try await tell("a")
      try await fixture.restored { restored in
        try await board.propose(in: fixture.store)
        try await tell("d")
        try await restored.with(try restored.relay("b")) { try await expectSuspended(restored) }
        #expect(try await restored.store.suspension()?.because.contains("acts of the board") == true)
        try await recover(restored, ["ActsLost"])
        try await isInOrder(restored, leader: "c")
      }
    }
  }

  @Test func `checks pass again on a quiet system once the topic can be read`() async throws {
    try await run { fixture in
      try await fixture.mock.setDown()
      try await fixture.with(try fixture.sealer("b"), try fixture.facts("b"), try fixture.relay("b")) {
        for name in ["anchor-b", "facts-b", "relay-b"] {
          #expect(try await eventually { fixture.healthStatus(name) == .degraded }, "\(name)")
        }
        try await fixture.mock.setUp()
        for name in ["anchor-b", "facts-b", "relay-b"] {
          #expect(try await eventually { fixture.healthStatus(name) == .pass }, "\(name)")
        }
      }
    }
  }

  @Test func `what is unsigned, or of another key, shows nothing; an earlier key that is given counts`() async throws {
    try await run { fixture in
      let stranger = EventSigner(Curve25519.Signing.PrivateKey())
      try await fixture.tell(Self.fact(5), signer: stranger)
      try await isInOrder(fixture)
      var relay = try fixture.relay("c")
      relay.earlierKeys = JSONWebKeySet([stranger.publicKey])
      try await fixture.with(relay) { try await expectSuspended(fixture) }
    }
    try await run { fixture in
      try await fixture.tell(Self.fact(5), isSigned: false)
      try await isInOrder(fixture)
    }
  }

  @Test(arguments: [true, false])
  func `a topic that can not be read when a term begins is compared before any zone is told of anything`(
    isAlone: Bool
  ) async throws {
    try await run { fixture in
      try await fixture.tell(Self.fact(5))
      let before = try await fixture.records(of: Topics.desired(zone: "z0")).count
      var relay = try fixture.relay("b")
      relay.surveyPatience = .zero
      try await fixture.mock.setDown()
      let services: [any Service] = isAlone ? [relay] : [relay, try fixture.facts("b")]
      try await fixture.with(all: services) {
        // As in any outage of the bus, decisions go on.
        try await fixture.place("beta")
        #expect(try await fixture.store.suspension() == nil)
        try await fixture.mock.setUp()
        let isSuspended = try await eventually { try await fixture.store.suspension() != nil }
        #expect(isSuspended)
      }
      #expect(try await fixture.records(of: Topics.desired(zone: "z0")).count == before)
    }
  }
}

extension RestoredBoardTests {
  @Test func `while only what was told can not be read nothing is published to any zone`() async throws {
    try await run { fixture in
      try await fixture.tell(Self.fact(5))
      let before = try await fixture.records(of: Topics.desired(zone: "z0")).count
      // It does not exist, for whoever asks.
      try await fixture.mock.setTopicError(Topics.events, 3)
      try await fixture.with(try fixture.relay("b")) {
        #expect(try await eventually { fixture.healthStatus("relay-b") == .degraded })
        try await fixture.place("beta")
        try await Task.sleep(for: .seconds(4))
        #expect(try await fixture.store.suspension() == nil, "nobody knows yet")
        try await fixture.mock.setTopicError(Topics.events, 0)
        #expect(try await eventually { try await fixture.store.suspension() != nil })
      }
      #expect(try await fixture.records(of: Topics.desired(zone: "z0")).count == before)
    }
  }

  @Test func `zones are published to as soon as what was told is found in order`() async throws {
    try await run { fixture in
      try await fixture.mock.setTopicError(Topics.events, 3)
      try await fixture.with(try fixture.relay("b")) {
        try await fixture.place("beta")
        #expect(try await eventually { fixture.healthStatus("relay-b") == .degraded })
        try await fixture.mock.setTopicError(Topics.events, 0)
        try await fixture.expectPublished()
        #expect(try await eventually { fixture.healthStatus("relay-b") == .pass })
      }
    }
  }
}

/// Two operators, one of whom alone decides nothing.
private struct TwoOperators {
  private let policy: PolicySpec

  init(_ fixture: ServerFixture) async throws {
    for name in ["anfsi", "dtnum"] {
      _ = try await fixture.store.put(
        .operator(Resource(name, OperatorSpec(displayName: name, representatives: [.init(subject: name)]))),
        context: someone)
    }
    var policy = try #require(try await fixture.store.policyInForce()).spec
    policy.governance = .init(quorum: 1)
    _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
    self.policy = policy
  }

  /// Proposes, and votes.
  func propose(in store: GovernanceStore) async throws {
    let dtnum = BoardActor(principal: "user:dtnum", operator: "dtnum", subject: "dtnum")
    let id = try await store.draft(policy.renamed("Autre"), by: dtnum, context: someone).proposal.id
    _ = try await store.act(
      .proposed(motive: LocalizedText(fr: "Il le faut"), effectiveAt: nil), on: id, by: dtnum, context: someone)
    _ = try await store.act(
      .voted(.for, reason: nil, withoutImpact: true), on: id,
      by: BoardActor(principal: "user:anfsi", operator: "anfsi", subject: "anfsi"), context: someone)
  }
}

extension PolicySpec {
  fileprivate func renamed(_ title: String) -> PolicySpec {
    var copy = self
    copy.title = LocalizedText(fr: title)
    return copy
  }
}

extension ServerFixture {
  fileprivate func isAnchored() async throws -> Bool {
    let waiting = try await count("SELECT count(*) FROM audit_entries WHERE position IS NULL")
    let (head, anchored) = try await store.auditHead()
    return waiting == 0 && head.position == anchored
  }

  /// Runs `body` beside the database as it is now, which is brought back later, on the same bus.
  fileprivate func restored(_ body: (ServerFixture) async throws -> Void) async throws {
    let server = try await PostgresServer.shared()
    let rows = try await pool.withConnection { try await $0.query("SELECT current_database()::text AS name") }
    let name = try #require(try rows.first?.decode(String.self, "name"))
    let copy = try PostgresServer.configuration(try await server.copy(of: name).url)
    // The pool's connections were cut off.
    #expect(try await eventually { (try? await store.epoch()) != nil })
    try await PostgresPool.withPool(copy, logger: KafkaBroker.quiet) { pool in
      try await body(
        ServerFixture(
          store: GovernanceStore(pool: pool, logger: KafkaBroker.quiet), pool: pool, database: copy, mock: mock,
          bus: bus, topics: topics, telemetry: Telemetry(component: "governance", build: BuildInfo(version: "0")),
          signer: signer))
    }
  }

  /// Puts a fact on the bus, as a life that is lost has.
  fileprivate func tell(
    _ fact: PolicyVersionFact, signer other: EventSigner? = nil, isSigned: Bool = true
  ) async throws {
    let event = try BusCodec.event(
      fact: try BusCodec.encode(fact), type: PolicyVersionFact.type, key: fact.key, signer: other ?? signer,
      source: "/regie/governance", id: UUID().uuidString.lowercased(), time: Timestamp(Date()))
    try await send(event, isSigned: isSigned)
  }

  fileprivate func tell(_ anchor: AuditAnchor) async throws {
    try await send(
      try BusCodec.event(
        anchor: anchor, signer: signer, source: "/regie/governance", id: UUID().uuidString.lowercased(),
        time: Timestamp(Date())))
  }

  private func send(_ event: CloudEvent, isSigned: Bool = true) async throws {
    let headers = event.headers.filter { isSigned || !$0.name.contains(BusCodec.signatureAttribute) }
    try await send([
      KafkaMessage(
        topic: Topics.events, key: Array(event.subject.utf8), value: event.data,
        headers: headers.map { KafkaHeader($0.name, $0.value) })
    ])
  }

  fileprivate func anchors() async throws -> [KafkaRecord] {
    try await records(of: Topics.events).filter { $0.key?.starts(with: Array("audit/".utf8)) ?? false }
  }
}
