/// Where the broker wrote a message.
public struct KafkaDelivery: Sendable, Hashable {
  /// The topic.
  public let topic: String
  /// The partition the key or the caller chose.
  public let partition: Int32
  /// The offset of the record.
  public let offset: Int64

  /// A delivery as a test would make one.
  public init(topic: String, partition: Int32, offset: Int64) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}
