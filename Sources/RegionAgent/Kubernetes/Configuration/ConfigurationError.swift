/// A configuration that cannot be used: where, what is wrong, and what would be accepted.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file or environment variable at fault.
  public var source: String
  /// The field in it, as `users[admin].user.exec`; empty when the whole is at fault.
  public var field: String
  /// What is wrong and what would be accepted.
  public var problem: String

  /// An error.
  public init(source: String, field: String = "", problem: String) {
    self.source = source
    self.field = field
    self.problem = problem
  }

  /// `~/.kube/config: users[admin].user.exec: …`.
  public var description: String {
    [source, field, problem].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
