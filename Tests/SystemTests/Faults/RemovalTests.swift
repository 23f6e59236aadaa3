import Contract
import Events
import Foundation
import Kubernetes
import Model
import NIOHTTP1
import TestSupport
import Testing

extension SystemSuite {
  /// From the request for a removal to the capacity that is free again.
  @Suite(.timeLimit(.minutes(6))) struct RemovalTests {}
}

extension SystemSuite.RemovalTests {
  private func remove(_ project: String, _ api: TestAPI, _ body: String = "{}") async throws {
    let answer = try await api.askToRemove(project, body)
    try #require(answer.status == 202, "\(answer.text)")
  }

  @Test func `a removal gives the capacity back once the namespace is gone, and not before`() async throws {
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance()
      _ = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let placement = try #require(try await governance.api.place(Offered.project("projet1")).placements.first)
      _ = try await governance.api.place(Offered.project("projet2"))
      try await system.settle(governance.api, 2)

      // A finalizer of somebody else's holds the end up.
      let path = ObjectPath(.namespaces, placement.spec.namespace)
      _ = try await cluster.client.patch(
        path, merge: ["metadata": ["finalizers": ["team/held"]]], as: Namespace.self)
      try await remove("projet1", governance.api)
      try await eventually("it is being deleted") {
        try await cluster.client.get(path, as: Namespace.self).metadata.deletionTimestamp != nil
      }
      try await eventually("that is told") {
        let view: PlacementView = try await governance.api.send(.GET, "/api/v1/placements/\(placement.spec.id)")
          .decode()
        return view.status.observed?.conditions.contains { $0.reason == "NamespaceTerminating" } == true
      }
      try #require(try await governance.api.capacity().first?.committed.cpu == 2000)
      _ = try await cluster.client.patch(
        path, merge: ["metadata": ["finalizers": [String]()]], as: Namespace.self)
      try await eventually("the capacity is free") {
        try await governance.api.capacity().first?.committed.cpu == 1000
      }
      try await system.eventuallyEndState(governance.api, 1)
    }
  }

  @Test func `agents that die at random while projects come and go leave everything as decided`() async throws {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run { system in
      let governance = try await system.startGovernance()
      var agent = try await system.startAgent(as: "agent-0")
      try await system.declareOffer(to: governance.api)
      let projects = 8
      for number in 0..<projects { _ = try await governance.api.place(Offered.project("projet\(number)")) }
      for death in 1...SystemSuite.rounds(5) {
        // Some go, and some that went are called back.
        for number in 0..<projects where Bool.random(using: &dice) {
          if Bool.random(using: &dice) {
            _ = try await governance.api.place(Offered.project("projet\(number)"))
          } else {
            let body = #"{"delaySeconds": \#(Int.random(in: 0...1, using: &dice))}"#
            _ = try await governance.api.askToRemove("projet\(number)", body)
          }
        }
        try await dice.pause(0...700)
        try await agent.program.killNow()
        agent = try await system.startAgent(as: "agent-\(death)", waits: Bool.random(using: &dice))
      }
      for number in 0..<projects {
        if number % 2 == 0 {
          _ = try await governance.api.place(Offered.project("projet\(number)"))
        } else {
          _ = try await governance.api.askToRemove("projet\(number)")
        }
      }
      try await eventually("all that was given up is free") {
        try await governance.api.capacity().first?.committed.cpu == Int64(projects / 2) * 1000
      }
      try await system.eventuallyEndState(governance.api, projects / 2)
    }
  }
}
