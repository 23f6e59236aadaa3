/// A place in a partition to read from.
public enum KafkaOffset: Sendable, Hashable {
  /// The oldest record that is left.
  case beginning
  /// The next record to be written.
  case end
  /// This offset, which is the next one to be read.
  case at(Int64)
}
