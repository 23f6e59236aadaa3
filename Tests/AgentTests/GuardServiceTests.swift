import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import Testing

@testable import Agent

/// The operator's guard, in the whole agent.
@Suite(.timeLimit(.minutes(5)))
struct GuardServiceTests {
  @Test func `what the operator does not allow is refused aloud, and what was accepted before stays`() async throws {
    try await AgentRig.with { rig in
      let policy = GuardPolicy(organisations: ["mi"], quota: ResourceList(cpu: Quantity(4)))
      try await rig.withAgent(guardPolicy: policy) { seen in
        try await seen.agent("the guard is told") { $0.guardPolicy == policy }
        let accepted = AgentRig.state(1)
        try await rig.publish(accepted)
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.publish(AgentRig.state(1, revision: 2, cpu: 5))
        let refused = try await seen.placement("the bigger one is refused") {
          $0.observedRevision == 2 && $0.says(ConditionType.refused) == "True GuardQuota"
        }
        let message = refused.conditions.first { $0.type == ConditionType.refused }?.message ?? ""
        #expect(message.contains("cpu “5”; accepted: at most 4"))
        var foreign = AgentRig.state(2)
        foreign.project.organisation = "men"
        try await rig.publish(foreign)
        let placement = foreign.placement
        try await seen.placement("the other organisation's is refused") {
          $0.placement == placement && $0.says(ConditionType.refused) == "True GuardOrganisation"
        }
        let client = rig.clients[0].client
        let quota = try await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: accepted.namespace)
        #expect(quota.spec?.hard?["requests.cpu"] == "4")
        let namespace = ObjectPath(.namespaces, foreign.namespace)
        await #expect(throws: KubernetesError.self) { try await client.get(namespace, as: Namespace.self) }
      }
    }
  }

  @Test func `a removal is carried out within the guard's ceiling, whatever quota it bears`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent(guardPolicy: GuardPolicy(quota: ResourceList(cpu: Quantity(4)))) { seen in
        try await rig.publish(AgentRig.state(1, cpu: 2))
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        var removal = AgentRig.state(1, revision: 2, cpu: 9)
        removal.phase = .removed
        removal.notBefore = Timestamp(Date() + 3_600)
        try await rig.publish(removal)
        try await seen.placement("the removal waits for its moment") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False RemovalWaiting"
        }
        let quota = try await rig.clients[0].client.get(
          ResourceQuota.self, DesiredObjects.quotaName, in: removal.namespace)
        #expect(quota.spec?.hard?["requests.cpu"] == "4" && quota.spec?.hard?["limits.cpu"] == "4")
      }
    }
  }
}
