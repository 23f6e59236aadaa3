import Events
import Foundation
import Kafka
import Kubernetes
import Model
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import Agent

/// A topic that does not hold what the zone's record says: everything known stays enforced, and nothing is removed.
@Suite(.timeLimit(.minutes(5)))
struct BusSuspectTests {
  private static func removal() -> DesiredState {
    var state = AgentRig.state(1, revision: 2)
    state.phase = .removed
    state.notBefore = Timestamp(Date())
    return state
  }

  private func ready(_ number: UInt8, _ seen: Observations) async throws {
    let placement = AgentRig.state(number).placement
    try await seen.placement("placement \(number) is ready") {
      $0.placement == placement && $0.says(ConditionType.ready).hasPrefix("True")
    }
  }

  @Test func `a topic that has lost a state is suspect, enforces what is known, removes nothing, and recovers`()
    async throws
  {
    try await AgentRig.with { rig in
      // The third one is in the record and not on the topic.
      try await rig.publish(AgentRig.state(1))
      let delivery = KafkaDelivery(topic: Topics.desired(zone: AgentRig.zone), partition: 0, offset: 0)
      rig.centreBook.withLockedValue { $0.note(AgentRig.state(3), [1], delivery) }
      try await rig.publish(AgentRig.state(2))
      try await rig.withAgent { seen in
        for number: UInt8 in [1, 2] { try await ready(number, seen) }
        let beat = try await seen.agent("the bus is suspect") { $0.zoneRecord?.verdict == .suspect }
        #expect(beat.zoneRecord?.buckets == [DigestBook.bucket(of: AgentRig.state(3).placement)])
        #expect(beat.zoneRecord?.count == 2)

        try await rig.publish(Self.removal())
        try await seen.placement("the removal is held up") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False BusSuspect"
        }
        let namespace = try await rig.clients[0].client.get(Namespace.self, AgentRig.state(1).namespace)
        #expect(namespace.metadata.deletionTimestamp == nil)

        rig.centreBook.withLockedValue { $0.forget(AgentRig.state(3).placement) }
        try await rig.publishRecord()
        try await seen.placement("the removal goes on by itself") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "True Removed"
        }
        // A heartbeat comes on its own, and may be later than the report.
        try await seen.agent("the topic is whole again") {
          $0.sequence > beat.sequence && $0.zoneRecord?.verdict == .matching
        }
      }
    }
  }

  /// All of the rig's placements are of one bucket.
  @Test func `a removal waits while the topic holds more of its bucket than the record covers, and then goes on`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await ready(1, seen)
        var removal = Self.removal()
        removal.notBefore = Timestamp(Date() + 2)
        // Its record would let it go where it takes longer than that until the other one has come.
        try await rig.publish(removal, isTold: false)
        try await rig.publish(AgentRig.state(2), isRecorded: false)
        try await ready(2, seen)
        try await Task.sleep(for: .seconds(3))
        // It is made after the moment, and covers the removal.
        try await rig.publishRecord()
        try await seen.placement("it waits") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False BusSuspect"
        }
        let namespace = try await rig.clients[0].client.get(Namespace.self, AgentRig.state(1).namespace)
        #expect(namespace.metadata.deletionTimestamp == nil)
        try await rig.publish(AgentRig.state(2))
        try await seen.placement("it goes on by itself") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "True Removed"
        }
      }
    }
  }

  @Test func `without a record of the zone everything is enforced and nothing removed`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1), isRecorded: false)
      try await rig.withAgent { seen in
        try await ready(1, seen)
        try await rig.publish(Self.removal(), isRecorded: false)
        // Without a record nobody knows the centre's time either, and that is asked first.
        try await seen.placement("the removal is held up") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False RemovalWaiting"
        }
        try await seen.agent("that it is missing is told") { $0.zoneRecord?.verdict == .missing }
        let namespace = try await rig.clients[0].client.get(Namespace.self, AgentRig.state(1).namespace)
        #expect(namespace.metadata.deletionTimestamp == nil)
      }
    }
  }

  @Test func `a record that somebody else has signed is refused, and is no record`() async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1), isRecorded: false)
      _ = try await rig.centre.send(
        KafkaMessage(
          topic: Topics.desired(zone: AgentRig.zone), key: Topics.key(zone: AgentRig.zone), value: [1], headers: []))
      try await rig.withAgent { seen in
        let beat = try await seen.agent("it is refused, and missing") {
          $0.refusedRecords == 1 && $0.zoneRecord?.verdict == .missing
        }
        #expect(beat.zoneRecord?.sequence == nil)
      }
    }
  }
}
