import Kafka

/// How far each partition was read in this life of the agent: what tells history that was lost from history that was
/// read before it went.
struct ReadPositions: Sendable {
  private var next: [Int32: Int64] = [:]
  /// Where partitions stood at the last look of which there was more then.
  private var behind: [Int32: Int64] = [:]

  /// Notes what was read.
  mutating func note(_ event: KafkaConsumerEvent) {
    switch event {
    case .record(let record): next[record.partition] = record.offset + 1
    case .endOfPartition(let partition, let offset): next[partition] = offset
    case .offsetOutOfRange(let partition, _): next[partition] = nil
    }
  }

  /// Begins to read anew a topic that now holds what `watermarks` say.
  ///
  /// - Returns: What was never read and is gone, for people; nil when nothing is.
  mutating func resume(at watermarks: [Int32: KafkaWatermarks]) -> String? {
    var loss: String?
    for (partition, marks) in watermarks.sorted(by: { $0.key < $1.key }) {
      let position = next[partition] ?? 0
      if marks.high < position {
        loss = loss ?? "partition \(partition) ends at offset \(marks.high), \(position) was read: it was made anew"
        next[partition] = 0
      } else if marks.low > position {
        loss = loss ?? "the topic begins at offset \(marks.low) on partition \(partition), \(position) was read"
      }
    }
    // One that holds nothing at all may have been lost with all it held; a zone that has nothing yet asks in vain.
    if loss == nil, watermarks.values.allSatisfy({ $0.high == 0 }) { loss = "the topic is empty" }
    return loss
  }

  /// Looks how far reading has come of what the topic holds now.
  ///
  /// - Returns: A partition that has not moved since the last look, although there was more of it then; nil where there is none.
  mutating func findStandstill(at watermarks: [Int32: KafkaWatermarks]) -> Int32? {
    var found: [Int32: Int64] = [:]
    for (partition, marks) in watermarks {
      let position = next[partition] ?? 0
      if position < marks.high { found[partition] = position }
    }
    defer { behind = found }
    return found.keys.sorted().first { behind[$0] == found[$0] }
  }
}
