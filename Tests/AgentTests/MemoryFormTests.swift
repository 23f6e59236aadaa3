import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import Testing

@testable import Agent

/// How what must never be forgotten is written down: so that an earlier release of the agent can read it too.
@Suite(.timeLimit(.minutes(5)))
struct MemoryFormTests {
  private static let shard = "regie-memory-z1-0"
  private static let placement = removal(1).placement.uuidString.lowercased()

  private static func removal(_ revision: Int64, in seconds: Double = -1) -> DesiredState {
    var state = AgentRig.state(1, revision: revision)
    state.phase = .removed
    state.notBefore = Timestamp(Date(timeIntervalSinceNow: seconds))
    state.removePersistentVolumes = true
    return state
  }

  private func memory(_ rig: AgentRig) async throws -> ConfigMap {
    try await rig.clients[0].client.get(ConfigMap.self, Self.shard, in: "regie-system")
  }

  private func remember(_ text: String, refused: String?, _ rig: AgentRig) async throws {
    let client = rig.clients[0].client
    try await client.ensureNamespace("regie-system")
    try await client.create(
      ConfigMap(
        metadata: ObjectMeta(
          name: Self.shard, namespace: "regie-system", annotations: refused.map { [Labels.refused: $0] }),
        data: [Self.placement: text]))
  }

  @Test func `what called a removal back and was refused is kept where an earlier release does not look`() async throws
  {
    try await AgentRig.with { rig in
      try await rig.publish(Self.removal(1, in: 3600))
      let policy = GuardPolicy(quota: ResourceList(cpu: Quantity(4)))
      try await rig.withAgent(guardPolicy: policy) { seen in
        try await seen.placement("the removal waits") { $0.observedRevision == 1 && $0.phase == .removed }
        try await rig.publish(AgentRig.state(1, revision: 2, cpu: 5))
        try await seen.placement("its recall is refused") {
          $0.observedRevision == 2 && $0.says(ConditionType.refused) == "True GuardQuota"
        }
        // What could not be recalled at first is not written down yet, and the removal is told all the same.
        try await eventually("it is written down") {
          let there = try? await memory(rig)
          return there?.metadata.annotations?[Labels.refused] == #"{"\#(Self.placement)":"1.2"}"#
        }
        #expect(try await memory(rig).data == [Self.placement: "1.1 removed"])
        try await rig.publish(AgentRig.state(1, revision: 3))
        try await seen.placement("a later one is in place") {
          $0.observedRevision == 3 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      let after = try await memory(rig)
      #expect(after.data == [Self.placement: "1.3 active"] && after.metadata.annotations?[Labels.refused] == nil)
    }
  }

  @Test(arguments: [("1.5 removed", #"{"PLACEMENT":"1.6"}"#), ("1.5 removed refused 1.6", nil)] as [(String, String?)])
  func `it holds the removal up in the next life, wherever it is written`(text: String, refused: String?) async throws {
    try await AgentRig.with { rig in
      try await remember(text, refused: refused?.replacing("PLACEMENT", with: Self.placement), rig)
      let client = rig.clients[0].client
      let made = try await client.create(
        Namespace(metadata: ObjectMeta(name: Self.removal(5).namespace, labels: [Labels.placement: Self.placement])))
      try await rig.publish(Self.removal(5))
      try await rig.withAgent { seen in
        try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True Outdated" }
      }
      #expect(try await client.get(Namespace.self, Self.removal(5).namespace).metadata == made.metadata)
    }
  }

  @Test(arguments: [nil, "1.1 active"] as [String?])
  func `a memory that is deleted or set back while the agent runs is made whole, for the next life`(text: String?)
    async throws
  {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.publish(Self.removal(2))
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        try await client.delete(ObjectPath(.configMaps, Self.shard, in: "regie-system"))
        if let text { try await remember(text, refused: nil, rig) }
        try await rig.publish(AgentRig.state(2))
        let other = AgentRig.state(2).placement
        try await seen.placement("the other is ready") {
          $0.placement == other && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      #expect(try await memory(rig).data?[Self.placement] == "1.2 removed")
      try await rig.withAnotherBus { rig in
        try await rig.publish(AgentRig.state(1))
        try await rig.withAgent { seen in
          try await seen.placement("a replay is refused") { $0.says(ConditionType.refused) == "True Outdated" }
        }
      }
    }
  }

  @Test func `what nobody remembers to have acted on any more is held by nothing`() async throws {
    try await AgentRig.with { rig in
      let other = "ffffffff-0000-4000-8000-000000000001"
      try await remember("1.1 active", refused: #"{"\#(other)":"1.6"}"#, rig)
      try await rig.publish(AgentRig.state(1, revision: 2))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
      }
      #expect(try await memory(rig).metadata.annotations?[Labels.refused] == nil)
    }
  }

  @Test(arguments: ["1.6", "{}{", #"{"PLACEMENT":6}"#, #"{"PLACEMENT":"six"}"#])
  func `an annotation that is not the agent's stops the cluster, and says where`(text: String) async throws {
    try await AgentRig.with { rig in
      try await remember("1.5 removed", refused: text.replacing("PLACEMENT", with: Self.placement), rig)
      try await rig.publish(AgentRig.state(1, revision: 6))
      try await rig.withAgent { seen in
        try await seen.agent("it is told") {
          $0.clusters.first?.message?.contains("regie-system/\(Self.shard), metadata.annotations.\(Labels.refused)")
            == true
        }
      }
      #expect(try await memory(rig).data == [Self.placement: "1.5 removed"])
    }
  }
}
