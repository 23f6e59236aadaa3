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
    /// Genuine, and older than what stands before it: somebody plays it again, or it came late.
    case replayed
  }

  /// The kind of fault.
  public let reason: Reason
  /// What was found, and what would be accepted.
  public let message: String

  /// A rejection. What the message quotes comes from outside, and goes into logs and heartbeats: a long one is cut, and
  /// control characters are written out (`\u0000`).
  public init(_ reason: Reason, _ message: String) {
    self.reason = reason
    // By scalars: a single character may bear any number of accents.
    let scalars = message.unicodeScalars
    self.message = ControlCharacters.shown(scalars.prefix(Self.longest)) + (scalars.count > Self.longest ? "…" : "")
  }

  /// Unicode scalars of a message, before control characters are written out.
  private static let longest = 400

  /// The message.
  public var description: String { message }
}
