/// A topic as it should be created.
public struct KafkaTopic: Sendable, Hashable {
  /// The topic's name.
  public var name: String
  /// How many partitions it has, for life.
  public var partitions: Int
  /// How many brokers hold each partition.
  public var replication: Int
  /// Whether the broker keeps only the last record of each key (`cleanup.policy=compact`).
  public var compacted: Bool
  /// Further topic settings by the broker's own names; they win over ``compacted``.
  public var config: [String: String]

  /// A topic to create.
  public init(
    _ name: String, partitions: Int, replication: Int = 1, compacted: Bool = false, config: [String: String] = [:]
  ) {
    self.name = name
    self.partitions = partitions
    self.replication = replication
    self.compacted = compacted
    self.config = config
  }

  /// The settings sent to the broker.
  var effectiveConfig: [String: String] {
    (compacted ? ["cleanup.policy": "compact"] : [:]).merging(config) { _, given in given }
  }
}

/// A topic as the broker describes it.
public struct KafkaTopicMetadata: Sendable, Hashable {
  /// The topic's name.
  public let name: String
  /// Its partitions, in order.
  public let partitions: [Int32]
}
