import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// Mode `observe` by the whole agent: looked at, told, and never written to.
@Suite(.timeLimit(.minutes(5)))
struct ObserveServiceTests {
  private static func state(
    _ revision: Int64 = 1, _ phase: PlacementPhase = .active, placement: UUID? = nil
  ) -> DesiredState {
    var state = AgentRig.state(1, revision: revision, cluster: "theirs", placement: placement)
    state.mode = .observe
    state.phase = phase
    if phase == .removed { state.notBefore = Timestamp(Date()) }
    return state
  }

  private func quota(_ cpu: String) -> ResourceQuota {
    ResourceQuota(
      metadata: ObjectMeta(name: "dso-quota", namespace: Self.state().namespace),
      spec: .init(hard: ["requests.cpu": cpu, "limits.cpu": cpu, "requests.memory": "8Gi", "limits.memory": "8Gi"]))
  }

  @Test func `what stands, what differs and what is gone is told, and nothing is kept there`()
    async throws
  {
    try await AgentRig.with(clusters: ["home", "theirs"], rules: ["theirs": ClusterRules(.observe)]) { rig in
      let owner = rig.clients[1].client
      try await rig.publish(Self.state())
      try await rig.withAgent { seen in
        try await seen.placement("nothing is there") {
          $0.says(ConditionType.awaitingOwner) == "True NamespaceMissing"
        }
        try await owner.create(Namespace(metadata: ObjectMeta(name: Self.state().namespace)))
        try await seen.placement("the quota is missing") { $0.says(ConditionType.awaitingOwner) == "True QuotaDiffers" }
        try await owner.apply(quota("4"), fieldManager: "owner")
        try await seen.placement("it is as decided") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        try await owner.apply(quota("40"), fieldManager: "owner")
        let drifted = try await seen.placement("it has drifted") {
          $0.says(ConditionType.drifted) == "True Reported"
        }
        #expect(
          drifted.drifts.contains { $0.manager == "owner" && $0.live == "40" && $0.wanted == "4" }, "\(drifted.drifts)")
        let beat = try await seen.agent("no pod is offered there") { $0.clusters.count == 2 }
        #expect(beat.clusters[1].conformity == nil && beat.clusters[1].name == "theirs")
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("its removal is a task") { $0.says(ConditionType.applied) == "False AwaitingOwner" }
        try await owner.delete(ObjectPath(.namespaces, Self.state().namespace))
        try await seen.placement("it is gone") { $0.says(ConditionType.applied) == "True Removed" }
      }
      let memory = try await rig.clients[0].client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
      #expect(memory.data?[Self.state().placement.uuidString.lowercased()] == "1.2 removed")
      let spaces = try await owner.list(Namespace.self).items.compactMap(\.value.metadata.name)
      #expect(!spaces.contains("regie-system") && !spaces.contains("regie-probe"))
    }
  }

  private static let next = UUID()

  /// Whether nothing is asked for any more of the first from the report on that says that it is removed.
  private static func staysDone(_ reports: [ObservedState]) -> Bool {
    reports.filter { $0.placement == state().placement && $0.observedRevision == 2 }
      .drop { $0.says(ConditionType.applied) != "True Removed" }
      .allSatisfy { $0.says(ConditionType.awaitingOwner) == "False Done" }
  }

  @Test func `a namespace that the next placement has is not to be removed for the one before it`() async throws {
    try await AgentRig.with(clusters: ["home", "theirs"], rules: ["theirs": ClusterRules(.observe)]) { rig in
      let owner = rig.clients[1].client
      try await owner.create(Namespace(metadata: ObjectMeta(name: Self.state().namespace)))
      try await owner.apply(quota("4"), fieldManager: "owner")
      try await rig.publish(Self.state())
      try await rig.withAgent { seen in
        try await seen.placement("it is as decided") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("its removal is a task") {
          $0.says(ConditionType.awaitingOwner) == "True NamespaceStands"
        }
        try await rig.publish(Self.state(placement: Self.next))
        try await seen.placement("the task is none any more") {
          $0.placement == Self.state().placement && $0.says(ConditionType.applied) == "True Removed"
            && $0.says(ConditionType.awaitingOwner) == "False Done"
        }
        try await seen.placement("who came next has the namespace") {
          $0.placement == Self.next && $0.says(ConditionType.ready) == "True QuotaEnforced"
        }
        try await rig.publish(Self.state(2, .removed, placement: Self.next))
        try await seen.placement("it is asked for by who had it last") {
          $0.placement == Self.next && $0.says(ConditionType.awaitingOwner) == "True NamespaceStands"
        }
        try await owner.delete(ObjectPath(.namespaces, Self.state().namespace))
        try await seen.placement("it is gone") {
          $0.placement == Self.next && $0.says(ConditionType.applied) == "True Removed"
        }
        #expect(Self.staysDone(seen.placements))
      }
    }
  }

  @Test func `what the cluster remembers of a time in which it was written to still holds`() async throws {
    try await AgentRig.with(clusters: ["home", "theirs"], rules: ["theirs": ClusterRules(.observe)]) { rig in
      let owner = rig.clients[1].client
      try await owner.ensureNamespace("regie-system")
      try await owner.create(
        ConfigMap(
          metadata: ObjectMeta(name: "regie-memory-z1-0", namespace: "regie-system"),
          data: [Self.state().placement.uuidString.lowercased(): "1.7 removed"]))
      try await rig.publish(Self.state(6))
      try await rig.withAgent { seen in
        try await seen.placement("the replayed state is refused") {
          $0.says(ConditionType.refused) == "True Outdated"
        }
      }
    }
  }
}
