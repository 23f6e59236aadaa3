/// A record read from a topic, copied out of the client library's memory.
public struct KafkaRecord: Sendable, Hashable {
  /// The topic it was read from.
  public let topic: String
  /// The partition it lies in.
  public let partition: Int32
  /// Its offset in the partition.
  public let offset: Int64
  /// The key, when it has one.
  public let key: [UInt8]?
  /// The payload; `nil` for a tombstone.
  public let value: [UInt8]?
  /// The headers, in order.
  public let headers: [KafkaHeader]
  /// When it was created or appended, in milliseconds since 1970, when the broker knows.
  public let timestampMilliseconds: Int64?

  /// A record as a test would make one.
  public init(
    topic: String, partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = [],
    timestampMilliseconds: Int64? = nil
  ) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.key = key
    self.value = value
    self.headers = headers
    self.timestampMilliseconds = timestampMilliseconds
  }

  /// The key as text; `nil` when there is none or it is not UTF-8.
  public var keyString: String? {
    key.flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// Whether the record says nothing but "forget this key".
  public var isTombstone: Bool { value == nil }

  /// The last header of that name, as Kafka's own `lastHeader`.
  public subscript(header name: String) -> KafkaHeader? {
    headers.last { $0.name == name }
  }
}
