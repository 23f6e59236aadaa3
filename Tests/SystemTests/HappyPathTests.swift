import Contract
import Events
import Model
import TestSupport
import Testing

extension SystemSuite {
  @Suite(.timeLimit(.minutes(6))) struct HappyPathTests {}
}

extension SystemSuite.HappyPathTests {
  @Test func `decisions become namespaces on simulated clusters`() async throws {
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large, "c2": Offered.large])) { system in
      try await playMainJob(system)
    }
  }

  @Test(.enabled(if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)))
  func `decisions become namespaces on a real API server`() async throws {
    try await SystemUnderTest.run(.init(usesRealCluster: true)) { system in
      try await playMainJob(system)
    }
  }

  private func playMainJob(_ system: SystemUnderTest) async throws {
    let governance = try await system.startGovernance()
    let agent = try await system.startAgent()
    try await system.declareOffer(to: governance.api)
    for number in 1...3 {
      let decision = try await governance.api.place(Offered.project("projet\(number)", environments: ["prod", "dev"]))
      try #require(decision.placements.count == 2)
    }
    try await system.settle(governance.api, 6)

    // A second revision of one of them, and the same once more: nothing changes by asking again.
    let bigger = Offered.project("projet1", cpu: 2, environments: ["prod", "dev"])
    try #require(try await governance.api.place(bigger).placements.allSatisfy { $0.spec.revision == 2 })
    try await system.settle(governance.api, 6)
    try #require(try await governance.api.place(bigger).changed == false)

    for program in [governance.program, agent.program] { try #require(try await program.stop() == 0) }
  }
}
