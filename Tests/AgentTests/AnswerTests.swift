import Events
import Foundation
import Kubernetes
import Model
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Agent
@testable import Reconciler

/// What the centre asks for by the zone's record, and what it is told of orphans.
@Suite(.timeLimit(.minutes(5)))
struct AnswerTests {
  @Test func `reports are given again when the zone's record asks this life for them, once, and to no other life`()
    async throws
  {
    try await AgentRig.with { rig in
      for number: UInt8 in [1, 2] { try await rig.publish(AgentRig.state(number)) }
      try await rig.withAgent { seen in
        for number: UInt8 in [1, 2] {
          let placement = AgentRig.state(number).placement
          try await seen.placement("placement \(number) is ready") {
            $0.placement == placement && $0.says(ConditionType.ready).hasPrefix("True")
          }
        }
        let told = try await seen.agent("the heartbeat covers both") { $0.reports?.count == 2 }
        #expect(told.reports?.buckets.count == 256)
        let wanted = AgentRig.state(1).placement
        let before = seen.placements.count
        let bucket = DigestBook.bucket(of: wanted)
        for life in [told.incarnation + 1, told.incarnation, told.incarnation] {
          rig.centreBook.withLockedValue {
            $0.request = ReportRequest(
              id: AgentRig.state(9).placement, incarnation: life, buckets: [bucket])
          }
          try await rig.publishRecord()
        }
        try await seen.placement("what was asked for is reported again") {
          $0.placement == wanted && $0.sequence > told.sequence
        }
        // A state that comes afterwards is reported afterwards.
        try await rig.publish(AgentRig.state(3))
        try await seen.placement("the third is ready") {
          $0.placement == AgentRig.state(3).placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
        let again = seen.placements.dropFirst(before).filter { $0.placement == wanted }
        #expect(again.count == 1 && again.first?.says(ConditionType.ready).hasPrefix("True") == true)
      }
    }
  }

  @Test func `a namespace with the mark of a placement that nobody has decided is told, and left as it is`()
    async throws
  {
    try await AgentRig.with { rig in
      let (stray, name) = (AgentRig.state(7).placement, "egaree")
      _ = try await rig.clients[0].client.create(
        Namespace(
          metadata: ObjectMeta(name: name, labels: [Labels.placement: stray.uuidString.lowercased()])))
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        let told = try await seen.agent("the orphan is told") { $0.orphans?.count == 1 }
        #expect(
          told.orphans?.first == [AgentStatus.Orphan(placement: stray, cluster: "c1", namespace: name)])
        #expect(told.zoneRecord?.verdict == .matching)
        let namespace = try await rig.clients[0].client.get(Namespace.self, name)
        #expect(namespace.metadata.deletionTimestamp == nil)
      }
    }
  }

  @Test func `a placement that is only remembered is told once, of the cluster that remembers it`() async throws {
    try await AgentRig.with(clusters: ["home", "c1", "c2"]) { rig in
      let (ofHome, ofOther) = (AgentRig.state(7).placement, AgentRig.state(8).placement)
      for (index, placement) in [ofHome, ofOther].enumerated() {
        let (client, key) = (rig.clients[index].client, placement.uuidString.lowercased())
        try await client.ensureNamespace("regie-system")
        try await client.create(
          ConfigMap(
            metadata: ObjectMeta(name: "regie-memory-z1-\(key.prefix(1))", namespace: "regie-system"),
            data: [key: "1.3 active"]))
      }
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        let told = try await seen.agent("both are told") { $0.orphans?.count ?? 0 >= 2 }
        let version = StateVersion(epoch: 1, revision: 3)
        #expect(told.orphans?.count == 2)
        #expect(
          told.orphans?.first == [
            AgentStatus.Orphan(placement: ofOther, cluster: "c1", remembered: version),
            AgentStatus.Orphan(placement: ofHome, cluster: "home", remembered: version),
          ])
      }
    }
  }
}
