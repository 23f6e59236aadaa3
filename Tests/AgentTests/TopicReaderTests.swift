import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Kubernetes
import Model
import Reconciler
import Telemetry
import Testing

@testable import Agent

/// What the agent believes of its topic, through the whole agent.
@Suite(.timeLimit(.minutes(5)))
struct TopicReaderTests {
  @Test func `the highest revision holds, in whatever order records come`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1, revision: 3, cpu: 3))
      try await rig.publish(AgentRig.state(1, revision: 2, cpu: 2))
      try await rig.withAgent { seen in
        let report = try await seen.placement("the placement becomes ready") {
          $0.says(ConditionType.ready).hasPrefix("True")
        }
        #expect(report.observedRevision == 3)
        try await rig.publish(AgentRig.state(1, revision: 4, cpu: 4))
        try await seen.placement("a newer one is followed") {
          $0.observedRevision == 4 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      #expect(try await rig.allReports().allSatisfy { $0.observedRevision != 2 })
    }
  }

  @Test func `a forged record is refused and told, and changes nothing`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1, revision: 1, cpu: 1))
      try await rig.publish(AgentRig.state(1, revision: 2, cpu: 2), key: Curve25519.Signing.PrivateKey())
      try await rig.withAgent { seen in
        let beat = try await seen.agent("the refusal is told") { $0.refusedRecords == 1 && $0.snapshotComplete }
        #expect(beat.lastRefusal?.isEmpty == false && beat.republication == nil)
        let report = try await seen.placement("the genuine one is in place") {
          $0.says(ConditionType.ready).hasPrefix("True")
        }
        #expect(report.observedRevision == 1)
      }
    }
  }

  @Test(arguments: [(revision: Int64(1), epoch: Int64(2)), (9, 1)])
  func `what is played again, or of an older epoch, is told and changes nothing`(revision: Int64, epoch: Int64)
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1, revision: 2, epoch: 2))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.publish(AgentRig.state(1, revision: revision, epoch: epoch, cpu: 1), isRecorded: false)
        let beat = try await seen.agent("it is told") { $0.refusedRecords == 1 }
        #expect(beat.lastRefusal?.hasPrefix("replayed: version \(epoch).\(revision) of") == true)
      }
      #expect(try await rig.allReports().allSatisfy { $0.observedRevision == 2 })
    }
  }

  @Test func `a tombstone removes nothing`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.bury(state.placement)
        // What comes after the tombstone in the same partition was read after it.
        let marker = AgentRig.state(2)
        try await rig.publish(marker)
        try await seen.placement("the next record is acted on") {
          $0.placement == marker.placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
        let namespace = try await rig.clients[0].client.get(Namespace.self, state.namespace)
        #expect(namespace.metadata.deletionTimestamp == nil)
      }
    }
  }

  @Test func `a state for a cluster that the agent does not have is refused aloud`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1, cluster: "elsewhere"))
      try await rig.withAgent { seen in
        let report = try await seen.placement("the refusal is told") { $0.says(ConditionType.refused) != "" }
        #expect(report.says(ConditionType.refused) == "True UnknownCluster" && report.cluster == "elsewhere")
        #expect(report.says(ConditionType.ready).hasPrefix("False"))
      }
    }
  }

  @Test func `a topic whose past is gone makes the agent ask for a republication, once, and go on`() async throws {
    try await AgentRig.with { rig in
      // The mock keeps 5 MiB per partition and drops the oldest: six of them leave the first placement behind.
      try await rig.publish(AgentRig.state(1))
      for number in UInt8(0)..<6 { try await rig.fill(number) }
      try await rig.publish(AgentRig.state(2))
      try await rig.withAgent { seen in
        let beat = try await seen.agent("the plea is made") { $0.republication != nil && $0.snapshotComplete }
        let plea = try #require(beat.republication)
        #expect(plea.reason.contains("begins at offset"))
        try await seen.placement("what is left is in place") {
          $0.placement == AgentRig.state(2).placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
        // As governance answers: every placement again.
        try await rig.publish(AgentRig.state(1))
        try await seen.placement("what was lost is in place") {
          $0.placement == AgentRig.state(1).placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
        #expect(seen.agents.compactMap(\.republication?.id).allSatisfy { $0 == plea.id })
      }
    }
  }

  @Test func `after an outage of the bus reading goes on where it was, without a plea`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.mock.setDown()
        try await rig.mock.setUp()
        try await rig.publish(AgentRig.state(1, revision: 2, cpu: 8))
        try await seen.placement("what came after the outage is acted on") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready).hasPrefix("True")
        }
        #expect(seen.agents.allSatisfy { $0.republication == nil })
      }
    }
  }

  @Test func `that decisions may not come through is said though nothing was read wrong, and no more once they do`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent(lookInterval: .milliseconds(300)) { seen in
        try await seen.placement("the placement becomes ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await eventually("health passes") { rig.busCheck?.status == .pass }
        try await rig.mock.setDown()
        try await eventually("health says it") {
          rig.busCheck?.message?.hasPrefix("le bus ne répond pas pour toutes les décisions : ") == true
        }
        try await rig.mock.setUp()
        try await eventually("health passes again") { rig.busCheck?.status == .pass }
      }
    }
  }
}

extension AgentRig {
  /// A record of about 1 MB that says nothing to an agent.
  fileprivate func fill(_ number: UInt8) async throws {
    _ = try await centre.send(
      KafkaMessage(
        topic: Topics.desired(zone: Self.zone), key: Array("cluster/\(number)".utf8),
        value: [UInt8](repeating: number, count: 950_000), headers: []))
  }
}
