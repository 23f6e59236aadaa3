import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// What happens while a watch is broken, and what the server has forgotten by the time that it could go on.
@Suite(.timeLimit(.minutes(5)))
struct RelistServiceTests {
  @Test func `what was applied and deleted while nobody watched is made again after the new list`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("it is in place") { $0.says(ConditionType.ready).hasPrefix("True") }
        let (cluster, client) = (rig.clusters[0], rig.clients[0].client)
        cluster.inject(.status(503), requests: .max, method: "GET", pathPrefix: "/api/v1/resourcequotas")
        cluster.dropWatches()
        let state = AgentRig.state(1, revision: 2, cpu: 5)
        try await rig.publish(state)
        try await seen.placement("the answer alone tells that it is applied") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "True Applied"
        }
        let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: state.namespace)
        try await client.delete(path)
        cluster.compact()
        cluster.clearFaults()
        try await eventually("it is made again") {
          (try? await client.get(path, as: ResourceQuota.self))?.spec?.hard?["requests.cpu"] == "5"
        }
        try await seen.placement("and in force") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
    }
  }
}
