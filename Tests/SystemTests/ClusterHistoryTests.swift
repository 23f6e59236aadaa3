import Foundation
import Kubernetes
import SimulatedCluster
import Testing

extension SystemSuite {
  /// What the other tests judge clusters by: what saw nothing has nothing to say for them.
  @Suite(.timeLimit(.minutes(6))) struct ClusterHistoryTests {}
}

extension SystemSuite.ClusterHistoryTests {
  @Test func `a history of nothing satisfies no check`() {
    let history = ClusterHistory()
    #expect(throws: NotSeen.self) { try history.expectForwardOnly() }
    #expect(throws: NotSeen.self) { try history.expectNothingLost() }
    #expect(throws: NotSeen.self) { try history.expectWrittenOnce() }
  }

  @Test func `neither does one of objects without a version, nor one that is not watched any more`() async throws {
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let simulated = try #require(cluster.simulated)
      let history = try #require(system.histories["c1"])
      let labels = ["regie.cloud-pi-native.fr/placement": UUID().uuidString.lowercased()]
      try await cluster.client.create(Namespace(metadata: ObjectMeta(name: "projet", labels: labels)))
      try await eventually("it is seen") { !history.entries.isEmpty }
      try history.expectNothingLost()
      #expect(throws: NotSeen.self) { try history.expectNothingLost(of: "resourcequotas/") }
      #expect(throws: NotSeen.self) { try history.expectForwardOnly() }
      #expect(throws: NotSeen.self) { try history.expectWrittenOnce() }

      simulated.inject(.status(403), requests: .max, method: "GET")
      simulated.dropWatches()
      try await eventually("that it is not watched is told by each check") {
        do {
          try history.expectNothingLost()
          return false
        } catch is KubernetesError {
          return true
        }
      }
      simulated.clearFaults()
      try await eventually("it is watched again") {
        try history.expectNothingLost()
        return true
      }
    }
  }
}
