import Kafka
import Testing

@Suite(.timeLimit(.minutes(2))) struct SnapshotTrackerTests {
  private func record(_ partition: Int32, _ offset: Int64) -> KafkaConsumerEvent {
    .record(KafkaRecord(topic: "t", partition: partition, offset: offset, key: [1], value: nil))
  }

  @Test func `an empty topic is complete at once, also when everything in it has expired`() {
    let tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 0), 1: .init(low: 90, high: 90)])
    #expect(tracker.isComplete)
    #expect(tracker.missing.isEmpty)
  }

  @Test func `complete when every partition has reached its mark`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 2), 1: .init(low: 5, high: 6)])
    #expect(tracker.missing == [0: 2, 1: 1])
    tracker.observe(record(0, 0))
    tracker.observe(record(1, 5))
    #expect(tracker.missing == [0: 1])
    #expect(!tracker.isComplete)
    tracker.observe(record(0, 1))
    #expect(tracker.isComplete)
  }

  @Test func `the last record below the mark need not exist`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 10)])
    tracker.observe(record(0, 3))
    #expect(!tracker.isComplete)
    tracker.observe(.endOfPartition(partition: 0, offset: 10))
    #expect(tracker.isComplete)
  }

  @Test func `an end of partition from before the mark does not count`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 10)])
    tracker.observe(.endOfPartition(partition: 0, offset: 9))
    #expect(tracker.missing == [0: 1])
  }

  @Test func `records past the mark complete it as well`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 3)])
    tracker.observe(record(0, 7))
    #expect(tracker.isComplete)
  }

  @Test func `lost history is incomplete until the partition was read from a valid place`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 50, high: 60)], positions: [0: 55])
    tracker.observe(.offsetOutOfRange(partition: 0, offset: 55))
    #expect(tracker.lost == [0])
    tracker.observe(.endOfPartition(partition: 0, offset: 60))
    #expect(tracker.lost.isEmpty)
    #expect(tracker.isComplete)
  }

  @Test func `a position outside of what the partition holds is lost, however high`() {
    let marks: [Int32: KafkaWatermarks] = [0: .init(low: 50, high: 60)]
    #expect(SnapshotTracker(watermarks: marks, positions: [0: 61]).lost == [0])
    #expect(!SnapshotTracker(watermarks: marks, positions: [0: 61]).isComplete)
    #expect(SnapshotTracker(watermarks: marks, positions: [0: 49]).lost == [0])
    #expect(SnapshotTracker(watermarks: marks, positions: [0: 60]).isComplete)
  }

  @Test func `events of unknown partitions change nothing`() {
    var tracker = SnapshotTracker(watermarks: [0: .init(low: 0, high: 1)])
    let before = tracker
    tracker.observe(record(4, 9))
    tracker.observe(.offsetOutOfRange(partition: 4, offset: 9))
    #expect(tracker == before)
  }
}
