/// One header of a record: a name, which may occur several times, and bytes or nothing.
public struct KafkaHeader: Sendable, Hashable {
  /// The header's name.
  public let name: String
  /// The header's bytes; `nil` is Kafka's null, which is not the same as empty.
  public let value: [UInt8]?

  /// A header with bytes, or with Kafka's null.
  public init(_ name: String, _ value: [UInt8]?) {
    self.name = name
    self.value = value
  }

  /// A header with text, sent as UTF-8.
  public init(_ name: String, _ value: String) {
    self.init(name, Array(value.utf8))
  }

  /// The value as text; `nil` when it is null or not UTF-8.
  public var string: String? {
    value.flatMap { String(validating: $0, as: UTF8.self) }
  }
}
