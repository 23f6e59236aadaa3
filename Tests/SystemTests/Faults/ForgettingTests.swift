import Contract
import Events
import Foundation
import Kafka
import Model
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// Placements that were removed long ago are forgotten by the bus and by agents, and stay removed (protocol rule 11).
  @Suite(.timeLimit(.minutes(6))) struct ForgettingTests {}
}

extension SystemSuite.ForgettingTests {
  private static let soon = ["REGIE_PLACEMENT_RETENTION": "1s"]

  /// Waits until centre and agent know of so many placements and no others, and agree on what the bus holds.
  private func agree(_ count: Int, _ governance: Governance, _ system: SystemUnderTest) async throws {
    try await eventually("\(count) placements are known, and no others") {
      let status = try await governance.api.agents().first?.status
      try demand(try await system.count("SELECT count(*) FROM published_states") == Int64(count), "the centre's books")
      try demand(status?.zoneRecord?.count == count, "the agent's book counts \(status?.zoneRecord?.count ?? -1)")
      try demand(status?.zoneRecord?.verdict == .matching, "\(status?.zoneRecord?.verdict.rawValue ?? "")")
      try demand(status?.clusters.first?.placements == count, "the agent's machines")
      try demand(status?.orphans?.count ?? 0 == 0, "orphans")
      return true
    }
  }

  private func remove(_ numbers: some Sequence<Int>, _ governance: Governance) async throws {
    for number in numbers {
      let answer = try await governance.api.askToRemove("projet\(number)")
      try #require(answer.status == 202, "\(answer.text)")
    }
  }

  private func tombstones(of topic: String, _ system: SystemUnderTest) async throws -> Int {
    Set(try await system.records(of: topic).filter(\.isTombstone).compactMap(\.key)).count
  }

  @Test func `both ends forget what was removed, through lives of both, and a replayed state brings nothing back`()
    async throws
  {
    try await SystemUnderTest.run { system in
      var governance = try await system.startGovernance(as: "governance-1", Self.soon)
      var agent = try await system.startAgent(as: "agent-1")
      try await system.declareOffer(to: governance.api)
      for number in 1...6 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 6)
      let old = try await system.records(of: system.desiredTopic).filter {
        if case .placement? = Topics.subject(ofKey: $0.key ?? []) { true } else { false }
      }
      try await remove(1...3, governance)
      try await agree(3, governance, system)
      try #require(try await tombstones(of: system.desiredTopic, system) == 3)
      try await eventually("the reports are forgotten, too") {
        try await tombstones(of: system.observedTopic, system) == 3
      }
      try #require(try await governance.api.capacity().first?.committed.cpu == 3000)

      // An agent that begins with what a topic shows that is not compacted yet.
      try await agent.program.killNow()
      agent = try await system.startAgent(as: "agent-2")
      try await agree(3, governance, system)
      // A leader that begins with what the database knows.
      try await governance.program.killNow()
      governance = try await system.startGovernance(as: "governance-2", Self.soon)
      _ = try await governance.api.place(Offered.project("projet7"))
      try await agree(4, governance, system)
      try #require(try await system.count("SELECT count(*) FROM epoch WHERE suspended_at IS NOT NULL") == 0)

      // All that was ever said of them, and forged tombstones of what stands.
      try await system.put(old.map(system.copy))
      let alive = Set(
        try await governance.api.placements().filter { $0.spec.phase != .removed }.map(\.spec.id))
      try await system.put(
        alive.map { KafkaMessage(topic: system.desiredTopic, key: Topics.key(placement: $0), value: nil, headers: []) })
      try await eventually("the tombstones are told") {
        try await governance.api.agents().first?.status.refusedRecords == Int64(alive.count)
      }
      _ = try await governance.api.place(Offered.project("projet8"))
      try await agree(5, governance, system)
      try await system.settle(governance.api, 5, checksOrder: false)
      try #require(try await system.count("SELECT count(*) FROM epoch WHERE suspended_at IS NOT NULL") == 0)
    }
  }

  @Test func `programs that die at random while projects come and go forget what is gone and keep what is not`()
    async throws
  {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run { system in
      var governance = try await system.startGovernance(as: "governance-0", Self.soon)
      var agent = try await system.startAgent(as: "agent-0")
      try await system.declareOffer(to: governance.api)
      let projects = 8
      for number in 0..<projects { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      for death in 1...SystemSuite.rounds(4) {
        for number in 0..<projects where Bool.random(using: &dice) {
          if Bool.random(using: &dice) {
            _ = try await governance.api.place(Offered.project("projet\(number)"))
          } else {
            _ = try await governance.api.askToRemove("projet\(number)")
          }
        }
        try await dice.pause(0...2500)
        if Bool.random(using: &dice) {
          try await agent.program.killNow()
          agent = try await system.startAgent(as: "agent-\(death)", waits: Bool.random(using: &dice))
        } else {
          try await governance.program.killNow()
          governance = try await system.startGovernance(as: "governance-\(death)", Self.soon)
        }
      }
      for number in 0..<projects {
        if number % 2 == 0 {
          _ = try await governance.api.place(Offered.project("projet\(number)"))
        } else {
          _ = try await governance.api.askToRemove("projet\(number)")
        }
      }
      try await agree(projects / 2, governance, system)
      try await system.eventuallyEndState(governance.api, projects / 2)
      try #require(try await system.count("SELECT count(*) FROM epoch WHERE suspended_at IS NOT NULL") == 0)
    }
  }
}
