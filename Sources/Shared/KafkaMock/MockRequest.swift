/// A request of Kafka's protocol, for which the mock can be told to answer with errors.
public struct MockRequest: Sendable, Hashable, RawRepresentable {
  /// Kafka's number for the request (its "API key").
  public let rawValue: Int16

  /// Any request by Kafka's number.
  public init(rawValue: Int16) { self.rawValue = rawValue }

  /// Records being written.
  public static let produce = MockRequest(rawValue: 0)
  /// Records being read.
  public static let fetch = MockRequest(rawValue: 1)
  /// Watermarks and offsets by time.
  public static let listOffsets = MockRequest(rawValue: 2)
  /// Topics, partitions and leaders.
  public static let metadata = MockRequest(rawValue: 3)
  /// A group's offsets being committed.
  public static let offsetCommit = MockRequest(rawValue: 8)
  /// An idempotent producer's identity.
  public static let initProducerID = MockRequest(rawValue: 22)
  /// The end of a transaction.
  public static let endTransaction = MockRequest(rawValue: 26)
}
