import Contract
import Crypto
import Events
import Foundation
import Kafka
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// Records that somebody else put on the bus, and such as come twice or out of order.
  @Suite(.timeLimit(.minutes(6))) struct HostileRecordsTests {}
}

extension SystemSuite.HostileRecordsTests {
  @Test func `states that are forged, unsigned, misplaced or inconsistent are refused, counted, told and not applied`()
    async throws
  {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      // A later life of the database, so that there is an earlier one to speak for.
      try await system.withDatabase { _ = try await $0.execute("UPDATE epoch SET epoch = 2") }
      try await system.declareOffer(to: governance.api)
      _ = try await governance.api.place(Offered.project("projet1"))
      _ = try await governance.api.place(Offered.project("projet2"))
      // On an empty topic an agent asks for everything anew, and what comes then behind a forgery is one refusal more.
      try await eventually("the bus has it") {
        try await system.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
      }
      let agent = try await system.startAgent()
      try await system.settle(governance.api, 2)
      let versions = try await system.versions(on: system.clusters[0])
      let states = try await system.desiredStates()
      let forged = try system.forgeries(of: try #require(states.first), beside: try #require(states.last))

      for (_, message) in forged { try await system.put([message]) }
      try await eventually("each is refused and told") {
        try await governance.api.agents().first?.status.refusedRecords == Int64(forged.count)
      }
      try #require(try await governance.api.agents().first?.status.lastRefusal?.isEmpty == false)
      for (reason, count) in Dictionary(grouping: forged, by: \.reason).mapValues(\.count) {
        let series = #"regie_agent_refused_records_total{reason="\#(reason.rawValue)"}"#
        try #require(try await agent.api.send(.GET, "/metrics").text.contains("\(series) \(count)\n"), "\(series)")
      }

      // Signed by the right key, and older: such are late, and change nothing.
      var old = try #require(states.first)
      (old.epoch, old.revision, old.quota.cpu) = (1, 99, Quantity(60))
      try await system.put([try system.message(old, signer: system.signer)])
      _ = try await governance.api.place(Offered.project("projet3"))
      try await system.settle(governance.api, 3, checksOrder: false)
      let now = try await system.versions(on: system.clusters[0])
      try #require(versions.allSatisfy { now[$0.key] == $0.value })
      try #require(system.histories["c1"]).expectForwardOnly()
      try #require(system.histories["c1"]).expectWrittenOnce()
    }
  }

