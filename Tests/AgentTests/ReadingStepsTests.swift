import Events
import Foundation
import Kafka
import Reconciler
import Testing

@testable import Agent

/// What the bus tells of a partition, as the comparison with the zone's record learns it.
struct ReadingStepsTests {
  @Test func `a partition whose past is gone counts as not read, and nothing is removed before it was`() {
    let now = Timestamp(Date())
    var trust = ZoneTrust()
    for step in TopicReader.steps(of: .endOfPartition(partition: 1, offset: 7)) { _ = trust.handle(step, at: now) }
    let record = ZoneRecord(
      zone: "z1", epoch: 1, sequence: 1, at: now, count: 0, offsets: [0, 7], buckets: DigestBook().buckets)
    _ = trust.handle(.record(record), at: now)
    _ = trust.handle(.snapshotComplete, at: now)
    #expect(trust.refusal == nil)
    for step in TopicReader.steps(of: .offsetOutOfRange(partition: 1, offset: 7)) { _ = trust.handle(step, at: now) }
    #expect(trust.unreached == [1] && trust.refusal?.reason == "BusSuspect")
    for step in TopicReader.steps(of: .endOfPartition(partition: 1, offset: 0)) { _ = trust.handle(step, at: now) }
    #expect(trust.unreached.isEmpty && trust.refusal == nil, "it ends there, and that was read")
  }
}
