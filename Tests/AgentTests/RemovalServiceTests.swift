import Crypto
import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import TestSupport
import Testing

@testable import Agent

/// Removal by the whole agent: only what was signed so, only what is ours, in steps that survive any end of the agent.
@Suite(.timeLimit(.minutes(5)))
struct RemovalServiceTests {
  private static func removal(
    _ number: UInt8 = 1, revision: Int64 = 2, epoch: Int64 = 1, after delay: Double = 0, takesVolumes: Bool? = nil
  ) -> DesiredState {
    var state = AgentRig.state(number, revision: revision)
    state.epoch = epoch
    state.phase = .removed
    state.notBefore = Timestamp(Date() + delay)
    state.removePersistentVolumes = takesVolumes
    return state
  }

  private func namespace(_ state: DesiredState, _ rig: AgentRig) async throws -> Namespace? {
    do {
      return try await rig.clients[0].client.get(Namespace.self, state.namespace)
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    }
  }

  private func claim(_ name: String, in namespace: String, _ rig: AgentRig) async throws {
    let path = ObjectPath(.persistentVolumeClaims, name, in: namespace)
    let body: [String: [String: String]] = ["metadata": ["name": name, "namespace": namespace]]
    _ = try await rig.clients[0].client.apply(body, to: path, fieldManager: "team", as: ConfigMap.self)
  }

  private func ready(_ state: DesiredState, _ rig: AgentRig, _ seen: Observations) async throws {
    try await rig.publish(state)
    // Another placement's report of the same revision says nothing of this one.
    try await seen.placement("revision \(state.revision) is ready") {
      $0.placement == state.placement && $0.observedRevision == state.revision
        && $0.says(ConditionType.ready).hasPrefix("True")
    }
  }

  private func removed(_ state: DesiredState, _ seen: Observations) async throws {
    try await seen.placement("revision \(state.revision) is removed") {
      $0.placement == state.placement && $0.observedRevision == state.revision && $0.phase == .removed
        && $0.says(ConditionType.applied) == "True Removed"
    }
  }

