/// A message to be produced. Its key is never empty: compacted topics refuse a record without one.
public struct KafkaMessage: Sendable, Hashable {
  /// The topic it goes to.
  public var topic: String
  /// The key, which chooses the partition and is what compaction keeps the last record of.
  public var key: [UInt8]
  /// The payload; `nil` is a tombstone, by which compaction forgets the key.
  public var value: [UInt8]?
  /// The headers, in order.
  public var headers: [KafkaHeader]
  /// The partition, or `nil` to let the key choose (murmur2, as Java clients do).
  public var partition: Int32?

  /// A message with a text key.
  public init(
    topic: String, key: String, value: [UInt8]?, headers: [KafkaHeader] = [], partition: Int32? = nil
  ) {
    self.init(topic: topic, key: Array(key.utf8), value: value, headers: headers, partition: partition)
  }

  /// A message with a key of bytes.
  public init(
    topic: String, key: [UInt8], value: [UInt8]?, headers: [KafkaHeader] = [], partition: Int32? = nil
  ) {
    self.topic = topic
    self.key = key
    self.value = value
    self.headers = headers
    self.partition = partition
  }
}
