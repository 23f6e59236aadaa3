/// Why a record is not believed.
public struct EventRejection: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of fault; also a metric label.
  public enum Reason: String, Sendable, CaseIterable {
    case malformed
    case unsigned
    case unknownKey
    case badSignature
    case wrongZone
    case mismatch
  }

  /// The kind of fault.
  public let reason: Reason
  /// What was found, and what would be accepted.
  public let message: String

  /// A rejection. What the message quotes comes from outside, so that a long one is cut: it goes into logs and heartbeats.
  public init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message.count > Self.longest ? message.prefix(Self.longest) + "…" : message
  }

  /// Characters of a message.
  private static let longest = 400

  /// The message.
  public var description: String { message }
}
