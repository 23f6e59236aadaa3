/// Why the mock broker could not do what was asked.
public struct MockBrokerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was asked and what stands against it.
  public let message: String

  /// The message, saying where it comes from.
  public var description: String { "mock broker: \(message)" }
}
