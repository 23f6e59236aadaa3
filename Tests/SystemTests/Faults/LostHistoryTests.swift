import Contract
import Events
import Foundation
import Kafka
import KafkaMock
import Model
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The bus forgets what was said: agents ask for it again, and remove nothing because it is absent.
  @Suite(
    .timeLimit(.minutes(6)), .enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  struct LostHistoryTests {}
}

extension SystemSuite.LostHistoryTests {
  @Test func `an agent that comes after its topic wrapped round asks for a republication and recovers`() async throws {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      try await system.declareOffer(to: governance.api)
      for number in 1...6 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await eventually("the bus has it") {
        try await system.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
      }
      // Long ago, so that a leader that begins anew, since its lock was late to answer, has no reason to say it again.
      try await system.withDatabase {
        _ = try await $0.execute("UPDATE outbox SET attempted_at = attempted_at - interval '1 day'")
      }
      try await system.wrapRound(system.desiredTopic)
      try #require(try await system.desiredStates().isEmpty)

      _ = try await system.startAgent()
      try await system.settle(governance.api, 6)
      // An answer that is long on its way lets the agent ask for some of it once more, by the zone's record.
      let pleas = try await system.count(
        "SELECT count(*) FROM republications WHERE placements = 6 AND reason LIKE '%offset%'")
      try #require(pleas >= 1)
    }
  }

  @Test func `an agent that falls behind until its place is gone asks for a republication and recovers`() async throws {
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      let agent = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      for number in 1...3 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 3)

      agent.program.signal(SIGSTOP)
      for number in 2...5 { _ = try await governance.api.place(Offered.project("projet\(number)", cpu: 2)) }
      try await eventually("the bus has it") {
        try await system.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
      }
      try await system.wrapRound(system.desiredTopic)
      agent.program.signal(SIGCONT)

      try await system.settle(governance.api, 5)
      try #require(try await system.count("SELECT count(*) FROM republications") >= 1)
      let history = try #require(system.histories["c1"])
      try history.expectForwardOnly()
      try history.expectNothingLost()
    }
  }

  /// The whole bus is lost, with both topics and the consumers' places in them, and a new one is empty.
  @Test func `an agent that finds its topic empty removes nothing, asks for a republication, and recovers`()
    async throws
  {
    let second = try MockBroker()
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let before = (try await system.startGovernance(as: "governance-1"), try await system.startAgent(as: "agent-1"))
      try await system.declareOffer(to: before.0.api)
      let edited = try #require(try await before.0.api.place(Offered.project("projet1")).placements.first)
      for number in 2...4 { _ = try await before.0.api.place(Offered.project("projet\(number)")) }
      try await system.settle(before.0.api, 4)
      for program in [before.0.program, before.1.program] { try await program.killNow() }
      // Long ago, so that the relay has no reason of its own to say it again.
      try await system.withDatabase {
        _ = try await $0.execute("UPDATE outbox SET attempted_at = attempted_at - interval '1 day'")
      }
      try await system.editQuota(of: edited, on: cluster)

      let bus = ["KAFKA_BOOTSTRAP_SERVERS": second.bootstrapServers]
      let governance = try await system.startGovernance(as: "governance-2", bus)
      _ = try await system.startAgent(as: "agent-2", bus)
      try await eventually("the edit is undone, by an agent that had forgotten what was decided") {
        try await system.hard("requests.cpu", of: edited, on: cluster) == edited.spec.quota.cpu
      }
      let pleas = try await system.withDatabase { connection in
        try await connection.query("SELECT reason, placements FROM republications ORDER BY answered_at").map {
          "\(try $0.decode(String.self, at: 0)): \(try $0.decode(Int64.self, at: 1))"
        }
      }
      // The first agent may have pleaded at a topic that did not exist yet, and was told of nothing. The second finds
      // either no topic, or one in which the new leader has put the zone's record and nothing of what that says.
      try #require(pleas.contains { $0.hasSuffix(": 4") }, "\(pleas)")
      _ = try await governance.api.place(Offered.project("projet5"))
      try await system.settle(governance.api, 5, checksOrder: false)
      let history = try #require(system.histories["c1"])
      try history.expectForwardOnly()
      try history.expectNothingLost()
    }
    await second.stop()
  }
}

extension SystemUnderTest {
  /// Writes so much into a topic that the mock, which keeps 5 MiB of each partition, forgets all that was there.
  func wrapRound(_ topic: String) async throws {
    let ballast = [UInt8](repeating: UInt8(ascii: "-"), count: 500_000)
    // Subjects that agents know and that say nothing to them.
    let messages = (0..<64).map { KafkaMessage(topic: topic, key: Array("cluster/ballast-\($0)".utf8), value: ballast) }
    let ends = try await watermarks(of: topic).mapValues(\.high)
    for _ in 0..<10 {
      try await put(messages)
      if try await watermarks(of: topic).allSatisfy({ $0.value.low >= ends[$0.key] ?? 0 }) { return }
    }
    throw NotSeen(description: "\(topic) did not wrap round")
  }

  private func watermarks(of topic: String) async throws -> [Int32: KafkaWatermarks] {
    let consumer = try KafkaConsumer(configuration: busConfiguration, topic: topic, start: .end, logger: Self.quiet)
    let watermarks = try await consumer.watermarks(within: .seconds(60))
    await consumer.close(within: .seconds(5))
    return watermarks
  }
}
