import Contract
import Events
import Foundation
import Kubernetes
import Model
import Testing

extension SystemSuite {
  /// What the clusters' operator allows, whatever is decided.
  @Suite(.timeLimit(.minutes(6))) struct GuardTests {}
}

extension SystemSuite.GuardTests {
  @Test func `what the operator's file does not allow is refused, and nothing of it comes to be`() async throws {
    try await SystemUnderTest.run { system in
      let path = "\(system.folder)/guard.yaml"
      try Data("quota: {cpu: 2}\n".utf8).write(to: URL(fileURLWithPath: path))
      let governance = try await system.startGovernance()
      _ = try await system.startAgent(as: "agent", ["REGIE_GUARD_FILE": path])
      try await system.declareOffer(to: governance.api)
      let small = try #require(try await governance.api.place(Offered.project("projet1", cpu: 2)).placements.first)
      let large = try #require(try await governance.api.place(Offered.project("projet2", cpu: 3)).placements.first)
      try await eventually("the small one is in place, and the large one refused") {
        let placements = try await governance.api.placements()
        let isReady = placements.first { $0.spec.id == small.spec.id }?.status.ready
        let told = placements.first { $0.spec.id == large.spec.id }?.status.observed?.conditions ?? []
        let refusals = told.filter { $0.type == ConditionType.refused && $0.status == .yes }.map(\.reason)
        return isReady == true && refusals == ["GuardQuota"]
      }
      let namespaces = try await system.ownedNamespaces(system.clusters[0]).map { $0.metadata.name ?? "" }
      #expect(namespaces == [small.spec.namespace])
    }
  }
}
