import Events
import Foundation
import Kubernetes
import Model
import SimulatedCluster
import Testing

@testable import Agent

/// What a cluster answers to the agent's orders, and what becomes of it.
@Suite(.timeLimit(.minutes(5)))
struct ClusterRefusalTests {
  @Test(arguments: [nil, "00000000-0000-4000-8000-00000000ffff"])
  func `a namespace that is somebody else's is left as it is, and that is said`(owner: String?) async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      let labels = owner.map { ["regie.cloud-pi-native.fr/placement": $0] } ?? ["team": "theirs"]
      let client = rig.clients[0].client
      let made = try await client.create(
        Namespace(metadata: ObjectMeta(name: state.namespace, labels: labels)))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is told") { $0.says(ConditionType.applied) == "False NamespaceTaken" }
      }
      let there = try await client.get(ObjectPath(.namespaces, state.namespace), as: Namespace.self)
      #expect(there.metadata.labels == made.metadata.labels && there.metadata.uid == made.metadata.uid)
      let quota = ObjectPath(.resourceQuotas, "regie-quota", in: state.namespace)
      await #expect(throws: KubernetesError.self) { try await client.get(quota, as: ResourceQuota.self) }
    }
  }

  @Test func `a label taken off while the agent was away does not make its namespace another's`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
      }
      let path = ObjectPath(.namespaces, state.namespace)
      let label = "regie.cloud-pi-native.fr/placement"
      let bare: [String: [String: [String: String?]]] = ["metadata": ["labels": [label: String?.none]]]
      _ = try await rig.clients[0].client.patch(path, merge: bare, as: Namespace.self)
      try await rig.withAgent { seen in
        try await seen.placement("it is ready again") {
          $0.incarnation > 1_000 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      let there = try await rig.clients[0].client.get(path, as: Namespace.self)
      #expect(there.metadata.labels?[label] == state.placement.uuidString.lowercased())
    }
  }

  @Test(arguments: [(403, "Forbidden"), (409, "Conflict"), (422, "Invalid"), (500, "ClusterUnavailable")])
  func `a refusal is told by its reason, and overcome when it ends`(status: Int, reason: String) async throws {
    try await AgentRig.with { rig in
      rig.clusters[0].inject(.status(status), requests: .max, method: "PATCH")
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("the reason is told") { $0.says(ConditionType.applied) == "False \(reason)" }
        rig.clusters[0].clearFaults()
        try await seen.placement("it comes through") { $0.says(ConditionType.ready).hasPrefix("True") }
      }
    }
  }

  private static var frozen: DesiredState {
    var state = AgentRig.state(1, revision: 2)
    state.phase = .frozen
    return state
  }

  /// A 409 of anything else than another object's having the name: as a webhook's, or one that nothing explains.
  @Test(arguments: [(Fault.denial(409), "Forbidden"), (.status(409), "Conflict")])
  func `a namespace that is refused with 409 holds up no freeze`(fault: Fault, reason: String) async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      try await rig.withAgent { seen in
        try await rig.publish(AgentRig.state(1))
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let namespace = AgentRig.state(1).namespace
        rig.clusters[0].inject(fault, requests: .max, method: "PATCH", path: "/api/v1/namespaces/\(namespace)")
        try await rig.publish(Self.frozen)
        try await seen.placement("the refusal is told") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False \(reason)"
        }
        try await eventually("no pod is let in") {
          try await client.get(ResourceQuota.self, "regie-quota", in: namespace).spec?.hard?["pods"] == "0"
        }
        let reasons = Set(seen.placements.map { $0.says(ConditionType.applied) })
        #expect(!reasons.contains("False NamespaceChanged"))
        rig.clusters[0].clearFaults()
        try await seen.placement("it comes through") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
    }
  }

  @Test func `beside an object that is refused for good, what is deleted is put back at once`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      let quotas = "/api/v1/namespaces/\(state.namespace)/resourcequotas"
      rig.clusters[0].inject(.status(422), requests: .max, method: "PATCH", pathPrefix: quotas)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("the refusal is told") { $0.says(ConditionType.applied) == "False Invalid" }
        let begun = ContinuousClock.now
        let (_, asked) = try await rig.clusters[0].requests {
          try await Self.expectReturn(of: "regie-default-deny", in: state.namespace, rig.clients[0].client)
        }
        // Were it put back along with what is refused, that would be tried each time, and three times for certain.
        let attempts = asked.count { $0.method == "PATCH" && $0.path.hasPrefix(quotas) }
        let due = [5, 15, 35, 75].count { .seconds($0) < ContinuousClock.now - begun }
        #expect(attempts < max(3, due + 2), "what is refused was tried \(attempts) times, \(due) of them in its turn")
      }
    }
  }

  /// Somebody deletes a policy, in the midst of the wait: 5 s, then 10, 20 and 40.
  private static func expectReturn(of name: String, in namespace: String, _ client: KubernetesClient) async throws {
    let path = ObjectPath(.networkPolicies, name, in: namespace)
    for _ in 0..<4 {
      let before = try await client.get(path, as: NetworkPolicy.self).metadata.uid
      try await client.delete(path)
      try await eventually("\(name) is back") {
        let there = try? await client.get(path, as: NetworkPolicy.self).metadata.uid
        return there != nil && there != before
      }
    }
  }

  @Test func `one object that is refused for good keeps none of the others from being there`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      let base = "/api/v1/namespaces/\(state.namespace)/limitranges"
      let policies = "/apis/networking.k8s.io/v1/namespaces/\(state.namespace)/networkpolicies"
      rig.clusters[0].inject(.status(403), requests: .max, method: "PATCH", pathPrefix: base)
      // The client asks again a moment later, when the refusal is there already.
      rig.clusters[0].inject(.status(503), requests: 2, method: "PATCH", pathPrefix: policies)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("the refusal is told") { $0.says(ConditionType.applied) == "False Forbidden" }
        // It may be told while the others are on their way.
        let query = ListQuery(namespace: state.namespace)
        try await eventually("the others are there") {
          try await rig.clients[0].client.list(NetworkPolicy.self, query).items.count == 2
        }
      }
    }
  }
}
