import Events
import Foundation
import Kafka
import Kubernetes
import Model
import NIOConcurrencyHelpers
import Reconciler
import TestSupport
import Testing

@testable import Agent

/// An agent whose zone forgets placements that were removed long ago (protocol rule 11).
@Suite(.timeLimit(.minutes(5)))
struct ForgettingTests {
  private static let gone = AgentRig.state(1).placement

  private static func removal() -> DesiredState {
    var state = AgentRig.state(1, revision: 2)
    state.phase = .removed
    state.notBefore = Timestamp(Date())
    return state
  }

  private func ready(_ number: UInt8, _ rig: AgentRig, _ seen: Observations) async throws {
    try await rig.publish(AgentRig.state(number))
    try await seen.placement("placement \(number) is ready") {
      $0.placement == AgentRig.state(number).placement && $0.says(ConditionType.ready).hasPrefix("True")
    }
  }

  private func removed(_ rig: AgentRig, _ seen: Observations) async throws {
    try await rig.publish(Self.removal())
    try await seen.placement("it is removed") {
      $0.placement == Self.gone && $0.says(ConditionType.applied) == "True Removed"
    }
  }

  /// Waits until the topic is what the record says, and so many placements and reports count.
  private func settled(_ count: Int, _ seen: Observations) async throws {
    try await seen.agent("\(count) placements and reports count") { _ in
      guard let last = seen.agents.last else { return false }
      return last.zoneRecord?.verdict == .matching && last.zoneRecord?.count == count && last.reports?.count == count
        && last.orphans?.count ?? 0 == 0 && last.clusters.first?.placements == count
    }
    #expect(!seen.agents.contains { $0.zoneRecord?.verdict == .suspect || $0.republication?.buckets != nil })
  }

  private func memory(_ rig: AgentRig) async throws -> String? {
    try await rig.clients[0].client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system").data?[
      Self.gone.uuidString.lowercased()]
  }

  @Test func `a removed placement is forgotten with its report, and what was done on the cluster stays remembered`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await ready(1, rig, seen)
        try await ready(2, rig, seen)
        try await removed(rig, seen)
        try await settled(2, seen)
        try await rig.forget(Self.gone)
        try await seen.tombstone(of: Self.gone, "its report is to be forgotten, too")
        try await settled(1, seen)
        #expect(seen.agents.last?.clusters.first?.placements == 1, "the machine is gone")
        #expect(try await memory(rig) == "1.2 removed")
        // Twice is as once.
        try await rig.forget(Self.gone)
        try await ready(3, rig, seen)
        #expect(seen.tombstones == [Self.gone])
        #expect(seen.agents.last?.refusedRecords == 0)
      }
    }
  }

  /// The topic is not compacted yet, so that the next life reads the removal once more; or it is, and reads nothing.
  @Test(arguments: [false, true]) func `a later life trusts the topic, and a replayed state brings nothing back`(
    isCompacted: Bool
  ) async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await ready(1, rig, seen)
        try await removed(rig, seen)
        try await rig.forget(Self.gone)
        try await seen.tombstone(of: Self.gone, "it is forgotten")
      }
      if isCompacted {
        try await rig.wrapRound()
        try await rig.publishRecord()
      }
      try await rig.withAgent { seen in
        try await ready(2, rig, seen)
        try await settled(1, seen)
        let count = seen.placements.count
        // What is played again is forgotten, and then not told of any more, once the topic is as the record says
        // without it. That is not before the record covers the third one, too, which is of the same bucket.
        try await rig.publish(AgentRig.state(3), isRecorded: false)
        try await rig.publish(AgentRig.state(1), isRecorded: false)
        let refusal = try await seen.placement("the replayed state is refused", after: count) {
          $0.placement == Self.gone
        }
        #expect(refusal.says(ConditionType.refused) == "True Outdated")
        try await ready(3, rig, seen)
        await #expect(throws: KubernetesError.self) {
          _ = try await rig.clients[0].client.get(Namespace.self, AgentRig.state(1).namespace)
        }
        // What was played again is no lasting mismatch: removals go on.
        try await seen.agent("the topic is trusted again") { _ in
          guard let last = seen.agents.last else { return false }
          return last.zoneRecord?.verdict == .matching && last.zoneRecord?.count == 2 && last.reports?.count == 2
        }
      }
    }
  }

  @Test func `tombstones of what is not removed, or only called removed by somebody else, are told and change nothing`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await ready(1, rig, seen)
        try await ready(2, rig, seen)
        try await rig.bury(Self.gone)
        let told = try await seen.agent("it is told") { $0.refusedRecords == 1 }
        #expect(told.lastRefusal?.contains("tombstone") == true)
        try await removed(rig, seen)
        // The record goes on counting it: nobody who may decide has forgotten it.
        try await rig.bury(Self.gone)
        try await ready(3, rig, seen)
        try await settled(3, seen)
        #expect(seen.agents.last?.refusedRecords == 1)
        #expect(seen.tombstones.isEmpty)
        let there = try await rig.clients[0].client.get(Namespace.self, AgentRig.state(2).namespace)
        #expect(there.metadata.deletionTimestamp == nil)
      }
    }
  }

  /// What governance has forgotten it has seen removed; where a cluster still shows it, that is seen to first.
  @Test func `what the record does not count is kept until its removal was seen carried out`() async throws {
    try await AgentRig.with { rig in
      try await rig.withAgent { seen in
        try await ready(1, rig, seen)
        let path = ObjectPath(.namespaces, AgentRig.state(1).namespace)
        let client = rig.clients[0].client
        _ = try await client.patch(path, merge: ["metadata": ["finalizers": ["team/held"]]], as: Namespace.self)
        try await rig.publish(Self.removal())
        try await seen.placement("it is being removed") {
          $0.placement == Self.gone && $0.says(ConditionType.applied) == "False NamespaceTerminating"
        }
        try await rig.forget(Self.gone)
        try await ready(2, rig, seen)
        #expect(seen.tombstones.isEmpty)
        _ = try await client.patch(path, merge: ["metadata": ["finalizers": [String]()]], as: Namespace.self)
        try await seen.tombstone(of: Self.gone, "it is forgotten once it is gone")
        #expect(seen.placements.last { $0.placement == Self.gone }?.phase == .removed)
        try await settled(1, seen)
      }
    }
  }
}

extension AgentRig {
  /// Writes so much into the topic that the mock, which keeps 5 MiB of each partition, forgets all that was there: in the place
  /// of compaction, which it does not know.
  fileprivate func wrapRound() async throws {
    let ballast = [UInt8](repeating: UInt8(ascii: "-"), count: 500_000)
    for number in 0..<12 {
      _ = try await centre.send(
        KafkaMessage(
          topic: Topics.desired(zone: Self.zone), key: Array("cluster/ballast-\(number)".utf8), value: ballast,
          headers: []))
    }
  }
}
