/// A value that never prints itself: not in logs, errors, dumps or string interpolation.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  /// Wraps `value`.
  public init(_ value: String) {
    self.value = value
  }

  /// The value itself, where it is put to use.
  public func reveal() -> String { value }

  /// Says only that it is a secret.
  public var description: String { "<redacted>" }
  /// Says only that it is a secret.
  public var debugDescription: String { "<redacted>" }
  /// Shows no member.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
