import Contract
import Foundation
import Kafka
import KafkaMock
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The service dies by `kill -9`, at the worst moments and at any.
  @Suite(.timeLimit(.minutes(6))) struct GovernanceCrashTests {}
}

extension SystemSuite.GovernanceCrashTests {
  @Test(.enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  func `what was committed but not published when the service died is published by its next life`() async throws {
    try await SystemUnderTest.run { system in
      let broker = try #require(system.broker)
      let first = try await system.startGovernance(as: "governance-1")
      _ = try await system.startAgent()
      try await system.declareOffer(to: first.api)
      _ = try await first.api.place(Offered.project("ancien"))
      try await system.settle(first.api, 1)

      try await broker.setDown()
      for number in 1...3 { _ = try await first.api.place(Offered.project("projet\(number)")) }
      _ = try await first.api.place(Offered.project("ancien", cpu: 3))
      try await eventually("the relay has tried") {
        try await system.count(
          "SELECT count(DISTINCT placement) FROM outbox WHERE published_at IS NULL AND attempts > 0") == 4
      }
      try await first.program.killNow()
      // Not how many rows: what the agent has asked for at its beginning may be answered late, by one more of a state.
      let waiting = try await system.count("SELECT count(DISTINCT placement) FROM outbox WHERE published_at IS NULL")
      try #require(waiting == 4)
      try await broker.setUp()

      let second = try await system.startGovernance(as: "governance-2")
      try await system.settle(second.api, 4)
      try #require(try await system.count("SELECT count(*) FROM decisions") == 5)
      let history = try #require(system.histories["c1"])
      try history.expectForwardOnly()
      try history.expectWrittenOnce()
    }
  }

  @Test func `instances that die at random under load lose no decision and take none twice`() async throws {
    var dice = Dice()
    let clusters = ["c1": Offered.large, "c2": Offered.large]
    print("seed \(dice.seed)")
    try await SystemUnderTest.run(.init(clusters: clusters)) { system in
      let instances = Instances()
      for number in 1...3 { instances.add(try await system.startGovernance(as: "governance-\(number)")) }
      _ = try await system.startAgent()
      try await system.declareOffer(to: instances.all[0].api)
      let deaths = SystemSuite.rounds(5)
      let load = Load(instances: instances, clients: 6, environments: ["prod", "dev"])
      async let asking: Void = load.run()
      for death in 1...deaths {
        try await dice.pause(200...900)
        guard let victim = instances.all.randomElement(using: &dice) else { break }
        try await victim.program.killNow()
        instances.remove(victim)
        instances.add(try await system.startGovernance(as: "governance-\(3 + death)"))
      }
      load.finish()
      try await asking
      try await system.settle(instances.all[0].api, load.placements)
      try #require(try await system.count("SELECT count(*) FROM decisions") == load.decisions, "seed \(dice.seed)")
      for history in system.histories.values {
        try history.expectForwardOnly()
        try history.expectNothingLost()
      }
    }
  }
}
