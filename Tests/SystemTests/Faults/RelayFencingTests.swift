import Contract
import Foundation
import Kafka
import KafkaMock
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The relay's leader is stopped (SIGSTOP) and wakes again (protocol rule 9): a lock alone would not hold.
  @Suite(.timeLimit(.minutes(3))) struct RelayFencingTests {}
}

extension SystemSuite.RelayFencingTests {
  /// The records are in its producer's queue when it is stopped. It wakes while its successor waits them out, when the
  /// library still sends them; or long after, when newer ones are on the bus.
  @Test(.enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)), arguments: [true, false])
  func `a leader that is stopped with records in flight puts nothing back when it wakes`(wakesEarly: Bool) async throws
  {
    try await SystemUnderTest.run { system in
      let broker = try #require(system.broker)
      let settings = ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "4s"]
      let instances = [
        try await system.startGovernance(as: "governance-1", settings),
        try await system.startGovernance(as: "governance-2", settings),
        try await system.startGovernance(as: "governance-3", settings),
      ]
      _ = try await system.startAgent()
      try await system.declareOffer(to: instances[0].api)
      for number in 1...5 { _ = try await instances[0].api.place(Offered.project("projet\(number)")) }
      try await system.settle(instances[0].api, 5)
      let stopped = try #require(try await system.leader(among: instances))
      let others = instances.filter { $0.program.pid != stopped.program.pid }

      try await broker.setDown()
      for number in 1...5 { _ = try await stopped.api.place(Offered.project("projet\(number)", cpu: 2)) }
      try await eventually("the leader has records in flight") {
        try await system.count(
          "SELECT count(DISTINCT placement) FROM outbox WHERE published_at IS NULL AND attempts > 0") == 5
      }
      stopped.program.signal(SIGSTOP)
      for number in 1...5 { _ = try await others[0].api.place(Offered.project("projet\(number)", cpu: 3)) }
      try await broker.setUp()
      try await eventually("another leads") { try await system.leader(among: others) != nil }
      if !wakesEarly { try await system.settle(others[0].api, 5) }

      stopped.program.signal(SIGCONT)
      try await stopped.program.waitForOutput("This instance leads the relay no longer")
      try await system.settle(others[0].api, 5)
      _ = try await others[0].api.place(Offered.project("projet1", cpu: 4))
      try await system.settle(others[0].api, 5)
      try #require(try await stopped.api.status("/readyz") == 200)
      try system.histories["c1"]?.expectForwardOnly()
    }
  }

  @Test func `leaders that are stopped and woken at random under load never put a placement back`() async throws {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run { system in
      let all = [
        try await system.startGovernance(
          as: "governance-1", ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "1s"]),
        try await system.startGovernance(
          as: "governance-2", ["REGIE_RELAY_LEASE": "1s", "REGIE_MESSAGE_TIMEOUT": "1s"]),
      ]
      let instances = Instances(all)
      _ = try await system.startAgent()
      try await system.declareOffer(to: all[0].api)
      let rounds = SystemSuite.rounds(3)
      let load = Load(instances: instances, clients: 4)
      async let asking: Void = load.run()
      for _ in 1...rounds {
        try await dice.pause(50...500)
        guard let victim = try await system.leader(among: all) else { continue }
        victim.program.signal(SIGSTOP)
        try await eventually("another leads") {
          try await system.leader(among: all.filter { $0.program.pid != victim.program.pid }) != nil
        }
        // Somewhere while its successor waits, queues again, or publishes.
        try await dice.pause(0...2_500)
        victim.program.signal(SIGCONT)
      }
      load.finish()
      try await asking
      try await system.settle(all[0].api, load.placements)
      try #require(try await system.count("SELECT count(*) FROM decisions") == load.decisions, "seed \(dice.seed)")
      try system.histories["c1"]?.expectForwardOnly()
    }
  }
}