  @Test
  func `who has a namespace next is taken up once the one before is to be removed, in whatever order that is read`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await ready(AgentRig.state(1), rig, seen)
        let next = AgentRig.state(1, placement: AgentRig.state(2).placement)
        let (id, name) = (next.placement, next.namespace)
        try await rig.publish(next)
        try await seen.placement("the namespace is another's") {
          $0.placement == id && $0.says(ConditionType.refused) == "True NamespaceInUse"
        }
        try await rig.publish(Self.removal())
        try await removed(Self.removal(), seen)
        try await seen.placement("the next is in place") {
          $0.placement == id && $0.says(ConditionType.ready).hasPrefix("True")
        }
        let there = try await rig.clients[0].client.get(Namespace.self, name)
        #expect(there.metadata.labels?[Labels.placement] == id.uuidString.lowercased())
      }
    }
  }

  @Test func `a removal is carried out, and told once nothing is left`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        let state = AgentRig.state(1)
        try await ready(state, rig, seen)
        try await ready(AgentRig.state(2), rig, seen)
        try await rig.publish(Self.removal())
        try await removed(Self.removal(), seen)
        #expect(try await namespace(state, rig) == nil)
        #expect(try await namespace(AgentRig.state(2), rig) != nil, "the other is not touched")
        let memory = try await rig.clients[0].client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
        #expect(memory.data?[state.placement.uuidString.lowercased()] == "1.2 removed")
      }
    }
  }

  /// Who hears nothing of the centre does not hear either that a removal was cancelled.
  @Test func `nothing is removed before a record was read that was made after the moment, whatever clocks say`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.withAgent(now: { Timestamp(Date() + 3_600) }) { seen in
        try await ready(AgentRig.state(1), rig, seen)
        // The record is of before the moment, however late it is published.
        let before = Timestamp(Date())
        let removal = Self.removal(after: 5)
        try await rig.publish(removal, recordedAt: before)
        try await seen.placement("it waits") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False RemovalWaiting"
        }
        let moment = try #require(removal.notBefore)
        try await Task.sleep(for: .microseconds(moment.microseconds(since: Timestamp(Date())) + 1_000_000))
        let there = try #require(try await namespace(removal, rig))
        #expect(there.metadata.deletionTimestamp == nil)
        try await rig.publishRecord()
        try await removed(removal, seen)
        #expect(try await namespace(removal, rig) == nil)
      }
    }
  }

  /// Where the agent stands when it ends, by what the cluster does not let it do.
  enum Step: String, CaseIterable, CustomTestStringConvertible {
    case remembering, marking, deleting, deletingUnanswered
    var testDescription: String { rawValue }

    func hinder(_ cluster: SimulatedCluster, _ namespace: String) {
      let path = "/api/v1/namespaces/\(namespace)"
      switch self {
      case .remembering:
        cluster.inject(.status(503), requests: .max, method: "PUT", pathPrefix: "/api/v1/namespaces/regie-system")
      case .marking: cluster.inject(.status(503), requests: .max, method: "PATCH", pathPrefix: path)
      case .deleting: cluster.inject(.status(503), requests: .max, method: "DELETE", pathPrefix: path)
      case .deletingUnanswered: cluster.inject(.dropConnection, requests: .max, method: "DELETE", pathPrefix: path)
      }
    }

    var reason: String { self == .remembering ? "MemoryUnavailable" : "ClusterUnavailable" }
  }

  @Test(arguments: Step.allCases)
  func `an agent that ends in the middle of a removal is followed by one that completes it`(step: Step) async throws {
    try await AgentRig.with { rig in
      let removal = Self.removal()
      try await rig.withAgent { seen in
        try await ready(AgentRig.state(1), rig, seen)
        step.hinder(rig.clusters[0], removal.namespace)
        try await rig.publish(removal)
        try await seen.placement("it stands still") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False \(step.reason)"
        }
      }
      #expect(try await namespace(removal, rig) != nil)
      rig.clusters[0].clearFaults()
      try await rig.withAgent { seen in try await removed(removal, seen) }
      #expect(try await namespace(removal, rig) == nil)
      // And once more: there is nothing to do, and the same is told.
      try await rig.withAgent { seen in
        try await seen.placement("the next life says the same") {
          $0.incarnation > 1_001 && $0.says(ConditionType.applied) == "True Removed"
        }
      }
    }
  }

  /// What looks into a deletion on the server's side, as a webhook whose own look-up fails, has its code passed on.
  @Test(arguments: [Fault.status(404), .denial(404)])
  func `a deletion that is refused with 404 ends no removal`(fault: Fault) async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        let state = AgentRig.state(1)
        try await ready(state, rig, seen)
        let path = "/api/v1/namespaces/\(state.namespace)"
        rig.clusters[0].inject(fault, requests: .max, method: "DELETE", pathPrefix: path)
        try await rig.publish(Self.removal())
        let told = try await seen.placement("the refusal is told") {
          $0.says(ConditionType.applied) == "False Forbidden"
        }
        #expect(told.conditions.first?.message.contains("injected fault") == true)
        #expect(try await namespace(state, rig) != nil)
        rig.clusters[0].clearFaults()
        try await removed(Self.removal(), seen)
        #expect(try await namespace(state, rig) == nil)
      }
    }
  }

  @Test func `what holds a namespace up is told as the cluster says it`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        let state = AgentRig.state(1)
        try await ready(state, rig, seen)
        let client = rig.clients[0].client
        let held = ObjectMeta(name: "held", namespace: state.namespace, finalizers: ["example.org/hold"])
        try await client.create(ConfigMap(metadata: held))
        try await rig.publish(Self.removal())
        let told = try await seen.placement("what holds it up is told") {
          $0.says(ConditionType.applied) == "False NamespaceTerminating"
            && $0.conditions.first?.message.contains("NamespaceFinalizersRemaining") == true
        }
        #expect(told.conditions.first?.message.contains("example.org/hold in 1 resource instances") == true)
        let freed: [String: [String: [String]]] = ["metadata": ["finalizers": []]]
        try await client.patch(
          ObjectPath(.configMaps, "held", in: state.namespace), merge: freed, as: ConfigMap.self)
        try await removed(Self.removal(), seen)
      }
    }
  }

  @Test func `volumes hold a removal until somebody gives them up`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        let state = AgentRig.state(1)
        try await ready(state, rig, seen)
        try await claim("data-0", in: state.namespace, rig)
        try await rig.publish(Self.removal())
        let held = try await seen.placement("it is held") { $0.says(ConditionType.applied) == "False VolumesHeld" }
        #expect(held.conditions.first?.message.contains("data-0") == true)
        await #expect(throws: KubernetesError.self, "no new one comes in") {
          try await claim("data-1", in: state.namespace, rig)
        }
        // An Event comes on its own, and may be later than the report.
        try await eventually("it is told in the namespace too") {
          let query = ListQuery(namespace: state.namespace)
          let events = try await rig.clients[0].client.list(Kubernetes.Event.self, query)
          return events.items.contains { $0.value.reason == "VolumesHeld" && $0.value.type == "Warning" }
        }
        #expect(try await namespace(state, rig)?.metadata.deletionTimestamp == nil)
        let givenUp = Self.removal(revision: 3, takesVolumes: true)
        try await rig.publish(givenUp)
        try await removed(givenUp, seen)
      }
    }
  }

  @Test func `a newer state ends the wait, and the namespace is the same as before`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        let state = AgentRig.state(1)
        try await ready(state, rig, seen)
        let before = try await namespace(state, rig)
        try await rig.publish(Self.removal(after: 3600))
        try await seen.placement("it waits") { $0.says(ConditionType.applied) == "False RemovalWaiting" }
        #expect(try await namespace(state, rig)?.metadata.labels?[Labels.phase] == "removed")
        try await ready(AgentRig.state(1, revision: 3), rig, seen)
        let after = try await namespace(state, rig)
        #expect(after?.metadata.uid == before?.metadata.uid && after?.metadata.labels?[Labels.phase] == nil)
        #expect(after?.metadata.annotations?[Labels.notBefore] == nil)
      }
    }
  }

  @Test(arguments: [nil, "00000000-0000-4000-8000-00000000ffff"])
  func `a namespace of somebody else's with that name is neither marked nor deleted`(owner: String?) async throws {
    try await AgentRig.with { rig in
      let state = Self.removal()
      let labels = owner.map { [Labels.placement: $0] } ?? ["team": "theirs"]
      let made = try await rig.clients[0].client.create(
        Namespace(metadata: ObjectMeta(name: state.namespace, labels: labels)))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is told") { $0.says(ConditionType.applied) == "False NamespaceTaken" }
      }
      #expect(try await namespace(state, rig)?.metadata == made.metadata)
    }
  }

  @Test func `a forged removal, an older one and one of an older epoch remove nothing`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1, revision: 5, epoch: 2)
      try await rig.withAgent { seen in
        try await ready(state, rig, seen)
        try await rig.publish(Self.removal(revision: 6, epoch: 2), key: Curve25519.Signing.PrivateKey())
        try await rig.publish(Self.removal(revision: 4, epoch: 2))
        try await rig.publish(Self.removal(revision: 9))
        try await rig.bury(state.placement)
        try await ready(AgentRig.state(2), rig, seen)
        // The forged one, the two that are older, and a tombstone of what is not removed.
        try await seen.agent("each is told") { $0.refusedRecords == 4 }
      }
      // A next life reads all of it from the start.
      try await rig.withAgent { seen in
        try await ready(AgentRig.state(3), rig, seen)
        #expect(try await namespace(state, rig)?.metadata.deletionTimestamp == nil)
        #expect(try await namespace(state, rig)?.metadata.labels?[Labels.phase] == nil)
      }
    }
  }

  @Test(arguments: ["1.4 active", "2.1 active", "1.2 active"])
  func `a removal that the bus shows although a newer state was acted on is refused`(memory: String) async throws {
    try await AgentRig.with { rig in
      let state = Self.removal()
      let client = rig.clients[0].client
      let made = try await client.create(
        Namespace(
          metadata: ObjectMeta(
            name: state.namespace, labels: [Labels.placement: state.placement.uuidString.lowercased()])))
      try await client.create(Namespace(metadata: ObjectMeta(name: "regie-system")))
      try await client.create(
        ConfigMap(
          metadata: ObjectMeta(name: "regie-memory-z1-0", namespace: "regie-system"),
          data: [state.placement.uuidString.lowercased(): memory]))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is refused") {
          ["True Outdated", "True VersionConflict"].contains($0.says(ConditionType.refused))
        }
      }
      #expect(try await namespace(state, rig)?.metadata == made.metadata)
    }
  }

  @Test func `a memory that was written to by hand stops the cluster, and says where`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      try await client.create(Namespace(metadata: ObjectMeta(name: "regie-system")))
      try await client.create(
        ConfigMap(
          metadata: ObjectMeta(name: "regie-memory-z1-a", namespace: "regie-system"), data: ["notes": "hello"]))
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.agent("it is told") {
          $0.clusters.first?.message?.contains("regie-system/regie-memory-z1-a, data.notes") == true
        }
        #expect(try await namespace(AgentRig.state(1), rig) == nil)
      }
    }
  }

  @Test func `a placement that comes into the namespace of a removed one takes it up after it, in every life`()
    async throws
  {
    try await AgentRig.with { rig in
      let old = Self.removal()
      let new = AgentRig.state(1, placement: AgentRig.state(9).placement)
      try await rig.withAgent { seen in
        try await ready(AgentRig.state(1), rig, seen)
        try await rig.publish(old)
        try await rig.publish(new)
        try await removed(old, seen)
        try await seen.placement("the new one is ready") {
          $0.placement == new.placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      let made = try await namespace(new, rig)
      try await rig.withAgent { seen in
        for placement in [old.placement, new.placement] {
          try await seen.placement("both are told again") {
            $0.incarnation > 1_000 && $0.placement == placement && $0.says(ConditionType.applied).hasPrefix("True")
          }
        }
      }
      #expect(try await namespace(new, rig)?.metadata.uid == made?.metadata.uid)
    }
  }
}
