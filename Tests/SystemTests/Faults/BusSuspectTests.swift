import Contract
import Events
import Foundation
import Kafka
import KafkaMock
import Kubernetes
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The zone's record, from the relay to the agent and back to whoever looks at the centre.
  @Suite(
    .timeLimit(.minutes(6)), .enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  struct BusSuspectTests {}
}

extension SystemSuite.BusSuspectTests {
  @Test func `records are few, signed, behind what they cover, and each agent finds what they say`() async throws {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let load = Load(instances: Instances([governance]), clients: 4)
      try await load.run(wishes: 8)
      try await system.settle(governance.api, load.placements)
      try await eventually("the agent finds all of it") {
        let agreement = try await governance.api.agents().first?.status.zoneRecord
        let sequence = try await system.count("SELECT sequence FROM zone_records")
        return agreement?.verdict == .matching && agreement?.count == load.placements && agreement?.sequence == sequence
      }
      try await eventually("the record covers all") {
        try await system.zoneRecords().last?.count == load.placements
      }
      let records = try await system.zoneRecords()
      try #require(!records.isEmpty && records.count < Int(load.decisions))
      try #require(records.map(\.sequence) == records.map(\.sequence).sorted())
      let last = try #require(records.last)
      try #require(last.count == load.placements && last.epoch == 1)
    }
  }

  @Test
  func `an agent that comes after its topic was partly lost notices, removes nothing, and asks for what is missing`()
    async throws
  {
    let second = try MockBroker()
    try await SystemUnderTest.run { system in
      let before = (try await system.startGovernance(as: "governance-1"), try await system.startAgent(as: "agent-1"))
      try await system.declareOffer(to: before.0.api)
      for number in 1...4 { _ = try await before.0.api.place(Offered.project("projet\(number)")) }
      try await system.settle(before.0.api, 4)
      try await eventually("the record covers all") { try await system.zoneRecords().last?.count == 4 }
      let records = try await system.records(of: system.desiredTopic)
      for program in [before.0.program, before.1.program] { try await program.killNow() }
      try await system.withDatabase {
        _ = try await $0.execute("UPDATE outbox SET attempted_at = attempted_at - interval '1 day'")
      }
      let lost = try #require(records.first { $0.key?.count == 36 })
      try await system.put(records.filter { $0.key != lost.key }.map { system.copy($0) }, on: second)

      let bus = ["KAFKA_BOOTSTRAP_SERVERS": second.bootstrapServers]
      let governance = try await system.startGovernance(as: "governance-2", bus)
      _ = try await system.startAgent(as: "agent-2", bus)
      // No offset is missing, so nothing but the record can have told; again where the answer was long on its way.
      try await eventually("the bucket that lacks a state is asked for and published") {
        try await system.count(
          "SELECT count(*) FROM republications WHERE reason LIKE '%1 of 256 buckets' AND placements >= 1")
          >= 1
      }
      try await eventually("the agent finds what the record says, and the centre says so") {
        let agreement = try await governance.api.agents().first?.status.zoneRecord
        let suspects = try await governance.api.metric("regie_zones_bus_suspect")
        return agreement?.verdict == .matching && agreement?.count == 4 && suspects == 0
      }
      try await system.settle(governance.api, 4, checksOrder: false)
      let history = try #require(system.histories["c1"])
      try history.expectNothingLost()
    }
    await second.stop()
  }

  /// Nobody answers what the agent asks for: the bus stays as it is.
  @Test func `while the bus is suspect, no removal is carried out that is signed and due`() async throws {
    let second = try MockBroker()
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance()
      let before = try await system.startAgent(as: "agent-1")
      try await system.declareOffer(to: governance.api)
      for number in 1...4 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 4)
      try await eventually("the record covers all") { try await system.zoneRecords().last?.count == 4 }
      let records = try await system.records(of: system.desiredTopic)
      let states = try await system.desiredStates()
      for program in [governance.program, before.program] { try await program.killNow() }

      let lost = try #require(states.first).placement
      let key = Topics.key(placement: lost)
      // Of another bucket: what is newer than the zone's record is under way, and hides what else its bucket lacks.
      var removal = try #require(states.last { DigestBook.bucket(of: $0.placement) != DigestBook.bucket(of: lost) })
      (removal.phase, removal.notBefore) = (.removed, removal.decidedAt)
      removal.revision += 1
      let rest = records.filter { $0.key != key }.map { system.copy($0) }
      let order = try system.message(removal, signer: system.signer)
      try await system.put(rest + [order], on: second)
      let placement = removal.placement
      let namespace = ObjectPath(.namespaces, removal.namespace)
      let made = try await cluster.client.get(namespace, as: Namespace.self).metadata.uid

      _ = try await system.startAgent(as: "agent-2", ["KAFKA_BOOTSTRAP_SERVERS": second.bootstrapServers])
      try await eventually("the bus is suspect, and that holds the removal up") {
        let told = try await system.observations(on: second)
        let isSuspect = told.agents.contains { $0.zoneRecord?.verdict == .suspect }
        let removals = told.placements.filter { $0.placement == placement && $0.phase == .removed }
        let reasons = removals.flatMap(\.conditions).filter { $0.type == ConditionType.applied }.map(\.reason)
        return isSuspect && reasons.contains("BusSuspect")
      }
      let there = try await cluster.client.get(namespace, as: Namespace.self).metadata
      try #require(there.uid == made && there.deletionTimestamp == nil)
      try #require(system.histories["c1"]).expectNothingLost()
    }
    await second.stop()
  }
}

extension SystemUnderTest {
  /// What agents of the zone have told on another bus.
  fileprivate func observations(
    on other: MockBroker
  ) async throws -> (placements: [ObservedState], agents: [AgentStatus]) {
    var (placements, agents): ([ObservedState], [AgentStatus]) = ([], [])
    for record in try await records(of: observedTopic, at: other.bootstrapServers) {
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      switch try BusCodec.observation(key: record.key ?? [], headers: headers, data: record.value ?? [], zone: zone) {
      case .placement(let state): placements.append(state)
      case .agent(let status): agents.append(status)
      }
    }
    return (placements, agents)
  }

  /// Puts records on another bus, on which there is nothing yet.
  fileprivate func put(_ messages: [KafkaMessage], on other: MockBroker) async throws {
    for topic in [desiredTopic, observedTopic] {
      try await other.createTopic(topic, partitions: Int(Topics.partitions))
    }
    var configuration = busConfiguration
    configuration.bootstrapServers = other.bootstrapServers
    try await KafkaProducer.withProducer(configuration: configuration, logger: Self.quiet) { producer in
      for result in await producer.send(messages) { _ = try result.get() }
    }
  }

  /// The records of the zone that the desired topic holds, each as an agent would believe it.
  func zoneRecords() async throws -> [ZoneRecord] {
    let verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    return try await records(of: desiredTopic).compactMap { record in
      guard let value = record.value, case .zone = Topics.subject(ofKey: record.key ?? []) else { return nil }
      return try BusCodec.zoneRecord(
        key: record.key ?? [], headers: record.headers.map { CloudEvent.Header($0.name, $0.value) }, data: value,
        zone: zone, verifier: verifier)
    }
  }
}
