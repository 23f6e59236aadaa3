import Kafka

/// Whether a reader gets anywhere: what ends its pauses and its bad health.
///
/// A reader that fails on one record begins anew again and again, and is told each time that the other partitions have
/// ended. Only records that were taken in, or a topic that was read to the end in which nothing failed, are progress.
struct ReadingProgress: Sendable {
  private var snapshot: SnapshotTracker

  /// - Parameter snapshot: what the topic held when reading began.
  init(_ snapshot: SnapshotTracker) {
    self.snapshot = snapshot
  }

  /// Takes note of events that were taken in without a failure.
  mutating func isMade(by events: [KafkaConsumerEvent]) -> Bool {
    for event in events { snapshot.observe(event) }
    return snapshot.isComplete || events.contains { if case .record = $0 { true } else { false } }
  }
}
