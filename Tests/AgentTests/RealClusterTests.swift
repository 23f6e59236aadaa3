import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import TestSupport
import Testing

@testable import Agent

/// The agent on a real API server, with exactly the rights that `deploy/` gives it.
@Suite(
  .enabled(
    if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)),
  .timeLimit(.minutes(5)))
struct RealClusterTests {
  /// Runs `body` with an agent's parts, its rights in place, and the administrator's client.
  private func withRights(_ body: @Sendable (AgentRig, KubernetesClient) async throws -> Void) async throws {
    let server = try await KubernetesServer.shared()
    let admin = try KubernetesConfiguration.kubeconfig(paths: [server.adminKubeconfigPath])
    try await AgentRightsTests.deploy(server)
    let agent = try await AgentRightsTests.configuration(server)
    try await KubernetesClient.withClient(admin) { admin in
      try await AgentRig.with(clusters: [], real: agent) { rig in try await body(rig, admin) }
    }
  }

  private func state(
    _ number: UInt8, _ phase: PlacementPhase = .active, revision: Int64 = 1, takesVolumes: Bool? = nil
  ) -> DesiredState {
    var state = AgentRig.state(number, revision: revision, cluster: "real")
    state.phase = phase
    if phase == .removed {
      state.notBefore = Timestamp(Date())
      state.removePersistentVolumes = takesVolumes
    }
    return state
  }

  private func pod(_ name: String, in namespace: String) -> Pod {
    Pod(
      metadata: ObjectMeta(name: name, namespace: namespace),
      spec: .init(
        containers: [
          Container(
            name: "c", image: "scratch",
            securityContext: .init(
              runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: .init(drop: ["ALL"])))
        ],
        automountServiceAccountToken: false, securityContext: .init(seccompProfile: .init(type: "RuntimeDefault"))))
  }

  private func isRefused(_ pod: Pod, dryRun: Bool = true, _ client: KubernetesClient) async throws -> Bool {
    do {
      try await client.create(pod, dryRun: dryRun)
      return false
    } catch let error as KubernetesError where error.kind == .forbidden && error.message.contains("exceeded quota") {
      return true
    }
  }

  @Test func `frozen: no new pod comes in, and a lost one may come back`() async throws {
    try await withRights { rig, admin in
      let active = state(201)
      try await rig.withAgent { seen in
        try await rig.publish(active)
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        // Admission wants the namespace's service account, which the controller manager makes.
        let account = ObjectPath(
          APIResource(group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", isNamespaced: true),
          "default", in: active.namespace)
        try await eventually("the service account is there") {
          (try? await admin.get(account, as: JSONValue.self)) != nil
        }
        for name in ["one", "two"] { try await admin.create(pod(name, in: active.namespace)) }
        // The quota's controller hears of pods in its own time, too, and the count that it is asked for next is kept.
        try await admin.create(
          ResourceQuota(
            metadata: ObjectMeta(name: "counting", namespace: active.namespace), spec: .init(hard: ["pods": "100"])))
        try await eventually("both are counted") {
          try await admin.get(ResourceQuota.self, "counting", in: active.namespace).status?.used?["pods"] == "2"
        }
        // Admission refuses pods otherwise as long as it knows of that quota, and not of its count.
        try await eventually("and admission goes by that") {
          (try? await isRefused(pod("three", in: active.namespace), admin)) == false
        }
        try await rig.publish(state(201, .frozen, revision: 2))
        try await seen.placement("it is frozen") {
          $0.phase == .frozen && $0.says(ConditionType.ready).hasPrefix("True")
        }
        let quota = try await admin.get(ResourceQuota.self, DesiredObjects.quotaName, in: active.namespace)
        #expect(quota.spec?.hard?["pods"] == "2")
        // Admission hears of the quota in its own time.
        try await eventually("no new pod comes in") { try await isRefused(pod("three", in: active.namespace), admin) }
        try await admin.delete(ObjectPath(.pods, "one", in: active.namespace))
        try await eventually("a lost pod comes back") {
          try await !isRefused(pod("one", in: active.namespace), dryRun: false, admin)
        }
        // The quota's controller counts in its own time, and may at first count the lost pod alone.
        try await eventually("and no other") { try await isRefused(pod("three", in: active.namespace), admin) }
        try await rig.publish(state(201, revision: 3))
        try await seen.placement("it is active again") {
          $0.observedRevision == 3 && $0.says(ConditionType.ready).hasPrefix("True")
        }
        try await eventually("new pods come in") { try await !isRefused(pod("three", in: active.namespace), admin) }
        let memory = try await admin.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
        #expect(memory.data?[active.placement.uuidString.lowercased()] == "1.3 active")
      }
      try await admin.delete(ObjectPath(.namespaces, active.namespace))
    }
  }

  @Test func `removed: volumes hold it, giving them up removes all of it, and the end is told`() async throws {
    try await withRights { rig, admin in
      let active = state(202)
      try await rig.withAgent { seen in
        try await rig.publish(active)
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let claim = ObjectPath(.persistentVolumeClaims, "data-0", in: active.namespace)
        let body: JSONValue = .object([
          "metadata": .object(["name": .string("data-0")]),
          "spec": .object([
            "accessModes": .array([.string("ReadWriteOnce")]),
            "resources": .object(["requests": .object(["storage": .string("1Gi")])]),
          ]),
        ])
        try await admin.apply(body, to: claim, fieldManager: "team", as: JSONValue.self)
        try await rig.publish(state(202, .removed, revision: 2))
        let held = try await seen.placement("it is held") { $0.says(ConditionType.applied) == "False VolumesHeld" }
        #expect(held.conditions.first?.message.contains("data-0") == true)
        #expect(try await admin.get(Namespace.self, active.namespace).metadata.deletionTimestamp == nil)
        // An Event comes on its own, and may be later than the report.
        try await eventually("it is told in the namespace too") {
          let events = try await admin.list(Kubernetes.Event.self, ListQuery(namespace: active.namespace)).items
          return events.contains { $0.value.reason == "VolumesHeld" }
        }
        try await rig.publish(state(202, .removed, revision: 3, takesVolumes: true))
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        await #expect(throws: KubernetesError.self) { try await admin.get(Namespace.self, active.namespace) }
      }
    }
  }
}
