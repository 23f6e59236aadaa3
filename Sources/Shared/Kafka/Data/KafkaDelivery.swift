/// Where the broker wrote a message.
public struct KafkaDelivery: Sendable, Hashable {
  /// The topic.
  public let topic: String
  /// The partition the key or the caller chose.
  public let partition: Int32
  /// The offset of the record; negative where the broker has it and its place is not known, as of one that had to be sent twice.
  public let offset: Int64

  /// Stands for an offset that is not known.
  static let unknownOffset: Int64 = -1

  /// A delivery as a test would make one.
  public init(topic: String, partition: Int32, offset: Int64) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}
