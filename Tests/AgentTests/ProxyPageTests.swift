import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// What stands before an API server answers 404 with a page of its own, and that is no proof that something is not there.
@Suite(.timeLimit(.minutes(5)))
struct ProxyPageTests {
  private static func removal() -> DesiredState {
    var state = AgentRig.state(1, revision: 2)
    state.phase = .removed
    state.notBefore = Timestamp(Date())
    return state
  }

  /// What is asked before a namespace is deleted: for itself, and for the volume claims in it.
  @Test(arguments: ["", "/persistentvolumeclaims"])
  func `a page instead of an answer ends no removal`(part: String) async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let name = AgentRig.state(1).namespace
        // Until that is told: of what passes in the fraction of a second after which it is asked again, a busy reporter
        // has only the later word to send.
        rig.clusters[0].inject(
          .page(404), requests: .max, method: "GET", pathPrefix: "/api/v1/namespaces/\(name)\(part)")
        try await rig.publish(Self.removal())
        try await seen.placement("it is asked again") { $0.says(ConditionType.applied) == "False ClusterUnavailable" }
        rig.clusters[0].clearFaults()
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        let error = await #expect(throws: KubernetesError.self) {
          try await rig.clients[0].client.get(Namespace.self, name)
        }
        #expect(error?.kind == .notFound, "what is told is so")
      }
    }
  }

  @Test func `a page instead of the memory is no memory that is empty`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let state = AgentRig.state(1)
      try await client.ensureNamespace("regie-system")
      try await client.create(
        ConfigMap(
          metadata: ObjectMeta(name: "regie-memory-z1-0", namespace: "regie-system"),
          data: [state.placement.uuidString.lowercased(): "1.7 removed"]))
      rig.clusters[0].inject(
        .page(404), requests: .max, method: "GET",
        pathPrefix: "/api/v1/namespaces/regie-system/configmaps/regie-memory")
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("nothing is done") {
          $0.says(ConditionType.applied) == "False MemoryUnavailable"
        }
        rig.clusters[0].clearFaults()
        try await seen.placement("once it could be read it is refused") {
          $0.says(ConditionType.refused) == "True Outdated"
        }
        await #expect(throws: KubernetesError.self) { try await client.get(Namespace.self, state.namespace) }
      }
    }
  }
}
