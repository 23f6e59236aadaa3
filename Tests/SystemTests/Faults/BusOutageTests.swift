import Contract
import Events
import Foundation
import KafkaMock
import Model
import NIOHTTP1
import Postgres
import TestSupport
import Testing

extension SystemSuite {
  /// The bus goes away while decisions are taken.
  @Suite(
    .timeLimit(.minutes(6)), .enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  struct BusOutageTests {}
}

extension SystemSuite.BusOutageTests {
  /// Longer than the bus may take for one message, several times over: each attempt times out and is made again.
  @Test func `decisions taken while the bus is away all arrive, in order, when it is back`() async throws {
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large, "c2": Offered.large])) { system in
      let broker = try #require(system.broker)
      let governance = try await system.startGovernance()
      let agent = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      for number in 1...3 { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      try await system.settle(governance.api, 3)

      try await broker.setDown()
      let load = Load(instances: Instances([governance]), clients: 4)
      try await load.run(wishes: 5)
      try await eventually("the outage shows") {
        let health = try await governance.api.send(.GET, "/health")
        return health.status == 200 && health.text.contains(#""health":"degraded""#)
          && health.headers.first(name: "content-type") == "application/problem+json"
      }
      try await governance.program.waitForOutput("The bus did not take a state", times: 4)
      // Some may have been held too long to be sent at all.
      try await governance.program.waitForOutput("MSG_TIMED_OUT")
      try #require(try await governance.api.status("/readyz") == 200)
      try #require(try await agent.api.status("/readyz") == 200)
      _ = try await governance.api.place(Offered.project("projet1", cpu: 4))
      try #require(try await governance.api.placements().filter(\.status.ready).count < 3 + load.placements)

      try await broker.setUp()
      try await system.settle(governance.api, 3 + load.placements)
      try #require(try await system.count("SELECT count(*) FROM decisions") == load.decisions + 4)
      try await eventually("the service is well again") {
        try await governance.api.send(.GET, "/health").headers.first(name: "content-type") == "application/json"
      }
      for history in system.histories.values {
        try history.expectForwardOnly()
        try history.expectNothingLost()
      }
    }
  }

  /// Nothing is declared, so that nothing is read or published either that would show it.
  @Test func `a service says that the bus is well once it has answered, and not before`() async throws {
    try await SystemUnderTest.run { system in
      let broker = try #require(system.broker)
      try await broker.setDown()
      let governance = try await system.startGovernance()
      let before = try await governance.api.send(.GET, "/health").text
      for check in ["kafka", "kafka-observed", "kafka-events", "kafka-facts"] {
        try #require(before.contains(#""\#(check)":{"status":"#), "\(before)")
        try #require(!before.contains(#""\#(check)":{"status":"pass""#), "\(before)")
      }
      try await broker.setUp()
      try await eventually("every check passes") {
        try await governance.api.send(.GET, "/health").headers.first(name: "content-type") == "application/json"
      }
    }
  }

  @Test func `agents go on undoing changes made by hand while the bus is away`() async throws {
    try await SystemUnderTest.run { system in
      let broker = try #require(system.broker)
      let governance = try await system.startGovernance()
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let decision = try await governance.api.place(Offered.project("annuaire"))
      try await system.settle(governance.api, 1)
      let placement = try #require(decision.placements.first)

      try await broker.setDown()
      try await system.editQuota(of: placement, on: system.clusters[0])
      try await eventually("the edit is undone") {
        try await system.hard("requests.cpu", of: placement, on: system.clusters[0]) == placement.spec.quota.cpu
      }
      try await broker.setUp()
      try await eventually("the drift is reported") {
        try await governance.api.placements().first?.status.observed?.drifts.last?.correctedAt != nil
      }
      try await system.settle(governance.api, 1)
    }
  }
}
