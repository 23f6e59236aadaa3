import Events
import Foundation
import Kafka
import KafkaMock
import Postgres
import Telemetry
import Testing
import Trail

@testable import Server
@testable import Store

/// The sealer and its anchors, on a real database and Kafka's wire protocol.
@Suite(.timeLimit(.minutes(3)))
struct AuditSealerTests {
  @Test func `entries are sealed as they are committed, and the head is anchored, signed, without facts`() async throws
  {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.sealer()) {
        _ = try await fixture.settledHead()
        try await fixture.place("alpha")
        _ = try await fixture.settledHead()
        let head = try await fixture.store.auditHead().head
        #expect(try await eventually { try await fixture.store.auditHead().anchoredPosition == head.position })
        let newest = try #require(try await fixture.anchors().map(\.anchor).max { $0.position < $1.position })
        #expect(
          newest
            == AuditAnchor(
              epoch: 1, position: head.position, link: head.linkText, count: head.position, pseudonymsFrom: 1))
        for record in try await fixture.anchors().map(\.record) {
          let text = String(decoding: record.value ?? [], as: UTF8.self) + "\(record.headers)"
          for fact in ["alpha", "z0", "test:someone"] { #expect(!text.contains(fact)) }
        }
        // The anchor is in the database first.
        #expect(try await eventually { fixture.healthStatus("anchor-a") == .pass })
        // What is sealed is in the database before that is told.
        #expect(try await eventually { fixture.healthStatus("audit-a") == .pass })
      }
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test func `many commits make few anchors`() async throws {
    try await ServerFixture.run { fixture in
      let began = ContinuousClock.now
      try await fixture.with(try fixture.sealer()) {
        for number in 0..<30 { try await fixture.place("p\(number)") }
        let head = try await fixture.settledHead()
        #expect(try await eventually { try await fixture.store.auditHead().anchoredPosition == head.position })
      }
      let took = ContinuousClock.now - began
      let anchors = try await fixture.anchors()
      // Timestamps are the machine's; the rests between anchors are at least the interval.
      let times = anchors.compactMap(\.record.timestampMilliseconds).sorted()
      // As many as there were intervals, and one: a busy machine may take longer for a commit than that.
      #expect(anchors.count <= Int(took / AuditAnchorer.interval) + 1)
      #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 900 }, "\(times)")
    }
  }

  @Test func `a bus that is away keeps nothing from being sealed, and the newest head is anchored afterwards`()
    async throws
  {
    try await ServerFixture.run { fixture in
      try await fixture.mock.setDown()
      try await fixture.with(try fixture.sealer()) {
        try await fixture.place("alpha")
        _ = try await fixture.settledHead()
        #expect(try await eventually { fixture.healthStatus("anchor-a") == .degraded })
        // What is sealed is in the database before that is told.
        #expect(try await eventually { fixture.healthStatus("audit-a") == .pass })
        try await fixture.place("beta")
        let head = try await fixture.settledHead()
        #expect(try await fixture.store.auditHead().anchoredPosition == 0)
        try await fixture.mock.setUp()
        #expect(
          try await eventually {
            try await fixture.store.auditHead().anchoredPosition == head.position
          })
        #expect(try await eventually { fixture.healthStatus("anchor-a") == .pass })
      }
    }
  }

  @Test func `several instances, one of which loses its lock, make one chain`() async throws {
    try await ServerFixture.run { fixture in
      let sealers = try ["a", "b", "c"].map { try fixture.sealer($0) }
      try await fixture.with(sealers[0], sealers[1], sealers[2]) {
        for round in 0..<6 {
          try await fixture.place("p\(round)")
          if round % 2 == 0 { try await fixture.cut(holderOf: StoreLocks.auditSealer) }
        }
        _ = try await fixture.settledHead()
      }
      let verification = try await fixture.store.verifyAudit()
      #expect(verification.isSound && verification.unsealed == 0)
    }
  }

  /// A stopped process holds its lock for ever; its silence gives it away.
  @Test func `a holder of the lock that says nothing is ended by those who wait`() async throws {
    try await ServerFixture.run { fixture in
      try await PostgresConnection.withConnection(fixture.database) { stopped in
        _ = try await stopped.query("SELECT pg_advisory_lock(\(StoreLocks.auditSealer))")
        var sealer = try fixture.sealer()
        sealer.holderPatience = Campaign.longestSilence
        try await fixture.with(sealer) {
          _ = try await fixture.settledHead()
        }
      }
      #expect(try await fixture.store.verifyAudit().isSound)
    }
  }

  @Test func `a chain that was tampered with is told by health, and is not written over`() async throws {
    try await ServerFixture.run { fixture in
      try await fixture.with(try fixture.sealer()) {
        _ = try await fixture.settledHead()
        try await fixture.pool.withConnection {
          try await $0.script(
            "UPDATE audit_chain SET position = 1, link = (SELECT link FROM audit_entries WHERE position = 1)")
        }
        try await fixture.place("alpha")
        #expect(try await eventually { fixture.healthStatus("audit-a") == .degraded })
      }
      #expect(try await fixture.store.verifyAudit().findings.map(\.kind) == [.head])
    }
  }
}

extension ServerFixture {
  fileprivate func unsealed() async throws -> Int64 {
    try await count("SELECT count(*) FROM audit_entries WHERE position IS NULL")
  }

  /// The head once nothing waits.
  fileprivate func settledHead() async throws -> AuditHead {
    #expect(try await eventually { try await unsealed() == 0 })
    return try await store.auditHead().head
  }

  /// All anchors on the bus, verified as an auditor would.
  fileprivate func anchors() async throws -> [(anchor: AuditAnchor, record: KafkaRecord)] {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: Topics.events).map { record in
      let anchor = try BusCodec.anchor(
        key: try #require(record.key), headers: record.headers.map { CloudEvent.Header($0.name, $0.value) },
        data: try #require(record.value), verifier: verifier)
      return (anchor, record)
    }
  }
}
