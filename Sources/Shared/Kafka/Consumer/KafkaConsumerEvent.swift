/// What a consumer meets as it reads.
public enum KafkaConsumerEvent: Sendable, Hashable {
  /// A record.
  case record(KafkaRecord)
  /// Everything there is in the partition was read; `offset` is the next one to come. May happen again later.
  case endOfPartition(partition: Int32, offset: Int64)
  /// The place to read from is not in the partition any more (retention, a topic made anew): history is lost.
  /// The partition stands still until ``KafkaConsumer/seek(partition:to:)`` or
  /// ``KafkaConsumer/reassign(start:within:)`` says where to go on.
  case offsetOutOfRange(partition: Int32, offset: Int64)
}
