/// Tells when everything that was in a topic at one moment has been read.
///
/// It is given the watermarks of that moment and then every event of the consumer. A partition is done when the
/// reading position has reached its high watermark. The last record below the mark need not exist (compaction,
/// transaction markers), so an end of partition at or past the mark counts as well as a record does.
public struct SnapshotTracker: Sendable, Hashable {
  private struct Progress: Sendable, Hashable {
    var position: Int64
    let target: Int64
    var isLost = false

    var isDone: Bool { !isLost && position >= target }
  }

  private var partitions: [Int32: Progress]

  /// Starts from the watermarks, and from where reading begins where that is not the partition's beginning.
  ///
  /// A position outside of what the partition holds is not done, however high it is: the history it belongs to is
  /// gone, and the consumer is about to say so.
  public init(watermarks: [Int32: KafkaWatermarks], positions: [Int32: Int64] = [:]) {
    partitions = Dictionary(
      uniqueKeysWithValues: watermarks.map { partition, marks in
        let position = positions[partition] ?? marks.low
        let isOutside = position < marks.low || position > marks.high
        return (partition, Progress(position: position, target: marks.high, isLost: isOutside))
      })
  }

  /// Takes note of an event. Those of unknown partitions are ignored.
  public mutating func observe(_ event: KafkaConsumerEvent) {
    switch event {
    case .record(let record): advance(record.partition, to: record.offset + 1)
    case .endOfPartition(let partition, let offset): advance(partition, to: offset)
    case .offsetOutOfRange(let partition, _): partitions[partition]?.isLost = true
    }
  }

  /// Whether the snapshot was read to its end, without a hole. A topic that was empty is complete at once.
  public var isComplete: Bool { partitions.values.allSatisfy(\.isDone) }

  /// How many offsets are still to go, by partition; partitions that are done are left out.
  public var missing: [Int32: Int64] {
    partitions.filter { !$0.value.isDone }.mapValues { max(0, $0.target - $0.position) }
  }

  /// The partitions whose history was lost and that were not read from a valid place since.
  public var lost: Set<Int32> { Set(partitions.filter(\.value.isLost).keys) }

  private mutating func advance(_ partition: Int32, to position: Int64) {
    partitions[partition]?.position = position
    partitions[partition]?.isLost = false
  }
}
