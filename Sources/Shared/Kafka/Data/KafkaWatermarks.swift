/// The ends of a partition as the broker states them.
public struct KafkaWatermarks: Sendable, Hashable {
  /// The first offset that can still be read.
  public let low: Int64
  /// The offset the next record will get.
  public let high: Int64

  /// The two ends of one partition.
  public init(low: Int64, high: Int64) {
    self.low = low
    self.high = high
  }
}