  /// U+0000 can be in no text of the database: neither side may hand it on, nor stop at it.
  @Test func `records with U+0000 on both topics hold up no placement`() async throws {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      _ = try await governance.api.place(Offered.project("projet1"))
      try await system.settle(governance.api, 1)
      let state = try #require(try await system.desiredStates().first)
      let genuine = try system.message(state, signer: system.signer)
      func with(_ name: String, _ value: String) -> KafkaMessage {
        var copy = genuine
        copy.headers = genuine.headers.map { $0.name == name ? KafkaHeader(name, Array(value.utf8)) : $0 }
        return copy
      }
      // The second is a signature's header that names its algorithm so: what the agent would quote.
      let algorithm = Data(#"{"alg":"\u0000","kid":"x"}"#.utf8).base64EncodedString().replacing("=", with: "")
      try await system.put([with("ce_type", "x\u{0}"), with("ce_signature", "\(algorithm)..AAAA")])
      try await eventually("both are refused and told, in words that can be stored") {
        let status = try await governance.api.agents().first?.status
        return status?.refusedRecords == 2 && status?.lastRefusal?.contains(#"“\u0000”"#) == true
      }

      // What an agent of an older version would have made of them.
      let beat = AgentStatus(
        zone: state.zone, incarnation: .max, sequence: 1, version: "0", at: Timestamp(Date()), snapshotComplete: true,
        lastRefusal: "\u{0}", clusters: [])
      let event = try BusCodec.event(agent: beat, source: "/tests", id: "1", time: Timestamp(Date()))
      try await system.put([
        KafkaMessage(
          topic: system.observedTopic, key: Topics.key(agentOf: state.zone), value: try BusCodec.encode(beat),
          headers: event.headers.map { KafkaHeader($0.name, $0.value) })
      ])
      try await eventually("governance refuses it") {
        let series = #"regie_status_refused_total{reason="malformed"} 1"#
        return try await governance.api.send(.GET, "/metrics").text.contains("\(series)\n")
      }
      _ = try await governance.api.place(Offered.project("projet2"))
      try await system.settle(governance.api, 2, checksOrder: false)
    }
  }

  @Test func `records that come twice and in reverse, on both topics, change nothing`() async throws {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      let agent = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let load = Load(instances: Instances([governance]), clients: 4)
      try await load.run(wishes: 5)
      try await system.settle(governance.api, load.placements)
      let versions = try await system.versions(on: system.clusters[0])
      let observed = try await governance.api.placements().map(\.status.observed?.order)

      for topic in [system.desiredTopic, system.observedTopic] {
        let records = try await system.records(of: topic)
        try await system.put(records.reversed().map { system.copy($0) } + records.map { system.copy($0) })
      }
      let offsets = try await system.records(of: system.observedTopic).count
      try await eventually("both have read it") {
        try await system.count("SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets") >= Int64(offsets)
      }
      // One more decision of each, behind all that.
      for client in 0..<4 { _ = try await governance.api.place(Offered.project("charge\(client)", cpu: 8)) }
      try await system.settle(governance.api, load.placements, checksOrder: false)
      // What is older than what was accepted before it is told.
      try await eventually("older words after newer ones are told") {
        try await governance.api.agents().first?.status.refusedRecords ?? 0 > 0
      }
      for (before, after) in zip(observed, try await governance.api.placements().map(\.status.observed?.order)) {
        let (before, after) = (try #require(before), try #require(after))
        try #require(before.lexicographicallyPrecedes(after))
      }
      let now = try await system.versions(on: system.clusters[0])
      try #require(Set(now.keys) == Set(versions.keys))
      try #require(system.histories["c1"]).expectForwardOnly()
      try #require(system.histories["c1"]).expectWrittenOnce()

      // And an agent that reads all of it from the start.
      try await agent.program.killNow()
      _ = try await system.startAgent(as: "agent-2")
      try await system.settle(governance.api, load.placements, checksOrder: false)
      try #require(try await system.versions(on: system.clusters[0]) == now)
    }
  }
}

extension ObservedState {
  /// What orders reports.
  fileprivate var order: [Int64] { [incarnation, sequence] }
}

extension SystemUnderTest {
  /// Records that would give a project sixty cores if they were believed, each false in another way.
  fileprivate func forgeries(
    of state: DesiredState, beside other: DesiredState
  ) throws -> [(reason: EventRejection.Reason, message: KafkaMessage)] {
    var wished = state
    wished.revision += 100
    wished.quota.cpu = Quantity(60)
    let genuine = try message(wished, signer: signer)
    func altered(_ change: (inout KafkaMessage) -> Void) -> KafkaMessage {
      var copy = genuine
      change(&copy)
      return copy
    }
    func without(_ name: String) -> KafkaMessage { altered { $0.headers.removeAll { $0.name == name } } }
    var elsewhere = wished
    elsewhere.zone = "ailleurs"
    var contradiction = state
    contradiction.quota.cpu = Quantity(60)
    var nobody = wished
    nobody.epoch = 0
    return [
      (.unknownKey, try message(wished, signer: EventSigner(Curve25519.Signing.PrivateKey()))),
      (.unsigned, without("ce_signature")),
      (.badSignature, altered { $0.value = $0.value.map { [UInt8(ascii: " ")] + $0 } }),
      (.wrongZone, try message(elsewhere, signer: signer)),
      (.mismatch, altered { $0.key = Topics.key(placement: other.placement) }),
      (.mismatch, without("ce_revision")),
      (.mismatch, try message(contradiction, signer: signer)),
      (.malformed, try message(nobody, signer: signer)),
      (.malformed, without("ce_type")),
      (.malformed, altered { $0.key = Array("n’importe quoi".utf8) }),
    ]
  }
}
